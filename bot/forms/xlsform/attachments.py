"""The files that a form wants beside it: lists in csv, and media of questions and choices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from urllib.parse import unquote

from bot.errors import FormError
from bot.forms.model import Form, Problem
from bot.forms.xlsform.lists import read_csv
from bot.forms.xlsform.media import media_files
from bot.forms.xlsform.rows import Places, cell, header_of

_CSV = re.compile(r'src="jr://file-csv/([^"]+)"')
_NEAR = ("type", "calculation", "name")


def lists_in(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the csv files by the names of the lists that they are."""
    return {PurePath(name).stem: files[name] for name in files if PurePath(name).suffix.lower() == ".csv"}


def lists_wanted(xform: str) -> tuple[str, ...]:
    """Return the csv files that an XForm names."""
    return tuple(dict.fromkeys(unquote(name) for name in _CSV.findall(xform)))


def files_of(form: Form, *, lists: Iterable[str]) -> tuple[str, ...]:
    """Return all files that a form wants, each once."""
    return tuple(dict.fromkeys((*lists, *(name for *_, name in media_files(form)))))


def check_lists(wanted: Iterable[str], *, files: Mapping[str, bytes], places: Places) -> Iterator[Problem]:
    """Say which lists are not there, or cannot be read."""
    known = lists_in(files)
    for name in wanted:
        row, column = _row_of(name, places=places)
        what, mend = f"the file {name} is not there", "Put it beside the form."
        if PurePath(name).stem in known:
            try:
                read_csv(known[PurePath(name).stem])
            except FormError as error:
                what, mend = f"the file {name} cannot be read: {error}", "Save it as csv with the encoding UTF-8."
            else:
                continue
        yield Problem(level="error", what=what, mend=mend, sheet="survey", row=row, column=column)


def check_media(form: Form, *, files: Mapping[str, bytes], places: Places) -> Iterator[Problem]:
    """Say which media are not there: the question is asked without them."""
    for path, choice, kind, name in media_files(form):
        if name in files:
            continue
        list_name = next(iter(places.cell(path, "type").split()[1:2]), "")
        sheet, row = ("choices", places.choices.get((list_name, choice), 0)) if choice else ("survey", places.row(path))
        yield Problem(
            level="warning", what=f"the file {name} is not there; the text is sent without it", sheet=sheet, row=row,
            column=kind, mend="Put it beside the form.",
        )  # fmt: skip


def _row_of(name: str, *, places: Places) -> tuple[int, str]:
    """Return the row and column that name a list: by its file, or as pulldata() does."""
    stem = PurePath(name).stem
    for row, cells in enumerate(places.sheets.survey if places.sheets is not None else (), start=2):
        words = cell(cells, "type").split()
        if name in words or (words[:1] == ["csv-external"] and cell(cells, "name") == stem):
            return row, header_of(cells, "type")
        for header, text in cells.items():
            if "pulldata" in text and stem in text:
                return row, header
    return 0, ""
