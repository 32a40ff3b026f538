"""A rule that asks a form: an expression, as authors write them, over what somebody has answered. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo

from bot.domain.desk.reported import ReportedInstance, ReportedResponse
from bot.domain.records import Answer, Moment, Repeated, key_of, revived
from bot.forms.expressions.certainty import certainly
from bot.forms.expressions.closures import as_truth
from bot.forms.expressions.compiler import compile_tree
from bot.forms.expressions.parser import parse
from bot.forms.expressions.scopes import Scope
from bot.forms.expressions.syntax import ExpressionError
from bot.forms.model import Form
from bot.forms.outline import program_of

Asks = Callable[[ReportedResponse], bool]


def compiled(form: Form, text: str, *, now: datetime, zone: tzinfo) -> Asks:
    """Return a function that says whether an expression is surely true of a response, whatever is not answered yet.

    Raises:
        ValueError: it is no expression over this form; the message says where.
    """
    program = program_of(form)
    try:
        scope = Scope(names=program.names, at=program.shape.root.path)
        truth = as_truth(compile_tree(certainly(parse(text)), scope=scope))
    except ExpressionError as error:
        raise ValueError(_said(error)) from None

    def asks(response: ReportedResponse) -> bool:
        moment = Moment(now=now, timezone=zone, language=response.language)
        state = revived(form, _answers(response, now), _instances(response.instances), moment, chance=response.id)
        try:
            return truth(state.frame(state.top))
        except ExpressionError:
            return False

    return asks


def _said(error: ExpressionError) -> str:
    """Say what is wrong, from which character on, and what would mend it."""
    where = f", at character {error.at + 1}" if error.at else ""
    return f"{error.what}{where}. {error.mend}".strip() if error.mend else f"{error.what}{where}"


def _answers(response: ReportedResponse, now: datetime) -> dict[str, Answer]:
    places = [(0, response.answers), *((each.id, each.answers) for each in response.instances)]
    return {
        key_of(path, instance): Answer(state="given", value=value, answered_at=now)
        for instance, answers in places
        for path, value in answers.items()
    }


def _instances(instances: Iterable[ReportedInstance]) -> list[Repeated]:
    return [Repeated(id=each.id, path=each.path, parent=each.parent or 0, ordinal=each.ordinal) for each in instances]
