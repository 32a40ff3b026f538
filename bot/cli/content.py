"""Looks for what is wrong with a content folder before anybody reads it."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bot.domain.inquiries import title_and_body
from bot.errors import ConfigurationError
from config.hub import Content, read_content

NEEDED = ("notice/privacy", "notice/short", "notice/staff", "thanks", "welcome")
"""Without them the bot has nothing to say where it must say something."""
FIELDS = frozenset({"hub", "controller", "contact", "dpo", "matrix"})
"""What may stand in braces in the files of `notice/`."""
REPLY_FIELDS = frozenset({"hub", "contact", "name"})
"""The same in ready answers (`replies/`), where `{name}` is the contact's; nothing may in other texts."""
STATES = ("done", "running", "planned")
DUE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that is wrong in one file of the folder."""

    level: Literal["error", "warning"] = "error"
    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.level}: {self.file}: {self.what}"


def problems_of(folder: Path) -> list[Fault]:
    """Return everything that is wrong with a folder, errors and warnings."""
    if not folder.is_dir():
        return [Fault(file=str(folder), what="there is no such folder; `hubtalk hub init DIR` makes one")]
    try:
        content = read_content(folder)
    except ConfigurationError as error:
        return [Fault(file=str(folder), what=str(error))]
    languages = _languages(folder)
    return [
        *_texts(content, languages),
        *_fields(content),
        *_forms(content, languages),
        *_milestones(content.milestones, languages),
    ]


def _languages(folder: Path) -> tuple[str, ...]:
    import tomllib

    written = tomllib.loads((folder / "hub.toml").read_text(encoding="utf-8")).get("languages", ())
    return tuple(map(str, written)) or ("de", "en")


def _texts(content: Content, languages: Iterable[str]) -> Iterator[Fault]:
    names = sorted({*NEEDED, *(name for name, _ in content.texts)})
    for name in names:
        for language in languages:
            file = f"{name if '/' in name else f'texts/{name}'}.{language}.md"
            if (name, language) not in content.texts:
                yield Fault(file=file, what="is missing")
            elif not content.texts[name, language].strip():
                yield Fault(file=file, what="is empty")
            elif name.startswith("replies/") and not title_and_body(content.texts[name, language])[1]:
                yield Fault(file=file, what="is a title alone: the answer begins in the second line")


def _fields(content: Content) -> Iterator[Fault]:
    for (name, language), body in content.texts.items():
        file = f"{name if '/' in name else f'texts/{name}'}.{language}.md"
        try:
            used = {field for _, field, _, _ in string.Formatter().parse(body) if field is not None}
        except ValueError as error:
            yield Fault(file=file, what=f"a brace has no partner ({error})")
            continue
        known = _known_fields(name)
        for field in sorted(used - known):
            hint = f"known are {', '.join(f'{{{each}}}' for each in sorted(known))}" if known else "none is, here"
            yield Fault(file=file, what=f"{{{field}}} is filled in by nobody; {hint}")


def _known_fields(name: str) -> frozenset[str]:
    if name.startswith("notice/"):
        return FIELDS
    return REPLY_FIELDS if name.startswith("replies/") else frozenset()


def _forms(content: Content, languages: tuple[str, ...]) -> Iterator[Fault]:
    from bot.desk import compile_form
    from bot.domain.desk import FORM_NAME

    seen: set[str] = set()
    for item in content.forms:
        if not FORM_NAME.fullmatch(item.name) or item.name in seen:
            yield Fault(file="hub.toml", what=f"{item.name!r} is no name for a form, or is there twice")
        seen.add(item.name)
        form, problems = compile_form(item.source, file_name=item.file_name)
        for problem in problems:
            text = str(problem).removeprefix(f"{problem.level}: ")
            yield Fault(level=problem.level, file=f"forms/{item.file_name}", what=text)
        if form is not None and form.languages:
            for language in (code for code in languages if code not in form.languages):
                yield Fault(level="warning", file=f"forms/{item.file_name}", what=f"says nothing in {language}")
        for language in (code for code in languages if item.title and not item.title.get(code)):
            yield Fault(file="hub.toml", what=f"the form {item.name} has no title.{language}")


def _milestones(found: Iterable[Mapping[str, Any]], languages: tuple[str, ...]) -> Iterator[Fault]:
    seen: set[str] = set()
    for item in found:
        key = str(item.get("key", ""))
        for wrong in _wrong_with(item, key=key, seen=seen, languages=languages):
            yield Fault(file="milestones.toml", what=f"milestone {key or '(without key)'}: {wrong}")
        seen.add(key)


def _wrong_with(item: Mapping[str, Any], *, key: str, seen: set[str], languages: tuple[str, ...]) -> Iterator[str]:
    if not key or key in seen:
        yield "every milestone needs a key of its own"
    if item.get("status") not in STATES:
        yield f"status must be one of {', '.join(STATES)}"
    if item.get("due") and not DUE.fullmatch(str(item["due"])):
        yield "write due as YYYY-MM-DD or YYYY-MM"
    for part in ("title", "text"):
        for language in languages:
            if not item.get(part, {}).get(language):
                yield f"{part}.{language} is missing"
