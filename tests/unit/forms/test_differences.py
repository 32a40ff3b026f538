from __future__ import annotations

from dataclasses import replace

import pytest

from bot.forms.differences import MEANING, Change, Kept, Lost, Why, differences
from bot.forms.model import Choice, Expression, Form, Group, Question, QuestionType, Value
from bot.forms.pairing import alike


def question(path: str, kind: QuestionType = "text", label: str = "", choices: str = "") -> Question:
    """`choices`: `a=Water b=Fire`."""
    made = tuple(Choice(name=name, label={"en": text}) for name, text in (pair.split("=") for pair in choices.split()))
    parts = path.split("/")
    groups = tuple("/".join(parts[:depth]) for depth in range(1, len(parts)))
    label = label or f"What about {parts[-1]}?"
    return Question(path=path, name=parts[-1], type=kind, label={"en": label}, choices=made, groups=groups)


def form(*questions: Question, repeats: str = "") -> Form:
    """Return a form; `repeats`: paths of those groups that repeat."""
    paths = dict.fromkeys(path for each in questions for path in each.groups)
    groups = tuple(
        Group(path=path, name=path.rpartition("/")[2], label={"en": path}, repeats=path in repeats.split())
        for path in paths
    )
    return Form(name="f", title={}, version="", languages=("en",), questions=questions, groups=groups)


def kinds(old: Form, new: Form) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(each.kind, each.path, each.before, each.names) for each in differences(old, new).changes]


def test_a_form_does_not_differ_from_itself() -> None:
    made = form(question("g/a", "integer"), question("b", "select_one", choices="x=X"), repeats="g")
    found = differences(made, made)
    assert found.changes == ()
    assert found.fate("g/a", 3) == Kept(path="g/a", value=3)


def test_added_and_removed_questions_are_named_by_their_paths() -> None:
    assert kinds(form(question("a"), question("b")), form(question("c", label="New?"), question("a"))) == [
        ("added", "c", "", ()),
        ("removed", "b", "text", ()),
    ]


@pytest.mark.parametrize(
    ("new", "change"),
    [
        (question("staff", "integer", "How many?"), ("renamed", "staff", "size", ())),
        (question("size", "decimal", "How many?"), ("widened", "size", "integer", ())),
        (question("size", "date", "How many?"), ("retyped", "size", "integer", ())),
        (question("size", "integer", "How old is it?"), ("reworded", "size", "", ())),
        (question("size", "integer", "How  MANY"), ("texts", "size", "", ())),
        (
            replace(
                question("size", "integer", "How many?"), required=Expression("true()"), constraint=Expression("1")
            ),
            ("rules", "size", "", ("constraint", "required")),
        ),
    ],
)
def test_what_changed_of_a_question(new: Question, change: object) -> None:
    assert kinds(form(question("size", "integer", "How many?")), form(new)) == [change]


def test_a_question_that_went_into_a_group_moved() -> None:
    found = differences(form(question("a")), form(question("g/a")))
    assert [(each.kind, each.what, each.path) for each in found.changes] == [
        ("moved", "question", "g/a"),
        ("added", "group", "g"),
    ]
    assert found.fate("a", "x") == Kept(path="g/a", value="x")


def test_two_questions_that_look_the_same_are_never_taken_for_renamed() -> None:
    old = form(question("one", label="Name?"))
    assert [each[0] for each in kinds(old, form(question("a", label="Name?"), question("b", label="Name?")))] == [
        "added",
        "added",
        "removed",
    ]
    assert differences(old, form(question("a", "integer", "Name?"))).fate("one", "x") == Lost(path="one", why="removed")


def test_choices_are_compared_one_by_one() -> None:
    old = form(question("a", "select_one", choices="w=Water f=Fire e=Earth g=Ground"))
    new = form(question("a", "select_one", choices="w=WATER f=Air e=Eearth s=Sky"))
    assert [(each[0], each[3]) for each in kinds(old, new)] == [
        ("choices_added", ("s",)),
        ("choices_removed", ("g",)),
        ("choices_reworded", ("f",)),
        ("choices_relabelled", ("w", "e")),
    ]


