"""Compiles the source of a form (xlsx, xlsm, xls, csv, md) into our model, or says what is wrong with it and where."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from types import MappingProxyType
from typing import get_args

from bot.errors import FormError
from bot.forms.blueprint import Blueprint
from bot.forms.expressions.scopes import ROOT
from bot.forms.model import Expression, Form, Problem, QuestionType, Texts
from bot.forms.program import Findings, build
from bot.forms.xlsform import checks, respondents
from bot.forms.xlsform.adapting import for_chat
from bot.forms.xlsform.attachments import check_lists, check_media, files_of, lists_in, lists_wanted
from bot.forms.xlsform.complaints import STRANGE, Unreadable, merged
from bot.forms.xlsform.doubts import check_conditions, check_lengths
from bot.forms.xlsform.elements import Elements, collect
from bot.forms.xlsform.files import examine
from bot.forms.xlsform.flattening import flattened
from bot.forms.xlsform.languages import code_of, in_header_order, looks_coded
from bot.forms.xlsform.rows import Places, locate, placed
from bot.forms.xlsform.sheets import Sheets
from bot.forms.xlsform.strangers import explained

_USUAL_TYPES = (
    *get_args(QuestionType),
    "dateTime",
    "calculate",
    "start",
    "end",
    "today",
    "begin_group",
    "begin_repeat",
)
_NO_TYPE = re.compile(r"Unknown question type '([^']+)'")
_NOBODY = re.compile(r"there is no question \$\{([^}]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A form, or why there is none: `form` is None exactly if one of the problems is an error."""

    form: Form | None
    problems: tuple[Problem, ...]


def compile_source(data: bytes, *, file_name: str, files: Mapping[str, bytes] | None = None) -> Compiled:
    """Compile a file; whatever it holds, problems are returned, not raised.

    Args:
        data: the file.
        file_name: its name, whose ending says what it is.
        files: what lies beside it by name: lists in csv, which are read, and media, which are only looked for.
    """
    from bot.forms.xlsform import reader  # noqa: PLC0415 (pyxform costs 0.8 s, and who only names this module need not pay)

    beside = files if files is not None else {}
    try:
        content, suffix = examine(data, file_name=file_name)
        sheets = reader.read_sheets(content, suffix=suffix)
    except Unreadable as error:
        return Compiled(form=None, problems=(error.problem,))
    places = locate(sheets)
    problems = [*checks.check_size(places)]
    if problems:
        return Compiled(form=None, problems=tuple(problems))
    problems += checks.check_choices(places)
    checked = reader.check(sheets, stem=_stem(file_name))
    told = [placed(problem, places=places) for problem in checked.problems]
    problems += _news([_known(problem, places=places) for problem in told], known=problems)
    if checked.survey is None:
        return Compiled(form=None, problems=merged(problems))
    found = collect(checked.survey, places=places, is_dynamic=reader.is_dynamic, files=lists_in(beside))
    form, findings = _form(checked.survey, found=found, sheets=sheets)
    problems += [
        *found.problems,
        *_language_problems(sheets, found=found),
        *respondents.check(sheets.settings),
        *checks.check_texts(form, places=places),
        *checks.problems_of(findings, found=found, places=places),
    ]
    if not any(question.asked for question in form.questions) and not _broken(problems):
        problems.append(Problem(level="error", what="the form asks nothing", sheet="survey"))
    if not _broken(problems):
        form = _finished(form, survey=checked.survey, found=found, places=places, files=beside, problems=problems)
    return Compiled(form=None if _broken(problems) else form, problems=merged(problems))


def _finished(
    form: Form, *, survey: object, found: Elements, places: Places, files: Mapping[str, bytes], problems: list[Problem]
) -> Form:
    """Return the form with what the engine runs of it, or find out why that cannot be made."""
    from bot.forms.xlsform import reader, xform  # noqa: PLC0415 (as above)

    try:
        text = reader.write_xform(survey)
        wanted = lists_wanted(text)
        problems += check_lists(wanted, files=files, places=places)
        if _broken(problems):
            return form
        blueprint = xform.read_xform(text, files=lists_in(files))
        shaped = flattened(form, blueprint=blueprint)
        blueprint = for_chat(blueprint)
    except Unreadable as error:
        problems.append(_known(placed(error.problem, places=places), places=places))
        return form
    except FormError as error:
        problems.append(explained(Problem(level="error", what=str(error)), places=places))
        return form
    form = replace(form, blueprint=blueprint, files=files_of(form, lists=wanted))
    shaped = replace(shaped, blueprint=blueprint, files=form.files)
    problems += [
        *check_media(form, files=files, places=places),
        *check_conditions(form, found=found, places=places),
        *check_lengths(form, places=places),
    ]
    _, findings = build(blueprint)
    problems += checks.problems_of(findings, found=found, places=places)
    return shaped


def blueprint_of_source(data: bytes, *, file_name: str, files: Mapping[str, bytes] | None = None) -> Blueprint:
    """Return what the engine runs of a file, of any XLSForm that pyxform accepts: also what cannot be asked in a chat.

    Args:
        data: the file.
        file_name: its name, whose ending says what it is.
        files: what lies beside it, by name; only csv files that the form takes are read.

    Raises:
        FormError: it cannot be read.
    """
    from bot.forms.xlsform import reader, xform  # noqa: PLC0415 (as above)

    content, suffix = examine(data, file_name=file_name)
    sheets = reader.read_sheets(content, suffix=suffix)
    problems = [*checks.check_size(locate(sheets))]
    checked = reader.check(sheets, stem=_stem(file_name))
    problems += [problem for problem in checked.problems if problem.level == "error"]
    if problems or checked.survey is None:
        raise FormError(str(problems[0]) if problems else "the form cannot be read")
    return xform.read_xform(reader.write_xform(checked.survey), files=lists_in(files or {}))


