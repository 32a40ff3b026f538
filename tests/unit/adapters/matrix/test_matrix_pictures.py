"""Pictures as clients want them: size, small version, and nothing that was made to hurt."""

from __future__ import annotations

import io
import random
import struct
import zlib

import pytest
from PIL import Image

from bot.adapters.matrix.pictures import BOX, PIXEL_LIMIT, look


def picture(width: int, height: int, *, kind: str = "PNG", mode: str = "RGB", **more: object) -> bytes:
    output = io.BytesIO()
    Image.new(mode, (width, height)).save(output, kind, **more)
    return output.getvalue()


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of some bytes that claims to be that large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((1600, 1200), (800, 600)),
        ((3000, 100), (800, 27)),
        ((100, 3000), (20, 600)),
        ((801, 600), (800, 599)),
        ((800, 601), (799, 600)),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_what_is_larger_than_a_thumbnail_has_one(kind: str, size: tuple[int, int], small: tuple[int, int]) -> None:
    found = look(picture(*size, kind=kind))
    assert found is not None
    assert (found.width, found.height) == size
    assert found.thumbnail is not None
    made = (found.thumbnail.width, found.thumbnail.height)
    assert made == small
    with Image.open(io.BytesIO(found.thumbnail.content)) as image:
        assert (image.size, image.get_format_mimetype()) == (small, found.thumbnail.media_type)


def test_what_is_no_larger_than_a_thumbnail_has_none() -> None:
    found = look(picture(*BOX))
    assert found is not None
    assert (found.width, found.height, found.thumbnail) == (*BOX, None)


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "P"), ("PNG", "LA"), ("PNG", "1"), ("PNG", "L"), ("JPEG", "CMYK")])
def test_every_way_to_write_colours_has_a_thumbnail(kind: str, mode: str) -> None:
    found = look(picture(900, 900, kind=kind, mode=mode))
    assert found is not None
    assert found.thumbnail is not None


def test_transparency_stays() -> None:
    found = look(picture(900, 900, mode="RGBA"))
    assert found is not None
    assert found.thumbnail is not None
    with Image.open(io.BytesIO(found.thumbnail.content)) as image:
        assert image.convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0)


def test_a_photo_taken_sideways_is_measured_as_it_is_shown() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = look(picture(1600, 900, kind="JPEG", exif=exif))
    assert found is not None
    assert (found.width, found.height) == (900, 1600)
    assert found.thumbnail is not None
    assert (found.thumbnail.width, found.thumbnail.height) == (338, 600)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture(900, 900)[:-40],
        picture(900, 900, kind="JPEG")[:200],
        picture(10, 10, kind="BMP"),
    ],
    ids=["empty", "text", "svg", "half a PNG", "half a JPEG", "a format that clients do not show"],
)
def test_what_is_no_picture_is_none(content: bytes) -> None:
    assert look(content) is None


def test_a_picture_of_more_than_the_limit_is_not_unpacked_though_it_could_be() -> None:
    assert look(picture(8000, PIXEL_LIMIT // 8000 + 1, mode="1")) is None


@pytest.mark.parametrize("side", [int(PIXEL_LIMIT**0.5) + 1, 10_000, 50_000, 2**31 - 1])
def test_what_would_unpack_to_too_much_is_never_unpacked(side: int) -> None:
    assert look(bomb(side, side)) is None


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_damaged_pictures_raise_nothing(kind: str, rng: random.Random) -> None:
    whole = picture(820, 40, kind=kind, mode="RGB")
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(rng.randrange(1, 8)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        look(bytes(damaged))
