"""Invitation codes: Crockford's base32, so that nobody confuses 0 and O when typing one from paper."""

from __future__ import annotations

import re
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: without I, L, O and U
LENGTH = 12  # 60 bits: with a keyed hash and one try a message nobody guesses one
GROUP = 4
LONGEST_TEXT = 1000  # characters in which a code is looked for; a mail that was pasted whole may be longer

_MEANT = str.maketrans({"I": "1", "L": "1", "O": "0"})
_SIGNS = "0-9A-Za-z"
# A link as we write it: Telegram's carries the code itself.
_IN_LINK = re.compile(rf"[?&]start=([{_SIGNS}-]+)")
# Three groups with something between them, or all signs at once; nothing that could belong to a longer word around.
_GROUPS = re.compile(
    rf"(?<![{_SIGNS}])[{_SIGNS}]{{{GROUP}}}([ -])[{_SIGNS}]{{{GROUP}}}\1[{_SIGNS}]{{{GROUP}}}(?![{_SIGNS}])"
)
_AT_ONCE = re.compile(rf"(?<![{_SIGNS}])[{_SIGNS}]{{{LENGTH}}}(?![{_SIGNS}])")


def new_code(number: int) -> str:
    """Return the code of a random number of at least 60 bits, in groups: `7KQ2-9F0D-XW3T`.

    It has a digit, so that nobody's words are taken for a code when it is typed without hyphens.
    """
    signs = [ALPHABET[(number >> (5 * place)) & 31] for place in range(LENGTH)]
    if not any(sign.isdigit() for sign in signs):
        signs[-1] = ALPHABET[(number >> (5 * (LENGTH - 1))) % 10]
    text = "".join(signs)
    return "-".join(text[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def plain_code(text: str) -> str:
    """Return a typed code as it is hashed (upper case, no hyphens, misread letters put right), "" if it is none.

    Forgiven are spaces and hyphens of every kind and at any place, lower case, full-width signs, and O, I and L for 0
    and 1.
    """
    plain = _written(text).upper().replace("-", "").replace(" ", "").translate(_MEANT)
    return plain if len(plain) == LENGTH and all(sign in ALPHABET for sign in plain) else ""


def code_within(text: str) -> str:
    """Return the code that is in a text with words or a link around it, "" if there is none that is plain to see.

    Twelve letters or three words of four are no code: without hyphens there has to be a digit.
    """
    written = _written(text[:LONGEST_TEXT])
    if link := _IN_LINK.search(written):
        return plain_code(link[1])
    for found in (*_GROUPS.finditer(written), *_AT_ONCE.finditer(written)):
        shown = found[0]
        if ("-" in shown or any(sign.isdigit() for sign in shown)) and plain_code(shown):
            return plain_code(shown)
    whole = plain_code(written)
    return whole if any(sign.isdigit() for sign in written) else ""


def _written(text: str) -> str:
    """Return the text with plain signs: one kind of space and of hyphen, nothing that cannot be seen."""
    kept = []
    for sign in unicodedata.normalize("NFKC", text):
        match unicodedata.category(sign):
            case "Pd":
                kept.append("-")
            case "Cf":
                continue
            case _ if sign in "\N{MINUS SIGN}_":
                kept.append("-")
            case _:
                kept.append(" " if sign.isspace() else sign)
    return re.sub(" *- *", "-", " ".join("".join(kept).split()))
