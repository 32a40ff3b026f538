"""QR codes: a text in, a picture's bytes out."""

from __future__ import annotations

from io import BytesIO
from typing import Literal

SCALE = 8  # pixels a module: a link is about 350 pixels wide, sharp on paper and on a screen


def picture(text: str, *, kind: Literal["png", "svg"] = "png") -> bytes:
    """Return the QR code of a text, with the margin that readers need."""
    import segno  # noqa: PLC0415 -- only loaded when a picture is made

    out = BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind=kind, scale=SCALE, border=4)
    return out.getvalue()


def modules(text: str) -> list[list[bool]]:
    """Return the dark modules of a text's QR code, row by row, without the margin."""
    import segno  # noqa: PLC0415 -- as above

    return [[bool(module) for module in row] for row in segno.make(text, error="m", micro=False).matrix]
