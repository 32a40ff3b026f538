"""What a file is by its bytes, whatever it calls itself: a short table of the types that answers may have. Pure."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Sequence

_NOTHING: frozenset[str] = frozenset()
_START = 1024

# First bytes, as the formats' specifications and the WHATWG MIME Sniffing Standard (section 6) give them.
_BEGINNINGS: Sequence[tuple[bytes, frozenset[str]]] = (
    (b"\xff\xd8\xff", frozenset({"image/jpeg"})),
    (b"\x89PNG\r\n\x1a\n", frozenset({"image/png"})),
    (b"GIF87a", frozenset({"image/gif"})),
    (b"GIF89a", frozenset({"image/gif"})),
    (b"OggS", frozenset({"audio/ogg"})),
    (b"fLaC", frozenset({"audio/flac"})),
    (b"#!AMR", frozenset({"audio/amr"})),
    (b"ID3", frozenset({"audio/mpeg", "audio/aac"})),
    (b"%PDF-", frozenset({"application/pdf"})),
)
# ISO 14496-12: the brand at byte 8 of a file that begins with an `ftyp` box; sound comes under the common ones too.
_BRANDS: Sequence[tuple[tuple[bytes, ...], frozenset[str]]] = (
    ((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), frozenset({"image/heic"})),
    ((b"mif1", b"msf1"), frozenset({"image/heif", "image/heic"})),
    ((b"M4A ", b"M4B "), frozenset({"audio/mp4"})),
    ((b"qt  ",), frozenset({"video/quicktime"})),
    ((b"3g",), frozenset({"video/3gpp", "audio/mp4"})),
    ((b"isom", b"iso", b"mp4", b"avc1", b"M4V", b"MSNV", b"dash", b"f4v"), frozenset({"video/mp4", "audio/mp4"})),
)
_OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
# Parts of office files that hold programs.
_PROGRAMS = re.compile(
    r"(.*/)?vbaProject\.bin|(.*/)?activeX/.*|Basic/.*|Scripts/.*|.*\.(exe|dll|bat|cmd|ps1|vbs|js)", re.IGNORECASE
)
_SCRIPT = re.compile(r"\s*(#!|<(\?|!|[a-z]))", re.IGNORECASE)
_CONTROLS = frozenset(range(32)) - {9, 10, 12, 13}


def types_of(content: bytes) -> frozenset[str]:
    """Return the media types that these bytes may be, none if it is nothing that an answer may hold."""
    for beginning, types in _BEGINNINGS:
        if content.startswith(beginning):
            return types
    if content[:4] == b"RIFF":
        return {b"WEBP": frozenset({"image/webp"}), b"WAVE": frozenset({"audio/wav"})}.get(content[8:12], _NOTHING)
    if content[4:8] == b"ftyp":
        return next((types for brands, types in _BRANDS if content[8:12].startswith(brands)), _NOTHING)
    if content[:4] == b"\x1aE\xdf\xa3":  # EBML; the document type stands in its head
        return frozenset({"video/webm", "audio/webm"}) if b"webm" in content[:64] else _NOTHING
    if content[:4] == b"PK\x03\x04":
        return _packed(content)
    return _sound(content) or _text(content)


def _sound(content: bytes) -> frozenset[str]:
    """MPEG audio begins with eleven set bits; layer 0 is ADTS (AAC), and 0xFE the mark of UTF-16."""
    if len(content) < 4 or content[0] != 0xFF or content[1] & 0xE0 != 0xE0 or content[1] == 0xFE:
        return _NOTHING
    if content[1] & 0x06 == 0:
        return frozenset({"audio/aac"}) if content[1] & 0xF0 == 0xF0 else _NOTHING
    return frozenset({"audio/mpeg"}) if content[2] & 0xF0 != 0xF0 else _NOTHING


def _packed(content: bytes) -> frozenset[str]:
    """An office file without programs; any other archive may hold everything. Only its list of names is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if any(_PROGRAMS.fullmatch(name) for name in names):
                return _NOTHING
            if "[Content_Types].xml" in names:
                return frozenset(
                    type_ for part, type_ in _OFFICE.items() if any(name.startswith(part) for name in names)
                )
            if names and names[0] == "mimetype" and archive.getinfo("mimetype").file_size <= _START:
                type_ = archive.read("mimetype").decode("ascii", "replace").strip()
                return frozenset({type_}) if type_.startswith(_OPEN_DOCUMENT) else _NOTHING
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error):
        # What zipfile raises for archives that are not what they claim to be.
        return _NOTHING
    return _NOTHING


def _text(content: bytes) -> frozenset[str]:
    """Plain text or a table; neither a script nor anything that a browser reads as markup."""
    if not content:
        return _NOTHING
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")  # as Windows programs still write
    if any(ord(sign) in _CONTROLS for sign in text) or _SCRIPT.match(text):
        return _NOTHING
    return frozenset({"text/plain", "text/csv"})
