"""The hub's own files fit together, and the milestones claim nothing but what is known."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tests.unit.content.sheets import CONTENT, FIELDS, LANGUAGES, settings, survey

# Every number that the known facts hold: companies, fields, sites, euros, the year in which the study ended.
KNOWN_NUMBERS = {"22", "5", "150.000", "150,000", "2024"}


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((CONTENT / name).read_text(encoding="utf-8"))


HUB = read("hub.toml")
MILESTONES = read("milestones.toml")["milestones"]

each_milestone = pytest.mark.parametrize("milestone", MILESTONES, ids=lambda milestone: milestone["key"])


def test_what_is_a_setting_stands_in_no_file_of_the_content() -> None:
    assert not {"name", "timezone", "languages"} & HUB.keys()


def test_the_fields_of_action_are_the_groups_of_the_form_in_its_order() -> None:
    groups = [row for row in survey() if row.kind == "begin group" and row.name in FIELDS]
    assert [field["key"] for field in HUB["fields"]] == [row.name for row in groups] == list(FIELDS)
    for field, row in zip(HUB["fields"], groups, strict=True):
        assert {language: row.say("label", language) for language in LANGUAGES} == field["short"]
        assert all(field[language] for language in LANGUAGES)


def test_every_form_exists_and_has_a_title_in_both_languages() -> None:
    shipped = {str(path.relative_to(CONTENT)) for path in (CONTENT / "forms").iterdir() if path.suffix != ".txt"}
    assert {form["file"] for form in HUB["forms"]} == shipped
    assert [form["name"] for form in HUB["forms"]] == [settings()["form_id"]]
    titles = [HUB["forms"][0]["title"][language] for language in LANGUAGES]
    assert settings()["form_title"] == " · ".join(titles)


def test_public_pages_are_named_in_both_languages() -> None:
    assert len(HUB["pages"]) == 2
    for page in HUB["pages"]:
        assert page["url"].startswith("https://")
        assert all(page[language] for language in LANGUAGES)


def test_milestones_have_keys_of_their_own() -> None:
    assert len({milestone["key"] for milestone in MILESTONES}) == len(MILESTONES)


@each_milestone
def test_a_milestone_is_complete_in_both_languages(milestone: dict[str, Any]) -> None:
    assert milestone["status"] in ("done", "running", "planned")
    assert milestone["field"] in ("", *FIELDS)
    for column in ("title", "text"):
        assert set(milestone[column]) == set(LANGUAGES)
        assert all(milestone[column].values())


@each_milestone
def test_a_milestone_has_a_date_or_says_in_words_when(milestone: dict[str, Any]) -> None:
    assert ("due" in milestone) != ("when" in milestone)
    if "due" in milestone:
        assert re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])(-\d{2})?", milestone["due"])
    else:
        assert set(milestone["when"]) == set(LANGUAGES)


@each_milestone
def test_a_milestone_holds_no_number_beyond_the_known_facts(milestone: dict[str, Any]) -> None:
    said = " ".join(text for column in ("title", "text", "when") for text in milestone.get(column, {}).values())
    assert set(re.findall(r"\d+(?:[.,]\d+)*", said)) <= KNOWN_NUMBERS
    assert milestone.get("due", "2024-12") == "2024-12"