@pytest.mark.parametrize(
    ("old", "new", "value", "kept"),
    [
        ("integer", "decimal", 3, 3.0),
        ("integer", "text", 3, "3"),
        ("date", "text", "2026-01-31", "2026-01-31"),
        ("decimal", "integer", 3.5, None),
        ("text", "integer", "3", None),
        ("text", "select_one", "x", None),
        ("image", "file", "a.jpg", None),
    ],
)
def test_an_answer_moves_to_a_wider_type_alone(
    old: QuestionType, new: QuestionType, value: Value, kept: Value | None
) -> None:
    fate = differences(form(question("a", old)), form(question("a", new))).fate("a", value)
    assert fate == (Lost(path="a", why="retyped") if kept is None else Kept(path="a", value=kept))


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("select_one", "w", None),
        ("select_one", "f", "choice_reworded"),
        ("select_one", "g", "choice_removed"),
        ("select_multiple", ("w",), None),
        ("select_multiple", ("w", "g"), "choice_removed"),
        ("rank", ("w", "f"), "choice_reworded"),
        ("rank", ("w",), "choice_added"),
    ],
)
def test_an_answer_goes_along_if_its_choices_still_mean_the_same(
    kind: QuestionType, value: Value, why: Why | None
) -> None:
    old = form(question("a", kind, choices="w=Water f=Fire g=Ground"))
    new = form(question("a", kind, choices="w=Water f=Air s=Sky"))
    fate = differences(old, new).fate("a", value)
    assert fate == (Kept(path="a", value=value) if why is None else Lost(path="a", why=why))


def test_one_choice_becomes_one_of_several() -> None:
    old = form(question("a", "select_one", choices="w=Water"))
    found = differences(old, form(question("a", "select_multiple", choices="w=Water f=Fire")))
    assert found.fate("a", "w") == Kept(path="a", value=("w",))


def test_a_question_that_is_repeated_now_keeps_no_answer() -> None:
    old, new = form(question("g/a")), form(question("g/a"), repeats="g")
    for found in (differences(old, new), differences(new, old)):
        assert found.fate("g/a", "x") == Lost(path="g/a", why="repeated")
        assert (found.path_of("g/a"), found.asked_the_same("g/a")) == (None, False)
    assert {("repeated", "question"), ("repeated", "repeat")} == {
        (each.kind, each.what) for each in differences(old, new).changes
    }


def test_a_renamed_repeat_takes_its_questions_along() -> None:
    old = form(question("sites/town"), question("sites/size", "integer"), repeats="sites")
    new = form(question("places/town"), question("places/size", "integer"), repeats="places")
    new = replace(new, groups=tuple(replace(group, label={"en": "sites"}) for group in new.groups))
    found = differences(old, new)
    assert found.repeat_of("sites") == "places"
    assert found.fate("sites/town", "Unna") == Kept(path="places/town", value="Unna")


def test_numbers_of_a_list_mean_the_same_only_while_it_is_the_same_list() -> None:
    old = form(question("a", "select_one", choices="w=Water f=Fire"))
    assert differences(old, old).asked_the_same("a")
    new = form(question("a", "select_one", choices="f=Fire w=Water"))
    assert not differences(old, new).asked_the_same("a")
    assert differences(old, new).fate("a", "w") == Kept(path="a", value="w")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("How many employees?", "how many **employees**", True),
        ("How many emplyoees", "How many employees", True),
        ("Sales in 2024", "Sales in 2025", False),
        ("Are you satisfied?", "Are you dissatisfied?", False),
        ("male", "female", False),
        ("Ja", "Nein", False),
        ("Do you use it?", "Do you not use it?", False),
        ("ein Auto", "kein Auto", False),
        ("★", "★★", False),
    ],
)
def test_a_slip_that_was_mended_is_no_other_question(one: str, other: str, same: bool) -> None:
    assert alike({"en": one}, {"en": other}) is same
    assert alike({"en": one, "de": "gleich"}, {"en": other, "de": "Gleich."}), "the other language stayed"


def test_every_change_says_what_it_means() -> None:
    change = Change(kind="removed", what="question", path="a")
    assert (change.running, change.submitted) == MEANING["removed"]