def _known(problem: Problem, *, places: Places) -> Problem:
    """Return what pyxform means by a problem that it says in no words, or with a name that is nearly one of ours."""
    if STRANGE in problem.what:
        return explained(problem, places=places)
    named, typed = _NOBODY.search(problem.what), _NO_TYPE.search(problem.what)
    if named is not None:
        names = [path.rpartition("/")[2] for path in places.survey]
        near = difflib.get_close_matches(named[1], names, n=1)
        return replace(problem, mend=f"Did you mean ${{{near[0]}}}?") if near else problem
    if typed is not None:
        near = difflib.get_close_matches(typed[1].lower().split(" ")[0], _USUAL_TYPES, n=1)
        mend = f"Did you mean {near[0]}?" if near else "Use a type of XLSForm, such as text or integer."
        return replace(problem, what=f"there is no type {typed[1]}", mend=mend)
    return problem


def _stem(file_name: str) -> str:
    return re.sub(r"\W+", "_", PurePath(file_name).stem).strip("_") or "form"


def _broken(problems: list[Problem]) -> bool:
    return any(problem.level == "error" for problem in problems)


def _news(problems: list[Problem], *, known: list[Problem]) -> Iterator[Problem]:
    """Leave out what pyxform says of a row that we have refused with a better word already."""
    rows = {(problem.sheet, problem.row) for problem in known if problem.row and problem.level == "error"}
    yield from (problem for problem in problems if (problem.sheet, problem.row) not in rows)


def _form(survey: object, *, found: Elements, sheets: Sheets) -> tuple[Form, Findings]:
    """Return the form with the dependencies of its expressions, and what compiling them found."""
    name = str(getattr(survey, "id_string", "") or "form")
    form = Form(
        name=name,
        title=MappingProxyType({"": str(getattr(survey, "title", "") or name)}),
        version=str(getattr(survey, "version", "") or ""),
        languages=_languages(sheets, found=found),
        questions=tuple(found.questions),
        groups=tuple(found.groups),
        settings=MappingProxyType(dict(sheets.settings)),
        respondent=respondents.respondent_of(sheets.settings),
    )
    sketch = Blueprint(
        root=str(getattr(survey, "name", "") or ROOT), entries=tuple(found.entries), actions=tuple(found.actions)
    )
    _, findings = build(sketch, strict=True)
    return _with_depends(form, depends=findings.depends), findings


def _all_texts(found: Elements) -> Iterator[Texts]:
    for group in found.groups:
        yield group.label
    lists = {id(question.choices): question.choices for question in found.questions}
    yield from (choice.label for choices in lists.values() for choice in choices if choice.name != "other")
    for question in found.questions:
        yield from (question.label, question.hint, question.guidance)
        yield from (question.constraint_message, question.required_message)


def _languages(sheets: Sheets, *, found: Elements) -> tuple[str, ...]:
    """Return the codes in the order of the headers, the default first."""
    headers = [header for name in ("survey", "choices") for header in sheets.headers.get(name, ())]
    codes = {code for texts in _all_texts(found) for code in texts if code}
    named = in_header_order(_written(headers), headers=headers)
    order = [code for code in dict.fromkeys(map(code_of, named)) if code in codes]
    order += sorted(codes.difference(order))
    default = code_of(sheets.settings.get("default_language", ""))
    if default and (default in order or not order):
        order = [default, *(code for code in order if code != default)]
    return tuple(order)


def _written(headers: list[str]) -> list[str]:
    """Return the languages' names in headers such as `label::Deutsch (de)`."""
    names = (re.split(r"::|:", header)[-1].strip() for header in headers if ":" in header)
    return [name for name in names if name]


def _language_problems(sheets: Sheets, *, found: Elements) -> Iterator[Problem]:
    used = {code for texts in _all_texts(found) for code in texts if code}
    default = code_of(sheets.settings.get("default_language", ""))
    if default and used and default not in used:
        yield Problem(
            level="warning", what=f"no text is written in the default language {default}", sheet="settings", row=2,
            mend=f"Use one of {', '.join(sorted(used))}.", column="default_language",
        )  # fmt: skip
    for name in dict.fromkeys(_written([*sheets.headers.get("survey", ())])):
        if code_of(name) in used and not looks_coded(name):
            yield Problem(
                level="warning", what=f"the language {name} has no code", sheet="survey", row=1,
                mend=f"Write {name} (xx) in the headers, with its code for xx.",
            )  # fmt: skip


def _with_depends(form: Form, *, depends: Mapping[tuple[str, str], frozenset[str]]) -> Form:
    """Write the questions that each expression reads into the form."""

    def told(path: str, column: str, expression: Expression | None) -> Expression | None:
        known = depends.get((path, column))
        return Expression(expression.text, known) if expression is not None and known else expression

    questions = (
        replace(
            question,
            required=told(question.path, "required", question.required),
            relevant=told(question.path, "relevant", question.relevant),
            constraint=told(question.path, "constraint", question.constraint),
            calculation=told(question.path, "calculation", question.calculation),
            dynamic_default=told(question.path, "dynamic_default", question.dynamic_default),
        )
        for question in form.questions
    )
    groups = (replace(group, relevant=told(group.path, "relevant", group.relevant)) for group in form.groups)
    return replace(form, questions=tuple(questions), groups=tuple(groups))
