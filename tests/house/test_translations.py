"""Every text for people exists in every language, with the same things to fill in."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parents[2] / "config" / "locales"
LANGUAGES = ("de", "en")


@cache
def catalogue(language: str) -> Catalog:
    """One language's catalogue, as it is kept in the repository."""
    with (LOCALES / language / "LC_MESSAGES" / "hubtalk.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def messages(language: str) -> dict[str, Message]:
    """All messages but the header, by their id (the singular one)."""
    return {forms(message.id)[0]: message for message in catalogue(language) if message.id}


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """All forms of a text: one, or one a plural form."""
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def fields(text: str) -> set[str]:
    """What a text leaves to be filled in: {name}, {count}."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def all_fields(message: Message) -> set[str]:
    """The same over all plural forms, as one form may say "an answer" where another counts."""
    return set().union(*map(fields, forms(message.string)))


def test_every_language_has_the_same_messages() -> None:
    german, english = (messages(language).keys() for language in LANGUAGES)
    assert sorted(german ^ english) == []
    assert german


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_left_untranslated(language: str) -> None:
    empty = [name for name, message in messages(language).items() if not all(forms(message.string))]
    guessed = [name for name, message in messages(language).items() if message.fuzzy]
    assert (empty, guessed) == ([], [])


def test_every_language_fills_in_the_same_fields() -> None:
    german, english = messages("de"), messages("en")
    common = german.keys() & english.keys()
    assert [name for name in common if all_fields(german[name]) != all_fields(english[name])] == []
