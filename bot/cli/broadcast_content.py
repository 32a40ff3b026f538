"""What `hubtalk broadcast` is told to say: texts, files, links, a form; looked at before anybody gets it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from bot.domain.broadcasts.model import Button, Content
    from bot.house import House

FILE_LIMIT = 20 * 1024 * 1024
"""Bytes of a file: what phones load over a slow line, and every platform takes."""

TEXT_FILE_LIMIT = 64 * 1024
"""Bytes of a text: many times what any platform takes in one message."""


def said(text: str, file: Path | None) -> str:
    """Return a text as it was given, on the command line or in a file.

    Raises:
        UsageError: both were, or the file is no text.
    """
    from bot.errors import UsageError

    if file is None:
        return text.strip()
    if text.strip():
        raise typer.BadParameter("a text is given on the command line or in a file, not both")
    content = bytes_of(file)
    if len(content) > TEXT_FILE_LIMIT:
        raise UsageError(f"{file} is too large for a text: {len(content)} bytes, {TEXT_FILE_LIMIT} at most")
    try:
        return content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is no text in UTF-8") from error


async def content_of(
    house: House, texts: dict[str, str], *, links: list[str] | tuple[()], form: str, files: dict[str, bytes]
) -> Content:
    """Return what a broadcast says.

    Raises:
        UsageError: something about it cannot be sent.
    """
    from bot.domain.broadcasts.model import Button, Content, FileShown
    from bot.domain.filing import media_type_of
    from bot.errors import UsageError
    from storage.audience import form_titles

    written = spoken(house, texts)
    if not written:
        raise typer.BadParameter("a broadcast needs a text: --text-de or --text-en")
    buttons = [_link(each) for each in links]
    if form:
        titles = await house.database.read(form_titles)
        if form not in titles:
            raise UsageError(f"there is no form {form}; there is {', '.join(titles) or 'none'}")
        buttons.append(Button("form", titles[form], form))
    shown = tuple(FileShown.of(name, content, media_type=media_type_of(name)) for name, content in files.items())
    return await _without_problems(house, Content(texts=written, buttons=tuple(buttons), files=shown))


def spoken(house: House, texts: dict[str, str]) -> dict[str, str]:
    """Return the texts that are there, by language.

    Raises:
        UsageError: the hub does not speak a language, or a text has a field that there is not.
    """
    from bot.domain.broadcasts.problems import refuse_unknown_fields
    from bot.errors import UsageError

    written = {language: text for language, text in texts.items() if text}
    for language in written.keys() - set(house.hub.languages):
        raise UsageError(f"this hub does not speak {language}; HUBTALK_HUB__LANGUAGES has its languages")
    refuse_unknown_fields(written)
    return written


async def _without_problems(house: House, content: Content) -> Content:
    from bot.domain.broadcasts.problems import problems, sentence
    from bot.errors import UsageError
    from storage.reports import list_forms

    forms = [form["name"] for form in await house.database.read(list_forms) if form["state"] == "open"]
    hub = house.hub
    found = problems(content, languages=hub.languages, catalogue=house.texts, hub=hub.name, limits={}, forms=forms)
    if found:
        raise UsageError(sentence(found[0], house.texts.speaker("en")))
    return content


def _link(text: str) -> Button:
    from bot.domain.broadcasts.model import Button

    label, equals, address = text.partition("=")
    if not (equals and label.strip() and address.strip().startswith(("https://", "http://"))):
        raise typer.BadParameter("a link is written like Anmeldung|Registration=https://example.org")
    german, _, english = (part.strip() for part in label.partition("|"))
    return Button("link", {"de": german, "en": english}, address.strip())


def bytes_of(path: Path) -> bytes:
    """Return what is in a file.

    Raises:
        UsageError: it cannot be read, is empty or too large.
    """
    from bot.errors import UsageError

    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    if not content:
        raise UsageError(f"{path} is empty")
    if len(content) > FILE_LIMIT:
        raise UsageError(
            f"{path} has {len(content) - FILE_LIMIT} bytes more than the {FILE_LIMIT // 1024**2} MB allowed"
        )
    return content
