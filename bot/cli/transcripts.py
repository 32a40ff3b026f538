"""A conversation about a form as a text that people can read and edit; `hubtalk forms test` plays it again.

A file begins with `language: de`, `time: 2026-11-22T16:00:00+01:00` and `seed: 1`, then come the turns:

    > text        what the person writes; `@ 3` before it: three days pass
    < text        a message of the bot, its further lines indented; what hubtalk itself says is named, not quoted:
                  `{question.place number=2 total=9}`
    = name: text  a cell of the row that is exported; `= -` where nothing was sent in
    # text        a remark

What stands before the first `>` is what the bot says to somebody who asks for the form.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import zip_longest

from bot.errors import UsageError

Message = tuple[str, ...]
"""The lines of a message: where one is, the text, the hint, the choices."""

NO_ROW = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What was said and what was heard upon it. `said` None: the beginning; `days`: how many pass before."""

    said: str | None = None
    days: float = 0.0
    heard: tuple[Message, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """A whole conversation. `time` and `seed` decide today() and random(); `row`: the cells that hold something."""

    language: str
    time: datetime
    seed: int
    turns: tuple[Turn, ...]
    row: tuple[str, ...] = (NO_ROW,)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The first turn that is not as it was: its number (0 is the beginning), None for the row, and lines to show."""

    turn: int | None
    lines: tuple[str, ...]


def write(transcript: Transcript) -> str:
    """Return the conversation as the text of a file."""
    lines = [
        *transcript.remarks,
        f"language: {transcript.language}",
        f"time: {transcript.time.isoformat(timespec='seconds')}",
        f"seed: {transcript.seed}",
    ]
    for turn in transcript.turns:
        lines += ["", *turn.remarks, *_lines(turn)]
    lines += ["", *(f"= {cell}" for cell in transcript.row)]
    return "\n".join(lines) + "\n"


def _lines(turn: Turn) -> list[str]:
    lines = [f"@ {turn.days:g}"] if turn.days else []
    if turn.said is not None:
        lines.append(f"> {turn.said}")
    for message in turn.heard:
        first, *more = message or ("",)
        lines += [f"< {first}".rstrip(), *(f"  {line}" for line in more)]
    return lines


def first_difference(before: Transcript, now: Transcript) -> Difference | None:
    """Return where two conversations part, shown with the turn before it; None if they are the same."""
    for number, (old, new) in enumerate(zip_longest(before.turns, now.turns, fillvalue=Turn())):
        if old.heard != new.heard:
            context = [f"  {line}" for line in _lines(before.turns[number - 1])] if number else []
            return Difference(turn=number, lines=(*context, *_compared(_lines(old), _lines(new))))
    if before.row != now.row:
        return Difference(turn=None, lines=_compared(before.row, now.row))
    return None


def updated(before: Transcript, now: Transcript) -> Transcript:
    """Return the new conversation with the old one's remarks."""
    turns = (replace(new, remarks=old.remarks) for old, new in zip(before.turns, now.turns, strict=True))
    return replace(now, turns=tuple(turns), remarks=before.remarks)


def _compared(old: list[str] | Message, new: list[str] | Message) -> tuple[str, ...]:
    return tuple(line for line in difflib.ndiff(list(old), list(new)) if not line.startswith("?"))


# --- reading ---------------------------------------------------------------------------------------------------------


def read(text: str, *, name: str) -> Transcript:
    """Read the text of a file.

    Raises:
        UsageError: a line is none of those that there are; it is named.
    """
    reader = _Reader()
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            reader.take(line.rstrip())
        except ValueError as error:
            raise UsageError(f"{name}, line {number}: {error}") from None
    try:
        return reader.finished()
    except (KeyError, ValueError) as error:
        raise UsageError(f"{name}: it must begin with language, time and seed ({error})") from None


class _Reader:
    """Takes lines and makes turns of them."""

    def __init__(self) -> None:
        self._headers: dict[str, str] = {}
        self._turns: list[Turn] = []
        self._row: list[str] = []
        self._remarks: list[str] = []
        self._first_remarks: tuple[str, ...] = ()
        self._days = 0.0

    def take(self, line: str) -> None:
        """Take the next line of the file."""
        if line.startswith("  ") and self._turns and self._turns[-1].heard:
            *others, last = self._turns[-1].heard
            self._turns[-1] = replace(self._turns[-1], heard=(*others, (*last, _plain(line))))
            return
        kind, rest = line[:1], line[1:].strip()
        match kind:
            case "":
                pass
            case "#":
                self._remarks.append(line)
            case ">":
                self._add(Turn(said=rest, days=self._days))
                self._days = 0.0
            case "<":
                if not self._turns:
                    self._add(Turn())
                self._turns[-1] = replace(self._turns[-1], heard=(*self._turns[-1].heard, (_plain(rest),)))
            case "@":
                self._days += float(rest)
            case "=":
                self._row.append(_plain(rest))
            case _:
                self._header(line)

    def _header(self, line: str) -> None:
        name, colon, value = line.partition(":")
        if not colon or self._turns or name not in ("language", "time", "seed"):
            raise ValueError(f"{line!r} is no line of a conversation; lines begin with > < = @ or #")
        if not self._headers:
            self._first_remarks, self._remarks = tuple(self._remarks), []
        self._headers[name] = value.strip()

    def _add(self, turn: Turn) -> None:
        if not self._turns and turn.said is not None:
            self._turns.append(Turn())
        self._turns.append(replace(turn, remarks=tuple(self._remarks)))
        self._remarks = []

    def finished(self) -> Transcript:
        """Return the conversation."""
        time = datetime.fromisoformat(self._headers["time"])
        return Transcript(
            language=self._headers["language"],
            time=time if time.tzinfo else time.replace(tzinfo=UTC),
            seed=int(self._headers["seed"]),
            turns=tuple(self._turns) or (Turn(),),
            row=tuple(self._row) or (NO_ROW,),
            remarks=self._first_remarks,
        )


def _plain(text: str) -> str:
    return " ".join(text.split())


def plain_lines(text: str) -> Iterator[str]:
    """Yield the lines of a text that hold something, with single spaces."""
    return (line for line in map(_plain, text.splitlines()) if line)
