"""Reads the answer to a select_multiple question: numbers, ranges, labels, in any mixture and order."""

from __future__ import annotations

import re

from bot.forms.casting import in_order
from bot.forms.model import Question
from bot.forms.readers.choices import Catalogue, catalogue_of
from bot.forms.readers.folding import fold
from bot.forms.readers.outcomes import Guessed, NotUnderstood, Reading, Understood
from bot.forms.readers.pieces import Pieces, Unclear

_ALL = frozenset(
    {"alle", "alles", "alle davon", "samtliche", "saemtliche", "all", "all of them", "all of these", "everything"}
)
_BUT = re.compile(r"\s*(?:alles?|all)\s+(?:außer|ausser|bis auf|ohne|except|but)\s+", re.IGNORECASE)
_OTHER = frozenset({"other", "others", "andere", "anderes", "sonstige", "sonstiges"})


def read_select_multiple(text: str, *, question: Question) -> Reading:
    """Read `1,3`, `1 und 3`, `1-3`, `1 3`, `alle` and labels; one that holds commas or `und` is tried whole first.

    With one misspelt label among them the whole is a guess.
    """
    catalogue = catalogue_of(question.choices)
    count = str(len(question.choices))
    if fold(text) in _ALL and question.choices and catalogue.find(text) is None:
        return _all(catalogue, question=question)
    but = _BUT.match(text)
    if but is not None and catalogue.find(text) is None:
        text = text[but.end() :]
    try:
        pieces = Pieces(text, catalogue=catalogue)
    except Unclear as unclear:
        return NotUnderstood("choices", {"count": count, "unclear": str(unclear)[:80]}, catalogue.fitting(str(unclear)))
    found = in_order(pieces.names, question=question)
    if found and but is not None:
        return _all(catalogue, question=question, without=found, guesses=bool(pieces.guesses))
    if not found:
        return NotUnderstood("choices", {"count": count, "unclear": ""})
    return Guessed(found) if pieces.guesses else Understood(found)


def _all(catalogue: Catalogue, *, question: Question, without: tuple[str, ...] = (), guesses: bool = False) -> Reading:
    """Return all choices but those; where more are hardly meant (`none of these`, `other`), the rest as a guess."""
    names = [choice.name for choice in question.choices if choice.name not in without]
    meant = tuple(name for name in names if fold(name) not in _OTHER and not catalogue.says_nothing(name))
    if not meant:
        return NotUnderstood("choices", {"count": str(len(question.choices)), "unclear": ""})
    return Guessed(meant) if guesses or len(meant) < len(names) else Understood(meant)
