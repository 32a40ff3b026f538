"""Invitation codes: Crockford's base32, so that nobody confuses 0 and O when typing one from paper."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: without I, L, O and U
LENGTH = 12  # 60 bits: with a keyed hash and one try a message nobody guesses one
GROUP = 4

_MEANT = str.maketrans({"I": "1", "L": "1", "O": "0"})


def new_code(number: int) -> str:
    """Return the code of a random number of at least 60 bits, in groups: `7KQ2-9F0D-XW3T`."""
    signs = [ALPHABET[(number >> (5 * place)) & 31] for place in range(LENGTH)]
    text = "".join(signs)
    return "-".join(text[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def plain_code(text: str) -> str:
    """Return a typed code as it is hashed (upper case, no hyphens, misread letters put right), "" if it is none."""
    plain = text.strip().upper().replace("-", "").replace(" ", "").translate(_MEANT)
    return plain if len(plain) == LENGTH and all(sign in ALPHABET for sign in plain) else ""
