"""Looks at the bytes of a form before anything parses them: what they are, and whether they are safe to unpack."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from pathlib import PurePath

from bot.forms.xlsform.complaints import Unreadable

MAX_FILE = 5 * 1024 * 1024
"""Bytes of a file. The largest public forms have about 1 MB; their pictures are not in the workbook."""
MAX_UNPACKED = 64 * 1024 * 1024
"""Bytes of all parts of a workbook together, unpacked: what openpyxl reads must fit into a small machine."""
MAX_RATIO = 100
"""Unpacked to packed size. Sheets of text reach 10 to 20; a zip bomb begins at 1,000."""
MAX_PARTS = 2_000
"""Files inside a workbook."""

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".csv", ".md")
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAVE_ANEW = "Open it in a spreadsheet program and save it as .xlsx."
_DECLARATIONS = tuple(
    word.encode(coding) for word in ("<!DOCTYPE", "<!ENTITY") for coding in ("utf-8", "utf-16-le", "utf-16-be")
)


def examine(data: bytes, *, file_name: str) -> tuple[bytes, str]:
    """Return the bytes ready for reading (text without byte order mark) and the suffix that says how.

    Raises:
        Unreadable: too large, not what its name says, or dangerous to unpack.
    """
    suffix = PurePath(file_name).suffix.lower()
    if suffix not in SUFFIXES:
        shown = f"{suffix} is" if suffix else "a file without an ending is"
        raise Unreadable(f"{shown} no kind of form", mend=f"Forms end in {', '.join(SUFFIXES)}.")
    if len(data) > MAX_FILE:
        raise Unreadable(
            f"the file has {len(data) / 1e6:.1f} MB, at most {MAX_FILE / 1e6:.1f} are read",
            mend="Remove pictures and sheets that are not part of the form.",
        )
    if not data.strip():
        raise Unreadable("the file is empty")
    if suffix in (".csv", ".md"):
        return _examine_text(data, suffix=suffix), suffix
    if suffix == ".xls":
        _examine_old_workbook(data)
    else:
        _examine_workbook(data, suffix=suffix)
    return data, suffix


def _examine_text(data: bytes, *, suffix: str) -> bytes:
    if data.startswith((_ZIP, _OLE)):
        raise Unreadable(f"the file is a workbook, not {suffix}", mend="Let its name end in .xlsx or .xls.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("the file is not UTF-8 text", mend="Save it with the encoding UTF-8.") from None
    if "\0" in text:
        raise Unreadable("the file is no text", mend=_SAVE_ANEW)
    if suffix == ".csv" and text.count(";") > text.count(","):
        raise Unreadable("the columns are separated by ;", mend="Separate them by commas, or send an .xlsx.")
    return text.replace("\r\n", "\n").encode()


def _examine_old_workbook(data: bytes) -> None:
    if data.startswith(_ZIP):
        raise Unreadable("the file is an .xlsx that is named .xls", mend="Rename it to .xlsx.")
    if not data.startswith(_OLE):
        raise Unreadable("the file is no .xls workbook", mend=_SAVE_ANEW)


def _examine_workbook(data: bytes, *, suffix: str) -> None:
    if data.startswith(_OLE):
        raise Unreadable(
            f"the file is not {suffix}: it is an old .xls, or protected by a password",
            mend="Rename it to .xls, or save it without a password as .xlsx.",
        )
    if not data.startswith(_ZIP):
        raise Unreadable(f"the file is no {suffix} workbook", mend=_SAVE_ANEW)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            _examine_parts(archive, packed=len(data))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
        raise Unreadable("the workbook is damaged", mend=_SAVE_ANEW) from error


def _examine_parts(archive: zipfile.ZipFile, *, packed: int) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 1):
        raise Unreadable(
            f"the workbook unpacks to {unpacked / 1e6:.1f} MB in {len(parts)} parts, which is not safe to open",
            mend="Copy the sheets survey, choices and settings into a new workbook.",
        )
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        kind = "an OpenDocument table" if "content.xml" in names else "no workbook"
        raise Unreadable(f"the file is {kind}", mend=_SAVE_ANEW)
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            content = archive.read(part)
            if any(word in content for word in _DECLARATIONS):
                raise Unreadable("the workbook declares XML entities, which no form needs", mend=_SAVE_ANEW)
