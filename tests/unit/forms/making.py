"""Makes small forms and moments for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.forms.engine import Moment
from bot.forms.model import Choice, Expression, Form, Group, Question, QuestionType, Value
from bot.forms.source import Compiled, compile_source

BERLIN = ZoneInfo("Europe/Berlin")
NOON = Moment(now=datetime(2026, 1, 31, 11, tzinfo=UTC), timezone=BERLIN, language="de")


def choices(**labels: str) -> tuple[Choice, ...]:
    return tuple(Choice(name=name, label={"de": label}) for name, label in labels.items())


def question(
    path: str,
    type: QuestionType = "text",  # noqa: A002
    *,
    relevant: str = "",
    calculation: str = "",
    constraint: str = "",
    required: str = "",
    dynamic_default: str = "",
    default: Value | None = None,
    options: tuple[Choice, ...] = (),
    read_only: bool = False,
) -> Question:
    groups, _, name = path.rpartition("/")
    parts = groups.split("/") if groups else []
    return Question(
        path=path,
        name=name,
        type=type,
        label={"de": name},
        groups=tuple("/".join(parts[: depth + 1]) for depth in range(len(parts))),
        relevant=Expression(relevant) if relevant else None,
        calculation=Expression(calculation) if calculation else None,
        constraint=Expression(constraint) if constraint else None,
        required=Expression(required) if required else None,
        dynamic_default=Expression(dynamic_default) if dynamic_default else None,
        default=default,
        choices=options,
        read_only=read_only,
    )


def form(*questions: Question, groups: Mapping[str, str] | None = None) -> Form:
    """Return a form; `groups` maps paths to relevance ("" for none), outer groups first."""
    made = [
        Group(
            path=path,
            name=path.rpartition("/")[2],
            parents=tuple(path.rpartition("/")[0].split("/")) if "/" in path else (),
            relevant=Expression(relevant) if relevant else None,
        )
        for path, relevant in (groups or {}).items()
    ]
    return Form(name="f", title={"": "F"}, version="", languages=("de",), questions=questions, groups=tuple(made))


def table(*rows: str) -> bytes:
    """Return an XLSForm in Markdown; a row that holds no | is the name of a sheet."""
    return "\n".join(f"| | {row} |" if "|" in row else f"| {row} |" for row in rows).encode()


def compiled(*rows: str) -> Compiled:
    return compile_source(table(*rows), file_name="f.md")
