"""The questionnaire keeps what a survey methodologist promised: short, balanced, in two languages of equal rank."""

from __future__ import annotations

import re
import textwrap
from functools import cache

import pytest
from pyxform.xls2xform import convert

from bot.forms.model import Form
from bot.forms.reading_time import minutes_of
from bot.forms.source import compile_source
from tests.unit.content.sheets import FIELDS, LANGUAGES, NEEDS, Row, asked, choice_lists, in_groups, settings, survey

BUTTON = 24  # characters that fit on a phone button (contract of the channels: longer ones are numbered in the text)
LONG_LABELS: frozenset[tuple[str, str]] = frozenset()  # (list, choice) that may be longer; none needs to be
PHONE_LINE = 40  # characters on a line of a phone screen
EXCLUSIVE = "not(selected(., 'none')) or count-selected(.) = 1"


def test_pyxform_reads_the_form_without_a_warning() -> None:
    warnings: list[str] = []
    convert(NEEDS.read_bytes(), file_type=".md", warnings=warnings)
    assert warnings == []


def test_settings_name_the_form_its_version_and_its_first_language() -> None:
    row = settings()
    assert row["form_id"] == "needs"
    assert row["version"]
    assert row["default_language"] == LANGUAGES["de"]
    assert all(part.strip() for part in row["form_title"].split("·"))
    assert row["form_title"].count("·") == 1


def test_only_types_of_the_first_storey_are_used() -> None:
    structure = {"begin group", "end group", "calculate"}
    assert {row.kind for row in survey()} <= structure | {"text", "select_one", "select_multiple"}


@pytest.mark.parametrize(
    "row", [*asked(), *(row for rows in choice_lists().values() for row in rows)], ids=lambda row: row.name
)
def test_every_text_stands_in_both_languages(row: Row) -> None:
    for column in ("label", "hint", "constraint_message"):
        said = [bool(row.say(column, language)) for language in LANGUAGES]
        assert all(said) or (column != "label" and not any(said)), column


def test_every_group_has_a_short_label_in_both_languages() -> None:
    for row in survey():
        if row.kind == "begin group":
            assert all(0 < len(row.say("label", language)) <= BUTTON for language in LANGUAGES), row.name


def test_every_constraint_says_in_both_languages_what_is_needed() -> None:
    for row in asked():
        if row["constraint"]:
            assert all(row.say("constraint_message", language) for language in LANGUAGES), row.name


def test_names_are_short_unique_and_fit_as_columns() -> None:
    names = [row.name for row in survey() if row.kind not in ("begin group", "end group")]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{2,31}", name) for name in names)


def test_between_20_and_28_questions_are_asked_at_most() -> None:
    assert 20 <= len(asked()) <= 28


def test_no_question_shuts_out_another_so_that_the_longest_path_asks_all() -> None:
    conditions = {row.name: row["relevant"] for row in asked() if row["relevant"]}
    expected = {"sector_other": "${sector} = 'other'", "horizon": "${fields_of_interest} > 0"}
    for field in FIELDS:
        is_open = f"${{{field}_importance}} != 'not_relevant'"
        for part in ("needs", "offers", "wish"):
            expected[f"{field}_{part}"] = is_open
        expected[f"{field}_needs_other"] = f"{is_open} and selected(${{{field}_needs}}, 'other')"
    assert conditions == expected


def test_a_field_without_interest_costs_one_tap() -> None:
    for field in FIELDS:
        inside = [row for group, row in in_groups() if group == field]
        always = [row.name for row in inside if not row["relevant"]]
        assert always == [f"{field}_importance"]
        assert inside[0].name == f"{field}_importance"


def test_somebody_without_any_interest_is_through_after_11_taps() -> None:
    left = [row for row in asked() if not row["relevant"]]
    taps = sum(2 if row.kind == "select_multiple" else 1 for row in left)  # a choice and Done
    assert {row.kind for row in left} == {"select_one", "select_multiple"}
    assert (len(left), taps) == (10, 11)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_path_takes_five_to_eight_minutes(language: str) -> None:
    assert 5 <= minutes_of(needs(), language=language) <= 8


