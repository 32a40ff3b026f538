"""The one module that knows pyxform: reads sheets with it, lets it check them, hands out its survey elements.

It is imported when a source is compiled, not before: pyxform costs 0.8 s, and running bots never need it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pyxform.builder import create_survey_element_from_dict
from pyxform.errors import PyXFormError
from pyxform.utils import default_is_dynamic
from pyxform.xls2json import workbook_to_json
from pyxform.xls2json_backends import get_xlsform

from bot.forms.model import Problem
from bot.forms.xlsform.complaints import STRANGE, Unreadable, from_pyxform
from bot.forms.xlsform.languages import with_quotes_kept
from bot.forms.xlsform.sheets import Sheets

_T = TypeVar("_T")

_SAID_BY_US = ("or_other", "max-pixels", "has no label: {", "Choices should have a label", "Choices must have a name")
"""Parts of pyxform's warnings that we say ourselves, with the row, or that do not matter in a chat."""


@dataclass(slots=True)
class Checked:
    """What pyxform made of the sheets: its survey, or the problems for which it gave up."""

    survey: Any = None
    problems: list[Problem] = field(default_factory=list)


def read_sheets(data: bytes, *, suffix: str) -> Sheets:
    """Return the rows of the sheets.

    Raises:
        Unreadable: the file is damaged, or holds no survey.
    """
    problems: list[Problem] = []
    source = _guarded(lambda: get_xlsform(data, file_type=suffix), problems=problems)
    if source is None:
        found = problems[0]
        foreign = "not recognized as a supported type" in found.what or STRANGE in found.what
        raise Unreadable(
            f"the file cannot be read as {suffix}" if foreign else found.what,
            mend=found.mend or "Save it anew from a spreadsheet program.",
            sheet=found.sheet,
        )
    if not source.survey:
        raise Unreadable("there is no sheet named survey with rows", mend="Name the sheet with the questions survey.")
    settings = source.settings or [{}]
    return Sheets(
        survey=source.survey,
        choices=source.choices or (),
        settings={str(key): str(value) for key, value in settings[0].items() if value is not None},
        headers={
            name: tuple((getattr(source, f"{name}_header") or [{}])[0]) for name in ("survey", "choices", "settings")
        },
        source=source,
    )


def check(sheets: Sheets, *, stem: str) -> Checked:
    """Let pyxform check the sheets and build its survey; `stem` names a form whose settings do not."""
    checked, noted = Checked(), list[str]()

    def run() -> object:
        kept = {
            name: [with_quotes_kept(row) for row in getattr(sheets.source, name) or ()]
            for name in ("survey", "choices")
        }
        tree = workbook_to_json(replace(sheets.source, **kept), fallback_form_name=stem, warnings=noted)
        return create_survey_element_from_dict(tree)

    checked.survey = _guarded(run, problems=checked.problems)
    checked.problems += [
        problem for note in noted if not _ours(note) for problem in from_pyxform(note, level="warning")
    ]
    return checked


def write_xform(survey: Any) -> str:
    """Return the XForm that pyxform writes of its survey.

    Raises:
        Unreadable: pyxform finds a mistake while it writes.
    """
    problems: list[Problem] = []
    text = _guarded(lambda: str(survey.to_xml(validate=False, warnings=[], pretty_print=False)), problems=problems)
    if text is None:
        raise Unreadable(problems[0].what, mend=problems[0].mend, sheet=problems[0].sheet, row=problems[0].row)
    return text


def is_dynamic(default: str, kind: str, /) -> bool:
    """Whether pyxform takes a default for an expression."""
    return bool(default_is_dynamic(default, kind))


def _ours(note: str) -> bool:
    """Whether a note of pyxform is one that we say ourselves, with the row, or that does not matter in a chat."""
    return note.startswith("Language '") or any(part in note for part in _SAID_BY_US)


def _guarded(work: Callable[[], _T], *, problems: list[Problem]) -> _T | None:
    """Run pyxform; whatever it or the readers below it raise on strange files becomes a problem."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work()
    except MemoryError:  # no word about the form: whoever keeps the limit knows what to say
        raise
    except PyXFormError as error:
        problems += from_pyxform(str(error), sheet=str(error.context.get("sheet", "")))
    except Exception as error:  # noqa: BLE001 (foreign parsers on foreign bytes: any of them may fail in any way)
        problems.append(
            Problem(
                level="error",
                what=f"{STRANGE} ({type(error).__name__})",
                mend="Compare its sheets and headers with a form that works.",
            )
        )
    return None
