"""Which question of a form's new version is which of the old one: careful, since answers follow."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bot.forms.model import Form, Group, Question, Texts

LONG_WORD = 5  # letters; in a shorter word one letter may be the whole meaning (`kein`, `ein`)

_T = TypeVar("_T")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Old path -> new path, of questions and of groups; what is not here was removed or added."""

    questions: Mapping[str, str]
    groups: Mapping[str, str]


def pair(old: Form, new: Form) -> Pairing:
    """Pair what has the same path, then what is certainly the same under another one."""
    groups = _joined(
        {group.path: group for group in old.groups},
        {group.path: group for group in new.groups},
        _mark_of_group,
        (old, new),
    )
    questions = _joined(old.by_path, new.by_path, _mark, (old, new))
    return Pairing(questions=questions, groups=groups)


def repeats_around(form: Form, groups: Iterable[str]) -> tuple[str, ...]:
    """Return the repeats among these groups, outermost first."""
    known = form.group_by_path
    return tuple(path for path in groups if path in known and known[path].repeats)


def alike(old: Texts, new: Texts) -> bool:
    """Whether two texts ask the same: in a language that both have they differ in no more than case, signs and typos.

    Numbers are never typos, and a word more or less is none (`not`).
    """
    shared = [(old[key], new[key]) for key in old.keys() & new.keys()]
    pairs = [(one, other) for one, other in shared if one and other]
    pairs = pairs or [(one, other) for one in old.values() for other in new.values() if one and other]
    return not pairs or any(_same_but_typos(one, other) for one, other in pairs)


def _joined(
    old: Mapping[str, _T],
    new: Mapping[str, _T],
    mark: Callable[[_T, Form], Hashable],
    forms: tuple[Form, Form],
) -> dict[str, str]:
    found = {path: path for path in old if path in new}
    gone = {path: mark(thing, forms[0]) for path, thing in old.items() if path not in new}
    come = {path: mark(thing, forms[1]) for path, thing in new.items() if path not in old}
    for marks in (gone, come):
        counts = Counter(marks.values())
        for path in [path for path, each in marks.items() if each is None or counts[each] > 1]:
            del marks[path]  # nothing to know it by, or two of the same looks
    by_mark = {each: path for path, each in come.items()}
    found.update({path: by_mark[each] for path, each in gone.items() if each in by_mark})
    return found


def _mark(question: Question, form: Form) -> Hashable:
    """By what a question is known again elsewhere: type, wording and choices; a calculation by its expression."""
    if question.calculation is not None and not question.asked:
        return (question.name, question.calculation.text)
    wording = _wording(question.label, form)
    if not wording:
        return None
    return (question.type, wording, tuple((choice.name, _wording(choice.label, form)) for choice in question.choices))


def _mark_of_group(group: Group, form: Form) -> Hashable:
    inside = frozenset(question.name for question in form.questions if group.path in question.groups)
    wording = _wording(group.label, form)
    return (group.repeats, wording, inside) if inside and (wording or group.repeats) else None


def _wording(texts: Texts, form: Form) -> str:
    return plain(form.say(texts, form.languages[0] if form.languages else ""))


def plain(text: str) -> str:
    """Return the words alone, in small letters."""
    return " ".join(_WORD.findall(text.casefold()))


def _same_but_typos(one: str, other: str) -> bool:
    words, others = plain(one).split(), plain(other).split()
    if not words and not others:  # signs alone, such as stars
        return one == other
    return len(words) == len(others) and all(map(_same_word, words, others))


def _same_word(one: str, other: str) -> bool:
    if one == other:
        return True
    if min(len(one), len(other)) < LONG_WORD or one[0] != other[0] or not (one.isalpha() and other.isalpha()):
        return False
    return _one_slip(one, other)


def _one_slip(one: str, other: str) -> bool:
    """Whether a letter too many, too few, wrong, or two changed places make the difference."""
    start = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return abs(len(one) - len(other)) == 1
    rest, other_rest = one[start:], other[start:]
    return (
        rest[1:] == other_rest
        or rest == other_rest[1:]
        or rest[1:] == other_rest[1:]
        or (rest[:2] == other_rest[:2][::-1] and rest[2:] == other_rest[2:])
    )
