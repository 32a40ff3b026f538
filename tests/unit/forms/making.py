"""Makes small forms and moments for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.domain.records import Answer, Moment, answers_of, begun, revived
from bot.forms import rules, wording
from bot.forms.model import Choice, Expression, Form, Group, Question, QuestionType, Value
from bot.forms.source import Compiled, compile_source
from bot.forms.state import State

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


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What follows from answers: values of what is relevant, its paths, and results of what nobody types."""

    state: State = field(compare=False)
    values: Mapping[str, Value]
    relevant: frozenset[str]
    calculated: Mapping[str, Value | None]


def settle(made: Form, given: Mapping[str, Value], moment: Moment) -> Settled:
    """Work a form without repeats out over some answers, those of people and results stored before."""
    hidden = {item.path for item in made.questions if item.type == "calculate"}
    untyped = hidden | {item.path for item in made.questions if item.read_only}
    answers = {
        path: Answer(state="calculated" if path in untyped else "given", value=value, answered_at=moment.now)
        for path, value in given.items()
    }
    state = revived(made, answers, (), moment, chance=0)
    rows = {path: row for path, row in answers_of(made, state, answers, now=moment.now).items() if row.relevant}
    return Settled(
        state=state,
        values={path: row.value for path, row in rows.items() if row.value is not None},
        relevant=frozenset(state.top.relevant) - {""},
        calculated={path: rows[path].value if path in rows else None for path in hidden if path in state.top.relevant},
    )


def defaults(made: Form, moment: Moment) -> dict[str, Value]:
    return begun(made, moment, chance=0).top.stored


def is_required(made: Form, path: str, settled: Settled) -> bool:
    return rules.is_required(settled.state, path, settled.state.top)


def satisfies(made: Form, path: str, value: Value | None, settled: Settled) -> bool:
    return rules.satisfies(settled.state, path, settled.state.top, value)


def pipe(made: Form, text: str, settled: Settled, language: str) -> str:
    return wording.filled(settled.state, made, text, instance=settled.state.top, language=language)
