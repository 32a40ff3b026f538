"""Long lists of choices, a page at a time: what of a list is shown, and how one turns its pages."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.messages import Way
from bot.domain.speech import Speaker
from bot.forms.model import Question
from bot.forms.readers.folding import folds

PAGE = 20  # choices; with their buttons about as much as two screens of a phone hold
FOUND_LIMIT = 100  # choices that fit what was typed; more are no help, and the prompt keeps their numbers

_KEY, _ALL = "page", "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What of a question's choices is shown: a page of all, or of those that fitted what was typed (`found`)."""

    page: int = 1
    found: tuple[int, ...] = ()


WHOLE = Shown()


def shown_of(question: Question, data: Mapping[str, Any]) -> Shown:
    """Return what a prompt remembers of its list."""
    found = tuple(number for number in data.get("found", ()) if 1 <= number <= len(question.choices))
    return _clamped(question, Shown(page=int(data.get("page", 1)), found=found))


def data_of(question: Question, shown: Shown) -> dict[str, Any]:
    """Return what a prompt has to remember; short lists are always shown whole.

    Choices that an expression gives may be others by the time one is picked: a number means what stood beside it.
    """
    data: dict[str, Any] = _remembered(question) if question.filtered else {}
    if question.has_long_list:
        data["page"] = shown.page
        if shown.found:
            data["found"] = list(shown.found)
    return data


def _remembered(question: Question) -> dict[str, Any]:
    names = [choice.name for choice in question.choices]
    return {"names": names} if len(names) <= FOUND_LIMIT else {"sum": sum_of(names)}


def sum_of(names: Iterable[str]) -> int:
    """Return what tells a long list of choices from another one."""
    return zlib.crc32("\0".join(names).encode())


def numbers(question: Question, shown: Shown) -> Sequence[int]:
    """Return the numbers of the choices on the page; a choice has the same number on each of them."""
    listed = _listed(question, shown)
    return listed[(shown.page - 1) * PAGE : shown.page * PAGE] if question.has_long_list else listed


def holding(question: Question, shown: Shown, number: int) -> Shown:
    """Return the page on which that choice stands, or the same one if it stands on none."""
    listed = _listed(question, shown)
    return Shown(page=listed.index(number) // PAGE + 1, found=shown.found) if number in listed else shown


def hints(question: Question, shown: Shown, say: Speaker) -> list[str]:
    """Say where in the list one is, and how a choice is found quicker."""
    if not question.has_long_list:
        return []
    on_page, total = numbers(question, shown), len(question.choices)
    first = (shown.page - 1) * PAGE + 1
    place = {"first": first, "last": first + len(on_page) - 1}
    if not shown.found:
        return [say("list.page", **place, total=total), say("list.search")]
    lines = [say.count("list.found", len(shown.found), total=total)]
    return lines if len(shown.found) <= PAGE else [*lines, say("list.page", **place, total=len(shown.found))]


def ways(question: Question, shown: Shown, say: Speaker) -> list[Way]:
    """Return the ways to other pages. A key says which page it shows, so that a second press changes nothing."""
    if not question.has_long_list:
        return []
    found = []
    if shown.page > 1:
        found.append(Way(f"{_KEY}{shown.page - 1}", say("way.page_before")))
    if shown.page < _pages(question, shown):
        found.append(Way(f"{_KEY}{shown.page + 1}", say("way.page_after")))
    if shown.found:
        found.append(Way(_ALL, say("way.all_choices")))
    return found


def turned(question: Question, shown: Shown, key: str) -> Shown | None:
    """Return what the way with that key shows, None if it is no way to a page."""
    if not question.has_long_list:
        return None
    if key == _ALL:
        return WHOLE
    number = key.removeprefix(_KEY)
    if number == key or not (number.isascii() and number.isdigit()):
        return None
    return _clamped(question, Shown(page=int(number[:4]), found=shown.found))


def turned_by_word(question: Question, shown: Shown, text: str, speakers: Iterable[Speaker]) -> Shown | None:
    """Return what typed words show: the label of a way to a page, or its first word, in any language."""
    typed = set(folds(text))
    for say in speakers:
        for way in ways(question, shown, say):
            forms = set(folds(way.label))
            if typed & (forms | {form.partition(" ")[0] for form in forms}):
                return turned(question, shown, way.key)
    return None


def _listed(question: Question, shown: Shown) -> Sequence[int]:
    return shown.found or range(1, len(question.choices) + 1)


def _pages(question: Question, shown: Shown) -> int:
    return -(-len(_listed(question, shown)) // PAGE)


def _clamped(question: Question, shown: Shown) -> Shown:
    return Shown(page=max(1, min(shown.page, _pages(question, shown))), found=shown.found)
