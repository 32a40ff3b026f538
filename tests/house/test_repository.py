"""What must be true of the files of the repository as such."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "handlers", "storage", "config")
LONGEST_FILE = 400
# Each with its reason; empty is how we like it.
LONG_FILES: dict[str, str] = {
    "storage/tables.py": "all tables stand on one page, so that one finds what belongs together"
}
PACKAGE_HOST = re.compile(r"py(pi|thonhosted)\.org|--(extra-)?index-url|--find-links|registry *= *.?http")


def tracked() -> list[Path]:
    """Every file that is, or would be, committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    return [path for name in names if name and (path := ROOT / name).is_file()]


def test_no_file_names_a_package_host() -> None:
    found = []
    for path in tracked():
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), start=1):
            if PACKAGE_HOST.search(line) and path != Path(__file__):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []


def test_no_room_is_crowded() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE and name not in LONG_FILES} == {}
    assert [name for name in LONG_FILES if lengths.get(name, 0) <= LONGEST_FILE] == []


def test_licence_is_the_one_that_pyproject_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_every_dependency_says_why_it_is_there() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start, end = lines.index("dependencies = ["), lines.index("[project.scripts]")
    wanted = re.compile(r'    "[a-z0-9-]+(\[[a-z]+\])?[<>=,.0-9]*",')
    dependencies = [number for number in range(start, end) if wanted.fullmatch(lines[number])]
    unexplained = [lines[number].strip() for number in dependencies if not re.match(r"    # .+\.$", lines[number - 1])]
    assert len(dependencies) > 20
    assert unexplained == []


def locked(file: str) -> dict[str, str]:
    """Name and version of everything in a lock file; every entry must have a hash."""
    text = (ROOT / file).read_text(encoding="utf-8")
    entries = re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)(?: ;[^\n]*?)? \\\n    --hash=sha256:", text, re.MULTILINE)
    assert len(entries) == len(re.findall(r"^[^\s#].*==", text, re.MULTILINE))
    return dict(entries)


def test_locks_hold_everything_that_pyproject_wants() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]

    def names(*groups: list[str]) -> set[str]:
        return {re.split(r"[\[<>=]", text)[0] for group in groups for text in group}

    assert names(project["dependencies"], *extras.values()) <= locked("requirements.lock").keys()
    assert names(project["dependencies"], extras["build"]) <= locked("requirements-run.lock").keys()


def test_the_container_runs_the_versions_that_are_tested() -> None:
    assert locked("requirements-run.lock").items() <= locked("requirements.lock").items()
