"""Reads a regular expression into its pieces: the part of the syntax that a walk without backtracking can run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.forms.expressions.syntax import ExpressionError

MAX_PATTERN = 1_000
"""Characters of a pattern; the longest seen in public forms (e-mail addresses) have about 200."""
MAX_GROUPS = 20
"""Brackets inside brackets, so that reading a pattern cannot exhaust the stack."""
MAX_COUNT = 1_000
"""The largest number in `{…}`."""

Judge = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Character:
    """One character that passes the judge."""

    judge: Judge


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place: `^`, `$`, `b` (border of a word) or `B`."""

    kind: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Pieces one after the other."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several pieces."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A piece several times; `most` None means without end."""

    piece: Piece
    least: int
    most: int | None


Piece = Character | Anchor | Sequence | Choice | Repeat

_COUNT = re.compile(r"\{([0-9]{1,9})(?:(,)([0-9]{0,9}))?\}")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_CATEGORIES: dict[str, Judge] = {
    "L": str.isalpha, "IsL": str.isalpha, "Alpha": str.isalpha, "IsAlphabetic": str.isalpha, "Lu": str.isupper,
    "Upper": str.isupper, "Ll": str.islower, "Lower": str.islower, "N": str.isnumeric, "Nd": str.isdecimal,
    "Digit": str.isdecimal, "Alnum": str.isalnum,
}  # fmt: skip


def read_pattern(pattern: str) -> Piece:
    """Return the pieces of a pattern.

    Raises:
        ExpressionError: it is broken or needs backtracking.
    """
    return _Reader(pattern).whole()


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._whole = pattern
        self._flags = re.IGNORECASE if pattern.startswith("(?i)") else re.RegexFlag(0)
        self._text = pattern.removeprefix("(?i)")
        self._at = 0
        self._depth = 0

    def whole(self) -> Piece:
        piece = self._alternatives()
        if self._at < len(self._text):
            raise self._wrong("a closing bracket has no opening one")
        return piece

    def _wrong(self, what: str) -> ExpressionError:
        return ExpressionError(
            f"the pattern {self._whole!r} cannot be used: {what}", mend="Rewrite the regular expression."
        )

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        self._at += 1
        return self._text[self._at - 1 : self._at]

    def _alternatives(self) -> Piece:
        self._depth += 1
        if self._depth > MAX_GROUPS:
            raise self._wrong(f"brackets are nested more than {MAX_GROUPS} deep")
        branches = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            branches.append(self._sequence())
        self._depth -= 1
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _sequence(self) -> Piece:
        pieces: list[Piece] = []
        while self._peek() not in ("", "|", ")"):
            pieces.append(self._repeated())
        return Sequence(tuple(pieces))

    def _repeated(self) -> Piece:
        piece = self._atom()
        counts = self._counts()
        if counts is None:
            return piece
        if self._peek() == "?":  # a lazy repetition finds the same texts
            self._at += 1
        if self._peek() in ("+", "*"):
            raise self._wrong("a repetition is repeated")
        return Repeat(piece, *counts)

    def _counts(self) -> tuple[int, int | None] | None:
        simple = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(self._peek())
        if simple is not None:
            self._at += 1
            return simple
        match = _COUNT.match(self._text, self._at)
        if match is None:
            return None
        self._at = match.end()
        least = int(match[1])
        most = least if match[2] is None else int(match[3]) if match[3] else None
        if max(least, most or 0) > MAX_COUNT:
            raise self._wrong(f"it repeats more than {MAX_COUNT} times")
        if most is not None and most < least:
            raise self._wrong("a repetition has its numbers in the wrong order")
        return least, most

    def _atom(self) -> Piece:
        sign = self._take()
        match sign:
            case "(":
                return self._group()
            case "[":
                return self._bracket()
            case "\\":
                return self._escaped()
            case ".":
                return Character(lambda character: character not in "\r\n")
            case "^" | "$":
                return Anchor(sign)
            case "*" | "+" | "?":
                raise self._wrong(f"nothing stands before {sign}")
            case _:
                return self._judged(re.escape(sign))

    def _group(self) -> Piece:
        if self._peek() == "?":
            named = re.compile(r"\?(?::|P?<[A-Za-z]\w*>)").match(self._text, self._at)
            if named is None:
                raise self._wrong("look-around and inline flags are not supported")
            self._at = named.end()
        piece = self._alternatives()
        if self._take() != ")":
            raise self._wrong("a bracket is not closed")
        return piece

    def _bracket(self) -> Piece:
        match = _CLASS.match(self._text, self._at - 1)
        if match is None:
            raise self._wrong("a [ is not closed")
        self._at = match.end()
        if "\\p" in match[0] or "\\P" in match[0] or "&&" in match[0]:
            raise self._wrong(r"\p and && inside [ ] are not supported")
        inner = match[0][1:-1]
        negated = inner.startswith("^")
        # `[` and set operators mean themselves inside a class; escaping them keeps Python from warning.
        body = re.sub(r"(?<!\\)\[|--|\|\||~~", lambda found: "".join("\\" + sign for sign in found[0]), inner[negated:])
        return self._judged(f"[{'^' if negated else ''}{body}]")

    def _escaped(self) -> Piece:
        sign = self._take()
        if sign == "":
            raise self._wrong("it ends with a backslash")
        if sign in "dDwWsS":
            return self._judged("\\" + sign)
        if sign in "bB":
            return Anchor(sign)
        if sign in "AzZ":
            return Anchor("^" if sign == "A" else "$")
        if sign in "pP":
            return self._category(negated=sign == "P")
        if sign in "123456789k":
            raise self._wrong("back references are not supported")
        if sign in _CONTROLS:
            return self._judged(re.escape(_CONTROLS[sign]))
        if sign in "xu":
            return self._code(2 if sign == "x" else 4)
        if sign.isalpha():
            raise self._wrong(f"\\{sign} is not supported")
        return self._judged(re.escape(sign))

    def _code(self, digits: int) -> Piece:
        code = self._text[self._at : self._at + digits]
        if len(code) < digits or not all(sign in "0123456789abcdefABCDEF" for sign in code):
            raise self._wrong("a character code is broken")
        self._at += digits
        return self._judged(re.escape(chr(int(code, 16))))

    def _category(self, *, negated: bool) -> Piece:
        match = re.compile(r"\{(\w+)\}|(\w)").match(self._text, self._at)
        judge = _CATEGORIES.get((match[1] or match[2]) if match else "")
        if match is None or judge is None:
            raise self._wrong(r"this \p{…} is not supported")
        self._at = match.end()
        known = judge
        return Character((lambda character: not known(character)) if negated else known)

    def _judged(self, source: str) -> Piece:
        try:
            single = re.compile(source, self._flags | re.DOTALL)
        except (re.error, OverflowError) as error:
            raise self._wrong(f"{source} is broken") from error
        judge = single.fullmatch
        return Character(lambda character: judge(character) is not None)
