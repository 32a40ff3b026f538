"""The columns of a form's versions: the newest one's in its order, joined with those that older ones had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.forms.differences import Differences, differences
from bot.forms.model import Form, Question
from bot.forms.pairing import repeats_around


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. `source`: path of its question in each version that has it; `choice`: a 0/1 column of that choice,
    whose `source` are the versions that offer it: not offered is not the same as not chosen.
    """

    name: str
    source: Mapping[int, str] = field(default_factory=dict)
    choice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """One repeat over all versions. `source`: its path in each version that has it; `parent`: the repeat around it."""

    name: str
    parent: str
    source: Mapping[int, str]


def columns_of(versions: Mapping[int, Form], *, taken: set[str], repeat: Repeat | None = None) -> tuple[Column, ...]:
    """Return the question columns: those of the newest version in its order, then what only older ones had.

    Args:
        versions: compiled forms by version number.
        taken: names that no column may have; those of the columns join them.
        repeat: whose questions; None: those that are in no repeat.
    """
    asked = {
        number: _exported(form, "" if repeat is None else repeat.source.get(number))
        for number, form in versions.items()
    }
    found: dict[str, dict[int, str]] = {}
    offered: dict[str, dict[str, dict[int, str]]] = {}
    for number, names in _names(versions, asked).items():
        for question in asked[number]:
            name = names[question.path]
            found.setdefault(name, {})[number] = question.path
            for choice in question.choices if question.type == "select_multiple" else ():
                offered.setdefault(name, {}).setdefault(choice.name, {})[number] = question.path
    columns: list[Column] = []
    root = versions[max(versions)].name if versions else ""
    for name, source in found.items():
        free = free_name(name, taken, root=root)
        columns.append(Column(name=free, source=source))
        columns += [
            Column(name=free_name(f"{free}/{choice}", taken, root=root), source=offering, choice=choice)
            for choice, offering in offered.get(name, {}).items()
        ]
    return tuple(columns)


def repeats_of(versions: Mapping[int, Form]) -> tuple[Repeat, ...]:
    """Return the repeats, the newest version's first; a renamed one is joined with what it was."""
    found: dict[str, dict[int, str]] = {}
    parents: dict[str, str] = {}
    names: dict[int, dict[str, str]] = {}
    for number, newer in _newest_first(versions):
        form = versions[number]
        names[number] = {}
        for group in form.groups:
            if not group.repeats:
                continue
            now = None if newer is None else newer[1].repeat_of(group.path)
            name = names[newer[0]].get(now or "", group.path) if newer is not None else group.path
            around = repeats_around(form, group.parents)
            found.setdefault(name, {})[number] = group.path
            names[number][group.path] = name
            parents.setdefault(name, names[number].get(around[-1], around[-1]) if around else "")
    short = _short_names(found)
    return tuple(
        Repeat(name=short[name], parent=short.get(parents[name], ""), source=source) for name, source in found.items()
    )


def plain_names(columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the names without those of 0/1 columns."""
    return tuple(column.name for column in columns if column.choice is None)


def free_name(name: str, taken: set[str], *, root: str) -> str:
    """Return a name that no other column has: a question called `company` becomes `needs/company`."""
    candidates = [name, f"{root}/{name}", *(f"{root}/{name}_{number}" for number in range(2, len(taken) + 3))]
    free = next(candidate for candidate in candidates if candidate not in taken)
    taken.add(free)
    return free


def _newest_first(versions: Mapping[int, Form]) -> Iterator[tuple[int, tuple[int, Differences] | None]]:
    """Yield each version's number, and the next newer one's with what changed until that."""
    newer: int | None = None
    for number in sorted(versions, reverse=True):
        yield number, None if newer is None else (newer, differences(versions[number], versions[newer]))
        newer = number


def _names(versions: Mapping[int, Form], asked: Mapping[int, Sequence[Question]]) -> dict[int, dict[str, str]]:
    """Return the column's name of every question, newest version first; a renamed one takes its newest name."""
    bare = _unambiguous(versions.values())
    names: dict[int, dict[str, str]] = {}
    for number, newer in _newest_first(versions):
        own: dict[str, str] = {}
        for question in asked[number]:
            now = None if newer is None else newer[1].path_of(question.path)
            if newer is not None and now != question.path and now in names[newer[0]]:
                own[question.path] = names[newer[0]][now]
        for question in asked[number]:
            if question.path not in own:
                wanted = question.name if question.name in bare else question.path
                used = set(own.values())
                own[question.path] = wanted if wanted not in used else f"{question.path}_{number}"
        names[number] = own
    return names


def _exported(form: Form, repeat: str | None) -> list[Question]:
    """Return the questions with a value in that repeat ("" for none, None: it is not in this version)."""
    return [
        question
        for question in form.questions
        if question.type != "note" and ("", *repeats_around(form, question.groups))[-1] == repeat
    ]


def _unambiguous(forms: Iterable[Form]) -> set[str]:
    """Return the names that no version gives to two questions."""
    counts = [Counter(question.name for question in form.questions if question.type != "note") for form in forms]
    names = {name for count in counts for name in count}
    return {name for name in names if all(count[name] <= 1 for count in counts)}


def _short_names(paths: Iterable[str]) -> dict[str, str]:
    """Return the last part of each path, or all of it where two have the same; fit for names of files."""
    last = {path: path.rpartition("/")[2] for path in paths}
    counts = Counter(last.values())
    return {path: name if counts[name] == 1 else path.replace("/", "-") for path, name in last.items()}
