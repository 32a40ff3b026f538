"""A walk through a form: what is asked, what an answer opens, closes and changes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.domain.interviews import END, Interview, Walk
from bot.domain.outcomes import AnswerState, AnswerStored, Outcome
from bot.domain.people import ContactId
from bot.domain.records import Answer, Moment, instances_of
from bot.domain.stops import Stop
from bot.domain.walks import first_walk, walk_on
from bot.forms.model import Choice, Expression, Form, Group, Question, QuestionType, Value

NOON = Moment(now=datetime(2026, 3, 2, 11, tzinfo=UTC), timezone=ZoneInfo("Europe/Berlin"), language="de")
ADA = ContactId(7)
YES_NO = (Choice(name="yes", label={"de": "Ja"}), Choice(name="no", label={"de": "Nein"}))


def question(
    path: str,
    type: QuestionType = "text",  # noqa: A002
    *,
    relevant: str = "",
    required: str = "",
    constraint: str = "",
    calculation: str = "",
    default: Value | None = None,
    choices: tuple[Choice, ...] = (),
) -> Question:
    group, _, name = path.rpartition("/")

    def expression(text: str) -> Expression | None:
        return Expression(text) if text else None

    return Question(
        path=path,
        name=name,
        type=type,
        label={"de": name.title()},
        groups=(group,) if group else (),
        relevant=expression(relevant),
        required=expression(required),
        constraint=expression(constraint),
        calculation=expression(calculation),
        default=default,
        choices=choices,
    )


FORM = Form(
    name="f",
    title={"": "F"},
    version="",
    languages=("de",),
    questions=(
        question("welcome", "note"),
        question("machines", "select_one", choices=YES_NO, required="true()"),
        question("park/count", "integer", relevant="${machines} = 'yes'", constraint=". > 0"),
        question("park/advice", "note", relevant="${machines} = 'yes'"),
        question("park/kind", relevant="${count} > 1"),
        question("twice", "calculate", calculation="${count} * 2"),
        question("town", default="Bergkamen"),
        question("closing", "note"),
    ),
    groups=(Group(path="park", name="park", label={"de": "Maschinenpark"}),),
)


def walk(**given: Value) -> Walk:
    paths = {question.name: question.path for question in FORM.questions}
    made = first_walk(FORM, NOON, new_id=itertools.count(1).__next__)
    for name, value in given.items():
        take(made, paths[name], value=value)
    made.facts(response=1, contact=ADA)
    return made


def stored(made: Walk, answers: Mapping[str, Answer] | None = None) -> Walk:
    """Return the walk as it is read from its rows again."""
    interview = Interview(
        id=1, response=1, state="open", position="", tries=0, touched_at=NOON.now, form=made.form, form_state="open",
        status="partial", submitted_at=None, language="de", answers=answers or made.answers,
        instances=instances_of(made.state, ()),
    )  # fmt: skip
    return walk_on(interview, NOON, new_id=itertools.count(1_000).__next__)


def at(made: Walk, key: str) -> Stop:
    found = made.stop(key)
    assert found is not None
    return found


def take(made: Walk, key: str, *, value: Value | None, state: AnswerState = "given") -> Walk:
    made.take(at(made, key), state=state, value=value)
    return made


def changes_of(made: Walk) -> list[AnswerStored]:
    facts: tuple[Outcome, ...] = made.facts(response=1, contact=ADA)
    return [fact for fact in facts if isinstance(fact, AnswerStored)]


def paths_of(made: Walk) -> list[str]:
    return [stop.key for stop in made.stops]


def test_at_the_beginning_only_what_is_relevant_is_asked() -> None:
    assert paths_of(walk()) == ["machines", "town"]


def test_an_answer_opens_questions_and_another_closes_them() -> None:
    assert paths_of(walk(machines="yes")) == ["machines", "park/count", "town"]
    assert paths_of(walk(machines="yes", count=2)) == ["machines", "park/count", "park/kind", "town"]
    assert paths_of(take(walk(machines="yes", count=2), "machines", value="no")) == [
        "machines",
        "town",
    ]


def test_the_next_open_question_comes_after_the_one_answered_else_from_the_beginning() -> None:
    made = walk(machines="yes")
    following = made.next_open(after="park/count")
    assert following is not None and following.key == "town"
    made = take(made, "town", value="Unna")
    following = made.next_open(after="town")
    assert following is not None and following.key == "park/count"


def test_a_default_is_no_answer_of_the_person() -> None:
    made = walk()
    assert made.value("town") == "Bergkamen" and not made.is_done("town")


def test_when_all_is_dealt_with_nothing_is_open() -> None:
    assert walk(machines="no", town="Unna").next_open() is None
    assert take(walk(machines="no"), "town", value=None, state="skipped").next_open() is None


def test_before_is_the_question_asked_before() -> None:
    made = walk(machines="yes", count=2)

    def before(position: str) -> str | None:
        found = made.before(position)
        return found.key if found else None

    assert [before(path) for path in ("machines", "park/count", "park/kind", "town", END)] == [
        None, "machines", "park/count", "park/kind", "town",
    ]  # fmt: skip


def test_before_a_question_that_closed_is_what_came_before_it() -> None:
    found = walk(machines="no").before("park/kind")
    assert found is not None and found.key == "machines"


def test_the_place_counts_what_is_asked_as_far_as_one_can_tell() -> None:
    assert walk().place("town") == (2, 2)
    assert walk(machines="yes", count=2).place("town") == (4, 4)
    assert walk().place("park/kind") == (2, 2), "what is not asked stands at the end"


def test_notes_belong_to_the_question_after_them() -> None:
    made = walk(machines="yes", count=2)

    def notes(path: str) -> list[str]:
        return [note.key for note in made.notes_before(path)]

    assert notes("machines") == ["welcome"]
    assert notes("park/kind") == ["park/advice"]
    assert notes("town") == []
    assert notes(END) == ["closing"]


def test_a_question_knows_its_nearest_group_with_a_label() -> None:
    made = walk(machines="yes", count=2)
    assert made.heading(at(made, "park/kind"), "de") == "Maschinenpark"
    assert made.heading(at(made, "town"), "de") == ""


def test_what_closes_is_kept_aside_and_returns() -> None:
    closed = take(walk(machines="yes", count=2, kind="Fräsen"), "machines", value="no")
    assert (closed.answers["park/kind"].relevant, closed.answers["park/kind"].value) == (False, "Fräsen")
    again = take(closed, "machines", value="yes")
    assert (again.answers["park/kind"].relevant, again.answers["park/kind"].value) == (True, "Fräsen")


def test_calculations_follow_the_answers() -> None:
    made = walk(machines="yes", count=4)
    assert made.answers["twice"].state == "calculated" and made.value("twice") == 8


def test_changes_name_the_answer_and_all_that_follows_from_it() -> None:
    before = walk(machines="yes", count=2, kind="Fräsen")
    after = take(before, "machines", value="no")
    changes = {fact.path: fact for fact in changes_of(after)}
    assert changes["machines"].by_person and changes["machines"].value == "no"
    assert not changes["park/count"].relevant and not changes["park/count"].by_person
    assert not changes["park/kind"].relevant and not changes["park/kind"].by_person
    assert "town" not in changes


def test_the_same_answer_again_is_no_change() -> None:
    before = walk(machines="yes", count=2)
    after = take(before, "park/count", value=2)
    assert changes_of(after) == []


def test_a_skip_after_an_answer_is_a_change_by_the_person() -> None:
    before = walk(town="Unna")
    after = take(before, "town", value=None, state="skipped")
    (change,) = changes_of(after)
    assert (change.path, change.state, change.value, change.by_person) == ("town", "skipped", None, True)


def test_what_stands_at_the_beginning_is_by_nobody() -> None:
    changes = changes_of(first_walk(FORM, NOON, new_id=itertools.count(1).__next__))
    assert {fact.path for fact in changes} >= {"town"}
    assert not any(fact.by_person for fact in changes)


def test_constraints_and_what_is_required_are_known() -> None:
    made = walk(machines="yes")
    assert made.is_required(at(made, "machines")) and not made.is_required(at(made, "town"))
    assert made.accepts(at(made, "park/count"), 1) and not made.accepts(at(made, "park/count"), 0)


def test_at_the_end_the_first_answer_that_does_not_fit_is_found() -> None:
    unfit = Answer(state="given", value=-1, answered_at=NOON.now)
    made = walk(machines="yes", town="Unna")
    made = stored(made, {**made.answers, "park/count": unfit})
    found = made.refused_at_the_end()
    assert found is not None and found.key == "park/count"
    assert walk(machines="no", town="Unna").refused_at_the_end() is None
    skipped = take(walk(town="Unna"), "machines", value=None, state="skipped").refused_at_the_end()
    assert skipped is not None and skipped.key == "machines"


def test_labels_mention_answers() -> None:
    assert (
        walk(machines="yes", count=3).say(None, "Sie haben ${count}, also: ${machines}.", "de")
        == "Sie haben 3, also: Ja."
    )


def test_in_a_shared_response_the_same_answer_is_one_too_and_what_follows_keeps_its_author() -> None:
    theirs, ben = walk(machines="yes", count=3), ContactId(8)
    by_ben = {key: replace(answer, by=ben) for key, answer in theirs.answers.items()}
    alone, together = stored(theirs, by_ben), stored(theirs, by_ben)
    together.by, together.shared = ADA, True
    assert changes_of(take(alone, "park/count", value=3)) == []
    assert [(fact.contact, fact.by_person) for fact in changes_of(take(together, "park/count", value=3))] == [
        (ADA, True)
    ]
    closed = {fact.path: fact for fact in changes_of(take(together, "machines", value="no"))}
    assert closed["park/count"].contact == ADA  # it is hers since she said the same
    reopened = stored(theirs, by_ben)
    reopened.by, reopened.shared = ADA, True
    closed = {fact.path: fact for fact in changes_of(take(reopened, "machines", value="no"))}
    assert (closed["park/count"].contact, closed["park/count"].answered_at) == (ben, NOON.now)
    assert (closed["machines"].contact, closed["machines"].by_person) == (ADA, True)
