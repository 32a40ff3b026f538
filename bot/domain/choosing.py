"""What typed text picks from a short list of choices: a number, a label, or yes and no."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_YES = frozenset({"ja", "j", "yes", "y", "jep", "ok", "okay"})
_NO = frozenset({"nein", "n", "no", "ne", "nee"})


def folded(text: str) -> str:
    """Return the text for comparison: no case, no accents, no punctuation, single spaces."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ẞ", "ss")).casefold()
    kept = (character if character.isalnum() else " " for character in plain if not unicodedata.combining(character))
    return " ".join("".join(kept).split())


def pick(choices: Sequence[tuple[str, str]], text: str) -> str | None:
    """Return the key of the (key, label) that the text means, or None.

    A number means the choice that shows it: the key itself where keys are numbers, else the place in the list.
    """
    wanted = folded(text)
    if wanted.isascii() and wanted.isdigit():
        number = wanted.lstrip("0") or "0"
        if any(key.isdigit() for key, _ in choices):
            return next((key for key, _ in choices if key == number), None)
        place = int(number[:4])
        return choices[place - 1][0] if 1 <= place <= len(choices) else None
    for key, label in choices:
        if folded(label) == wanted:
            return key
    for words, meaning in ((_YES, "yes"), (_NO, "no")):
        if wanted in words:
            return next((key for key, _ in choices if key == meaning), None)
    return None
