"""Media of questions and choices, as pyxform keeps them: kind -> file, or kind -> language -> file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from bot.forms.model import Form, Texts
from bot.forms.xlsform.languages import texts_of

KINDS = ("image", "audio", "video")
"""What is sent with a text; `big-image` is the same picture again."""


def media_of(raw: Any) -> Mapping[str, Texts]:
    """Return the files by kind and code of language."""
    found = raw if isinstance(raw, dict) else {}
    media = {kind: _files(found.get(kind)) for kind in KINDS}
    return MappingProxyType({kind: files for kind, files in media.items() if files})


def _files(raw: Any) -> Texts:
    files = {code: PurePosixPath(name).name for code, name in texts_of(raw).items() if name != "-"}
    return MappingProxyType(files)


def media_files(form: Form) -> Iterator[tuple[str, str, str, str]]:
    """Yield path of the question, name of the choice ("" for the question's own), kind, name of the file.

    A list that several questions share is told with the first of them.
    """
    done: set[int] = set()
    for question in form.questions:
        for kind, name in _names(question.media):
            yield question.path, "", kind, name
        if id(question.choices) in done:
            continue
        done.add(id(question.choices))
        for choice in question.choices:
            for kind, name in _names(choice.media):
                yield question.path, choice.name, kind, name


def _names(media: Mapping[str, Texts]) -> Iterable[tuple[str, str]]:
    return ((kind, name) for kind, files in media.items() for name in dict.fromkeys(files.values()))
