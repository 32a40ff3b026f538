"""A hub's content folder for tests: short texts, and the forms that a test asks for."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.content import lists

HERE = Path(__file__).parent
TITLES = {
    "files": ("Dateien", "Files"),
    "sites": ("Standorte", "Sites"),
    "table": ("Tabelle", "Table"),
    "types": ("Alle Arten", "All kinds"),
    "counting": ("Zählen", "Counting"),
    "markup": ("Schrift", "Markup"),
    "paths": ("Wege", "Paths"),
    "short": ("Kurze Frage", "Short question"),
    "long": ("Lange Listen", "Long lists"),
    "lists": ("Listen in Seiten", "Lists in pages"),
    "together": ("Gemeinsam", "Together"),
}


def content_folder(target: Path, forms: tuple[str, ...]) -> Path:
    """Make a content folder with these forms of `tests/content/forms`."""
    shutil.copytree(HERE / "hub", target)
    (target / "forms").mkdir()
    lines = ['name = "Testhub"', "[notice]", 'version = "7"']
    for form in forms:
        if form == "lists":
            (target / "forms" / "lists.md").write_text(lists.sheet(), encoding="utf-8")
        else:
            shutil.copy(HERE / "forms" / f"{form}.md", target / "forms")
        german, english = TITLES[form]
        lines += ["[[forms]]", f'name = "{form}"', f'file = "forms/{form}.md"', f'title.de = "{german}"']
        lines.append(f'title.en = "{english}"')
    (target / "hub.toml").write_text("\n".join(lines), encoding="utf-8")
    return target
