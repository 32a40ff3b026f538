"""A picture's size and its small version, as clients want them beside the picture itself. Pure."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

BOX = (800, 600)
"""The largest size that homeservers and clients make thumbnails in:
https://spec.matrix.org/latest/client-server-api/#thumbnails"""

PIXEL_LIMIT = 40_000_000
"""What is unpacked at most, some 160 MB; a few kilobytes may claim to be any size."""

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
"""What clients show inline."""

_SIDEWAYS = frozenset({5, 6, 7, 8})
_ORIENTATION = 0x0112  # Exif 2.3, the tag that says how a camera was held


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """A small version of a picture."""

    content: bytes
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture's size in pixels as it is shown, and its small version if it is larger than that."""

    width: int
    height: int
    thumbnail: Thumbnail | None = None


def look(content: bytes) -> Picture | None:
    """Return what a picture looks like, None if it is none that clients show, is broken or would unpack to too much."""
    # Loaded by who sends a picture, which few bots ever do.
    from PIL import Image  # noqa: PLC0415

    warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > PIXEL_LIMIT:
                return None
            return _picture(image)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        # Pillow's decoders raise each of these for files that are not what they claim to be.
        return None


def _picture(image: Image) -> Picture:
    is_sideways = image.getexif().get(_ORIENTATION) in _SIDEWAYS
    width, height = reversed(image.size) if is_sideways else image.size
    if width <= BOX[0] and height <= BOX[1]:
        image.load()
        return Picture(width=width, height=height)
    return Picture(width=width, height=height, thumbnail=_thumbnail(image, is_sideways=is_sideways))


def _thumbnail(image: Image, *, is_sideways: bool) -> Thumbnail:
    from PIL import ImageOps  # noqa: PLC0415

    kind = "JPEG" if image.format == "JPEG" else "PNG"
    if image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("RGB" if kind == "JPEG" else "RGBA")
    image.thumbnail((BOX[1], BOX[0]) if is_sideways else BOX)
    small = ImageOps.exif_transpose(image)
    output = io.BytesIO()
    small.save(output, kind)
    return Thumbnail(
        content=output.getvalue(), media_type=f"image/{kind.lower()}", width=small.width, height=small.height
    )
