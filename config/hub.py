"""A hub's content as a folder of files that people can edit, read into plain values."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import ConfigurationError

TEXT_FOLDERS = ("notice", "texts", "replies")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFile:
    """A form of the hub: its name, the sheet's bytes, its title by language, and the folder of what it shows."""

    name: str
    file_name: str
    source: bytes
    title: Mapping[str, str]
    media: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """All that a hub's folder says. `texts`: by (name, language), with their template fields still in."""

    texts: Mapping[tuple[str, str], str]
    forms: tuple[FormFile, ...]
    milestones: tuple[Mapping[str, Any], ...]
    notice_version: str


def read_content(folder: Path) -> Content:
    """Read a hub's folder.

    Raises:
        ConfigurationError: a file is missing or not readable; the message names it.
    """
    hub = _toml(folder / "hub.toml")
    milestones = _toml(folder / "milestones.toml") if (folder / "milestones.toml").exists() else {}
    forms = []
    for entry in hub.get("forms", ()):
        path = folder / str(entry.get("file", ""))
        try:
            forms.append(
                FormFile(
                    name=entry["name"],
                    file_name=path.name,
                    source=path.read_bytes(),
                    title=entry.get("title", {}),
                    media=media_folder(path) if media_folder(path).is_dir() else None,
                )
            )
        except (OSError, KeyError) as error:
            raise ConfigurationError(
                f"{folder / 'hub.toml'}: a form needs name and file, and {path} must be readable"
            ) from error
    return Content(
        texts=_texts(folder),
        forms=tuple(forms),
        milestones=tuple(milestones.get("milestones", ())),
        notice_version=str(hub.get("notice", {}).get("version", "1")),
    )


def media_folder(sheet: Path) -> Path:
    """Return the folder in which ODK keeps what a form shows: `<stem>-media` beside its sheet."""
    return sheet.with_name(f"{sheet.stem}-media")


def media_in(folder: Path, names: Collection[str]) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the files of these names, and the names that the folder lacks.

    Raises:
        ConfigurationError: one of them cannot be read.
    """
    found: dict[str, bytes] = {}
    for name in sorted(names):
        path = folder / name
        # A name is no path: a sheet may come from anywhere.
        if Path(name).name != name or not path.is_file():
            continue
        try:
            found[name] = path.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    return found, tuple(name for name in sorted(names) if name not in found)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path} is missing; `hubtalk hub init DIR` copies a whole content folder") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error


def _texts(folder: Path) -> dict[tuple[str, str], str]:
    """Read `notice/short.de.md` as ("notice/short", "de"), `texts/welcome.de.md` as ("welcome", "de").

    Those of `replies/` are named like those of `notice/`.
    """
    texts: dict[tuple[str, str], str] = {}
    for part in TEXT_FOLDERS:
        for path in sorted((folder / part).glob("*.*.md")):
            name, language, _ = path.name.split(".")
            key = name if part == "texts" else f"{part}/{name}"
            try:
                texts[key, language] = path.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigurationError(f"{path} cannot be read: {error}") from error
    return texts
