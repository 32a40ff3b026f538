"""What files are by their bytes: good ones, disguised ones, and random ones."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from bot.files.signatures import types_of

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODS = "application/vnd.oasis.opendocument.spreadsheet"


def packed(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in parts.items():
            archive.writestr(
                name.replace("__", "/").replace("TYPES", "[Content_Types].xml").replace("_dot_", "."), content
            )
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "type_"),
    [
        (b"\xff\xd8\xff\xe0 picture", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"\x00\x00\x00\x18ftypmif1", "image/heif"),
        (b"OggS", "audio/ogg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"fLaC", "audio/flac"),
        (b"#!AMR\n", "audio/amr"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"\x00\x00\x00\x18ftypM4A ", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x18ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x18ftyp3gp4", "video/3gpp"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm"),
        (b"%PDF-1.7", "application/pdf"),
        (packed(TYPES=b"", word__document_dot_xml=b""), DOCX),
        (packed(mimetype=ODS.encode(), content_dot_xml=b""), ODS),
        ("Größe;5\r\n".encode(), "text/csv"),
        ("Größe;5\r\n".encode("cp1252"), "text/csv"),
        ("Größe".encode("utf-16"), "text/plain"),
    ],
)
def test_a_file_is_known_by_its_bytes(content: bytes, type_: str) -> None:
    assert type_ in types_of(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"MZ\x90\x00\x03\x00",
        b"\x7fELF\x02\x01\x01\x00",
        b"#!/bin/sh\nrm -rf /",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"  \n<!DOCTYPE html><html>",
        "\ufeff<?xml version='1.0'?>".encode(),
        "<html>".encode("utf-16"),
        b"\x1aE\xdf\xa3 matroska",
        b"\x00\x00\x00\x18ftypavif",
        b"PK\x03\x04 broken",
        packed(anything=b""),
        packed(TYPES=b"", word__document_dot_xml=b"", word__vbaProject_dot_bin=b""),
        packed(TYPES=b"", word__document_dot_xml=b"", setup_dot_exe=b""),
        packed(mimetype=ODS.encode(), Basic__Standard__Module1_dot_xml=b""),
        packed(mimetype=b"application/epub+zip"),
    ],
)
def test_what_runs_or_hides_is_nothing_that_is_kept(content: bytes) -> None:
    assert types_of(content) == frozenset()


def test_any_bytes_can_be_looked_at(rng: random.Random) -> None:
    beginnings = [b"", b"PK\x03\x04", b"\x00\x00\x00\x18ftyp", b"RIFF", b"\xff", b"\xff\xfe", packed(a=b"b")[:40]]
    for _ in range(2000):
        types_of(rng.choice(beginnings) + rng.randbytes(rng.randrange(200)))
