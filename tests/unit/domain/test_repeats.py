"""A walk through a form with repeats and pages: what is asked, added, removed, and kept over a restart."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.interviews import Interview, Walk
from bot.domain.outcomes import AnswerStored, AnswerTakenBack, InstanceAdded, InstanceRemoved
from bot.domain.people import ContactId
from bot.domain.records import Moment, instances_of
from bot.domain.refusing import fitting_example
from bot.domain.stops import ANOTHER, FINISHED, Stop
from bot.domain.walks import first_walk, walk_on
from bot.forms.model import Expression, Form, Group, Question, QuestionType, Value
from bot.forms.source import compile_source
from tests.unit.forms.making import compiled

NOON = Moment(now=datetime(2026, 3, 2, 11, tzinfo=UTC), timezone=ZoneInfo("Europe/Berlin"), language="de")
ADA = ContactId(7)


def question(
    path: str,
    type: QuestionType = "text",  # noqa: A002
    *,
    groups: tuple[str, ...] = (),
    constraint: str = "",
    depends: frozenset[str] = frozenset(),
) -> Question:
    return Question(
        path=path, name=path.rpartition("/")[2], type=type, label={"de": path}, groups=groups,
        constraint=Expression(constraint, depends) if constraint else None,
    )  # fmt: skip


SITES = Form(
    name="f", title={"": "F"}, version="", languages=("de",),
    questions=(
        question("name"),
        question("site/town", groups=("site",)),
        question("site/people", "integer", groups=("site",)),
        question("site/machine/kind", groups=("site", "site/machine")),
        Question(
            path="total", name="total", type="calculate", calculation=Expression("sum(${people})"),
        ),
        question("end"),
    ),
    groups=(
        Group(path="site", name="site", label={"de": "Standort"}, repeats=True),
        Group(path="site/machine", name="machine", label={"de": "Maschine"}, parents=("site",), repeats=True),
    ),
)  # fmt: skip
SHARES = frozenset({"page/a", "page/b"})
PAGE = Form(
    name="p", title={"": "P"}, version="", languages=("de",),
    questions=(
        question("page/a", "integer", groups=("page",), constraint="${a} + ${b} = 100", depends=SHARES),
        question("page/b", "integer", groups=("page",), constraint="${a} + ${b} = 100", depends=SHARES),
        question("end"),
    ),
    groups=(Group(path="page", name="page", label={"de": "Anteile"}, appearance="field-list"),),
)  # fmt: skip


def begun(form: Form = SITES) -> Walk:
    return first_walk(form, NOON, new_id=itertools.count(1).__next__)


def again(walk: Walk) -> Walk:
    """Return the walk as it is read from its rows."""
    interview = Interview(
        id=1, response=1, state="open", position="", tries=0, touched_at=NOON.now, form=walk.form, form_state="open",
        status="partial", submitted_at=None, language="de", answers=dict(walk.answers),
        instances=instances_of(walk.state, ()),
    )  # fmt: skip
    return walk_on(interview, NOON, new_id=itertools.count(100).__next__)


def at(walk: Walk, key: str) -> Stop:
    stop = walk.stop(key)
    assert stop is not None, [found.key for found in walk.stops]
    return stop


def give(walk: Walk, key: str, value: Value) -> None:
    walk.take(at(walk, key), state="given", value=value)


def keys(walk: Walk) -> list[str]:
    return [stop.key for stop in walk.stops]


def test_one_instance_stands_at_the_beginning_and_its_questions_carry_its_number() -> None:
    assert keys(begun()) == [
        "name", "site/town@1", "site/people@1", "site/machine/kind@2", "site/machine@1", "site", "end",
    ]  # fmt: skip


def test_another_instance_is_asked_from_its_first_question() -> None:
    walk = begun()
    first = walk.add(at(walk, "site"))
    assert first is not None and first.key == "site/town@3"
    assert walk.heading(first, "de") == "Standort 2"
    assert walk.heading(at(walk, "site/machine/kind@4"), "de") == "Standort 2 · Maschine 1"


def test_repeat_without_a_label_is_called_an_entry_and_never_by_its_name() -> None:
    walk = begun(replace(SITES, groups=(replace(SITES.groups[0], label={}), SITES.groups[1])))
    assert walk.heading(at(walk, "site/town@1"), "de") == "Entry 1"
    assert walk.say(at(walk, "site"), at(walk, "site").question.label, "de") == "Another one?"


def test_label_that_ends_with_a_colon_makes_no_second_one() -> None:
    walk = begun(replace(SITES, groups=(replace(SITES.groups[0], label={"de": "Standort:"}), SITES.groups[1])))
    assert walk.heading(at(walk, "site/town@1"), "de") == "Standort 1"
    assert walk.say(at(walk, "site"), at(walk, "site").question.label, "de") == "Another one: Standort?"


def test_whether_there_is_another_is_asked_after_all_instances_until_it_is_denied() -> None:
    walk = begun()
    for key in ("name", "site/town@1", "site/machine/kind@2"):
        give(walk, key, "x")
    give(walk, "site/people@1", 3)
    following = walk.next_open(after="site/machine/kind@2")
    assert following is not None and following.key == "site/machine@1"
    give(walk, "site/machine@1", FINISHED)
    following = walk.next_open(after="site/machine@1")
    assert following is not None and following.key == "site" and following.repeat is not None
    assert [choice.name for choice in following.question.choices] == [ANOTHER, FINISHED]
    give(walk, "site", FINISHED)
    following = walk.next_open(after="site")
    assert following is not None and following.key == "end"


def test_one_more_opens_the_question_again_whether_there_is_another() -> None:
    walk = begun()
    give(walk, "site", FINISHED)
    assert walk.is_done("site")
    walk.facts(response=1, contact=ADA)
    walk.add(at(walk, "site"))
    assert not walk.is_done("site")
    assert AnswerTakenBack(1, "site", 0) in walk.facts(response=1, contact=ADA), "also where it is stored"


def test_a_repeat_without_a_label_is_called_an_entry_and_the_first_one_is_asked_for_by_itself() -> None:
    walk = begun(replace(SITES, groups=(Group(path="site", name="site", repeats=True), *SITES.groups[1:])))
    first, another = at(walk, next(key for key in keys(walk) if key.startswith("site/town"))), at(walk, "site")
    assert walk.heading(first, "de") == "Entry 1"
    assert walk.say(another, another.question.label, "de") == "Another one?"
    walk.remove(first.instance)
    assert walk.say(at(walk, "site"), at(walk, "site").question.label, "de") == "Is there one?"


def test_a_colon_at_the_end_of_a_label_is_not_said_twice() -> None:
    walk = begun(replace(SITES, groups=(replace(SITES.groups[0], label={"de": "Standort:"}), *SITES.groups[1:])))
    first, another = at(walk, next(key for key in keys(walk) if key.startswith("site/town"))), at(walk, "site")
    assert walk.heading(first, "de") == "Standort 1"
    assert walk.say(another, another.question.label, "de") == "Another one: Standort?"


@pytest.mark.parametrize(("rule", "shown"), [(". > 10", ""), (". < 10", "3,5")])
def test_an_example_keeps_the_rule_of_its_question(rule: str, shown: str) -> None:
    form = replace(PAGE, questions=(question("share", "decimal", constraint=rule),), groups=())
    walk = begun(form)
    assert fitting_example(walk, at(walk, "share"), language="de", now=NOON.now) == shown


FLAT = """
| survey |
| | type | name | label | relevant | repeat_count |
| | text | a | A? | | |
| | begin group | g | G | ${a} != 'end' | |
| | text | b | B? | | |
| | begin repeat | r | R | | 2 |
| | text | c | C? | ${b} != '' | |
| | end repeat | | | | |
| | end group | | | | |
| settings |
| | form_id | flat |
| | flat | yes |
"""


def test_a_form_with_flat_groups_asks_what_stands_in_them() -> None:
    form = compile_source(FLAT.encode(), file_name="flat.md").form
    assert form is not None
    walk = begun(form)
    give(walk, "a", "x")
    give(walk, "b", "y")
    assert [(stop.question.name, walk.heading(stop, "en")) for stop in walk.stops] == [
        ("a", ""), ("b", "G"), ("c", "R"),
    ]  # fmt: skip
    give(walk, "a", "end")
    assert "b" not in keys(walk)


def test_calculations_see_all_instances() -> None:
    walk = begun()
    give(walk, "site/people@1", 3)
    walk.add(at(walk, "site"))
    give(walk, "site/people@3", 4)
    assert walk.value("total") == 7
    walk.remove(at(walk, "site/people@1").instance)
    assert walk.value("total") == 4
    assert walk.heading(at(walk, "site/town@3"), "de") == "Standort 1"


def test_what_is_stored_gives_the_same_walk() -> None:
    walk = begun()
    give(walk, "site/people@1", 3)
    walk.add(at(walk, "site"))
    give(walk, "site/town@3", "Hamm")
    walk.add(at(walk, "site/machine@3"))
    give(walk, "site/machine@1", FINISHED)
    restored = again(walk)
    assert keys(restored) == keys(walk)
    restored.follow()
    assert restored.answers == walk.answers
    assert restored.facts(response=1, contact=ADA) == ()


def test_facts_tell_of_instances_that_came_and_went_once() -> None:
    walk = begun()
    facts = walk.facts(response=1, contact=ADA)
    added = [fact for fact in facts if isinstance(fact, InstanceAdded)]
    assert [(fact.instance, fact.path, fact.parent) for fact in added] == [(1, "site", 0), (2, "site/machine", 1)]
    assert walk.facts(response=1, contact=ADA) == ()
    walk.add(at(walk, "site"))
    give(walk, "site/town@3", "Hamm")
    facts = walk.facts(response=1, contact=ADA)
    assert [fact.ordinal for fact in facts if isinstance(fact, InstanceAdded) and fact.path == "site"] == [2]
    stored = [fact for fact in facts if isinstance(fact, AnswerStored) and fact.by_person]
    assert [(fact.path, fact.instance, fact.value) for fact in stored] == [("site/town", 3, "Hamm")]
    walk.remove(at(walk, "site/town@3").instance)
    facts = walk.facts(response=1, contact=ADA)
    assert [fact.instance for fact in facts if isinstance(fact, InstanceRemoved)] == [3, 4]


def test_a_new_instance_after_a_removal_stands_at_the_end() -> None:
    walk = begun()
    for _ in range(2):
        walk.add(at(walk, "site"))
    walk.remove(at(walk, "site/town@3").instance)
    walk.facts(response=1, contact=ADA)
    walk = again(walk)
    first = walk.add(at(walk, "site"))
    assert first is not None
    assert [stop.key for stop in walk.stops if stop.question.name == "town"] == [
        "site/town@1", "site/town@5", first.key,
    ]  # fmt: skip
    facts = [fact for fact in walk.facts(response=1, contact=ADA) if isinstance(fact, InstanceAdded)]
    assert facts[0].ordinal > max(row.ordinal for row in instances_of(again(walk).state, ()) if row.id == 5)


def test_what_a_page_says_of_its_questions_together_waits_until_the_page_is_complete() -> None:
    walk = begun(PAGE)
    assert walk.accepts(at(walk, "page/a"), 70)
    give(walk, "page/a", 70)
    assert walk.refused_beside(at(walk, "page/a")) is None
    assert not walk.accepts(at(walk, "page/b"), 40) and walk.accepts(at(walk, "page/b"), 30)
    give(walk, "page/b", 30)
    assert walk.refused_beside(at(walk, "page/b")) is None
    give(walk, "page/a", 80)
    unfit = walk.refused_beside(at(walk, "page/a"))
    assert unfit is not None and unfit.key == "page/a"


def _random_steps(walk: Walk, seed: int) -> Iterator[Walk]:
    rolled = random.Random(seed)
    for _ in range(30):
        stop = rolled.choice(walk.stops)
        if stop.repeat is not None and rolled.random() < 0.5:
            walk.add(stop)
        elif stop.instance.parent is not None and rolled.random() < 0.2:
            walk.remove(stop.instance)
        else:
            value: Value = rolled.randint(0, 9) if stop.question.type == "integer" else FINISHED
            walk.take(stop, state="given", value=value)
        yield walk


@pytest.mark.parametrize("seed", range(20))
def test_any_sequence_of_answers_and_instances_survives_being_stored(seed: int) -> None:
    for walk in _random_steps(begun(), seed):
        restored = again(walk)
        restored.follow()
        assert (keys(restored), restored.answers) == (keys(walk), walk.answers)


def test_when_a_response_is_sent_in_is_noted_where_the_form_asks() -> None:
    made = compiled("survey", "type | name | label", "start | s |", "end | e |", "text | a | A").form
    assert made is not None
    walk = begun(made)
    assert walk.value("s") == "2026-03-02T12:00:00.000+01:00" and walk.value("e") is None
    walk.finish()
    assert walk.value("e") == "2026-03-02T12:00:00.000+01:00"


def test_choices_that_a_filter_takes_away_are_dropped_for_good_and_by_nobody() -> None:
    made = compiled(
        "survey", "type | name | label | choice_filter", "text | k | K |", "select_multiple l | m | M | k = ${k}",
        "choices", "list_name | name | label | k", "l | a | A | x", "l | b | B | x", "l | b2 | B2 | y", "l | c | C | y",
    ).form  # fmt: skip
    assert made is not None
    walk = begun(made)
    give(walk, "k", "x")
    give(walk, "m", ("a", "b"))
    walk.facts(response=1, contact=ADA)
    give(walk, "k", "y")
    assert not walk.is_done("m"), "nothing of it is left, so it is asked again"
    facts = {fact.path: fact for fact in walk.facts(response=1, contact=ADA) if isinstance(fact, AnswerStored)}
    assert (facts["m"].by_person, facts["m"].relevant) == (False, False)
    lived, reread = walk, again(walk)
    for one in (lived, reread):
        give(one, "k", "x")
    assert lived.answers["m"].value == reread.answers["m"].value == ("a", "b")