@pytest.mark.parametrize("language", LANGUAGES)
def test_somebody_without_any_interest_needs_under_three_minutes(language: str) -> None:
    always = {row.name for row in asked() if not row["relevant"]}
    left = [question for question in needs().questions if question.name in always]
    assert len(left) == len(always)
    assert minutes_of(needs(), language=language, only=left) < 3


@cache
def needs() -> Form:
    form = compile_source(NEEDS.read_bytes(), file_name=NEEDS.name).form
    assert form is not None
    return form


def test_the_check_has_nothing_to_say() -> None:
    assert compile_source(NEEDS.read_bytes(), file_name=NEEDS.name).problems == ()


def test_choice_labels_fit_on_a_button() -> None:
    too_long = {
        (name, choice.name)
        for name, choices in choice_lists().items()
        for choice in choices
        if any(len(choice.say("label", language)) > BUTTON for language in LANGUAGES)
    }
    assert too_long == LONG_LABELS


def test_a_list_has_at_most_8_choices_and_says_each_thing_once() -> None:
    for name, choices in choice_lists().items():
        assert 2 <= len(choices) <= 8, name
        for said in (
            [choice.name for choice in choices],
            *([c.say("label", lang) for c in choices] for lang in LANGUAGES),
        ):
            assert len(set(said)) == len(said), name


def test_every_list_is_used() -> None:
    assert {row["type"].split()[1] for row in asked() if row.choices} == set(choice_lists())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_takes_five_lines_of_a_phone_at_most(language: str) -> None:
    for row in asked():
        several = 1 if row.kind == "select_multiple" else 0  # "several answers are possible", added by the bot
        lines = [line for column in ("label", "hint") for line in textwrap.wrap(row.say(column, language), PHONE_LINE)]
        assert 1 + len(lines) + several <= 5, row.name


def test_the_four_fields_are_rated_on_one_scale_that_is_balanced() -> None:
    scales = {row["type"] for row in asked() if row.name.endswith("_importance")}
    steps = [choice.name for choice in choice_lists()["importance"]]
    assert scales == {"select_one importance"}
    low, high = steps[:2], steps[3:5]
    assert steps[2] == "neither"
    assert [step.replace("_unimportant", "") for step in low] == [
        step.replace("_important", "") for step in reversed(high)
    ]
    assert steps[5:] == ["not_relevant", "cannot_say"]


def test_the_four_fields_are_asked_alike() -> None:
    shapes = {
        tuple((row.name.removeprefix(field), row.kind, row["required"]) for group, row in in_groups() if group == field)
        for field in FIELDS
    }
    assert len(shapes) == 1


def test_none_excludes_every_other_choice_and_says_so() -> None:
    for row in asked():
        if row.kind != "select_multiple":
            continue
        *_, none = row.choices
        assert none.name == "none", row.name
        for language in LANGUAGES:
            assert none.say("label", language) in row.say("constraint_message", language), row.name
        if row.name == "involvement":
            assert row["constraint"] == "not(selected(., 'none') or selected(., 'undecided')) or count-selected(.) = 1"
        else:
            assert row["constraint"] == EXCLUSIVE, row.name


def test_needs_offer_something_else_and_ask_what_it_is() -> None:
    questions = {row.name: row for row in asked()}
    for field in FIELDS:
        assert questions[f"{field}_needs"].choices[-2].name == "other"
        for language in LANGUAGES:
            other = questions[f"{field}_needs"].choices[-2].say("label", language)
            assert other in questions[f"{field}_needs_other"].say("label", language)


def test_only_key_questions_are_required_and_no_free_text_is() -> None:
    required = [row.name for row in asked() if row["required"] == "yes"]
    assert required == ["size", "sector", *(f"{field}_importance" for field in FIELDS), "may_contact"]


def test_free_texts_have_a_limit() -> None:
    for row in asked():
        if row.kind == "text":
            limit = re.fullmatch(r"string-length\(\.\) <= (\d+)", row["constraint"])
            assert limit, row.name
            assert all(limit[1] in row.say("constraint_message", language) for language in LANGUAGES), row.name


def test_nobody_is_addressed_informally() -> None:
    german = NEEDS.read_text(encoding="utf-8")
    assert not re.search(r"\b([Dd]u|[Dd]ich|[Dd]ir|[Dd]ein\w*|[Ee]uch|[Ee]uer)\b", german)
