"""Cuts the text of an expression into tokens (XPath 1.0, section 3.7, and XLSForm's `${name}`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.forms.expressions.syntax import ExpressionError

MAX_LENGTH = 10_000
"""Characters of one expression: a cell holds 32,767, real ones stay below 3,000. Bounds all later work."""

Kind = Literal["number", "text", "reference", "name", "operator", "end"]

_NAME = r"[^\W\d][\w.\-·]*"
_TOKEN = re.compile(
    rf"""
      (?P<space>\s+)
    | (?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)
    | (?P<text>"[^"]*"|'[^']*')
    | \$\{{\s*(?P<reference>(?:last-saved\#)?{_NAME})\s*\}}
    | (?P<name>{_NAME}(?::{_NAME})?(?![\w.\-·:]))
    | (?P<axis>{_NAME}(?=::))
    | (?P<operator>!=|<=|>=|//|::|\.\.|[()\[\],/|=<>+*@.\-])
    """,
    re.VERBOSE,
)

WORDS = frozenset({"and", "or", "div", "mod"})


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `value` without quotes or braces, `at` its place in the text."""

    kind: Kind
    value: str
    at: int


def tokenize(text: str) -> list[Token]:
    """Return the tokens of `text`, the last one of kind `end`.

    `and or div mod *` are operators where an operand stands before them (XPath 1.0, section 3.7).

    Raises:
        ExpressionError: too long, or a character that fits nowhere.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"the expression has {len(text)} characters, at most {MAX_LENGTH} are read",
            mend="Divide it over several calculate rows.",
        )
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _stray(text, at=at)
        kind, value = match.lastgroup, match[match.lastgroup or 0]
        if kind == "text":
            tokens.append(Token("text", value[1:-1], at))
        elif kind == "number":
            tokens.append(Token("number", value, at))
        elif kind == "reference":
            tokens.append(Token("reference", value, at))
        elif kind == "operator":
            tokens.append(Token("operator", value, at))
        elif kind in ("name", "axis"):
            word = value in WORDS and _after_operand(tokens)
            tokens.append(Token("operator" if word else "name", value, at))
        at = match.end()
    tokens.append(Token("end", "", len(text)))
    return tokens


def _after_operand(tokens: list[Token]) -> bool:
    if not tokens:
        return False
    last = tokens[-1]
    return last.kind != "operator" or last.value in (")", "]", ".", "..", "*")


def _stray(text: str, *, at: int) -> ExpressionError:
    found = text[at]
    if found in "\"'":
        return ExpressionError(f"a quotation mark ({found}) is not closed", mend="Close it with the same mark.", at=at)
    if found == "$":
        return ExpressionError("${ is not followed by a name and }", mend="Write ${name}.", at=at)
    if found in "“”„‘’‚«»":
        return ExpressionError(f"{found} is no quotation mark here", mend="Use straight ones: ' or \".", at=at)
    if found == "&":
        return ExpressionError("& is no operator", mend="Write `and`, or concat(…) to join texts.", at=at)
    if found == "!":
        return ExpressionError("! stands alone", mend="Write != or not(…).", at=at)
    return ExpressionError(f"{found!r} has no meaning here", at=at)
