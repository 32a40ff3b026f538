"""Two companies become one in a chat: what is asked, what is ordered, and what is not when things have changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from bot.domain.desk import Collision, MergeCompanies, SharedResponse, TagCompany, UnmergeCompanies
from bot.domain.directory import CompanyPage, Directory, Wanted
from bot.domain.looking_up import wanted
from bot.domain.messages import Pressed, PromptId, Said
from bot.domain.outcomes import Ordered
from bot.domain.scene import Dialogue, Draft, Prompt, Scene, Turn
from handlers import companies
from tests.unit.handlers.test_routes import scene

NOW = datetime(2024, 3, 14, 12, tzinfo=UTC)
MUSTER = CompanyPage(id=1, name="Muster", town="", state="claimed")
REAL = CompanyPage(id=2, name="Muster GmbH", town="Kamen", state="confirmed", undoable="Alt")


def collision(form: str) -> Collision:
    source = SharedResponse(id=1, status="partial", answers=3, changed_at=NOW)
    target = SharedResponse(id=2, status="submitted", answers=7, changed_at=NOW)
    return Collision(form=form, title={"de": f"Bedarf {form}"}, source=source, target=target)


def two(keep: dict[str, str], **more: Any) -> Prompt:
    data = {"source": 1, "target": 2, "keep": keep, "choices": [["go", "x"]], **more}
    return Prompt(id=PromptId(7), kind="company_merge", data=data)


def pressing(prompt: Prompt, key: str, **found: Any) -> Turn:
    there = {"company": MUSTER, "other": REAL} | found
    message = Pressed(prompt.id, key, None, "b1")
    draft = Draft(on(scene(message, referred=prompt, roles=frozenset({"organiser"})), **there))
    companies.picked(draft)
    return draft.turn()


def on(base: Scene, **found: Any) -> Scene:
    return replace(base, directory=Directory(wanted=wanted(base), **found))


def orders(turn: Turn) -> list[Any]:
    return [outcome.command for outcome in turn.outcomes if isinstance(outcome, Ordered)]


def test_two_responses_are_shown_side_by_side_one_form_after_the_other_before_the_last_word() -> None:
    both = (collision("a"), collision("b"))
    lists = Prompt(
        id=PromptId(5), kind="companies",
        data={"choices": [["c0", "x"]], "ids": [2], "search": "m", "page": 0, "merging": 1},
    )  # fmt: skip
    turn = pressing(lists, "c0", collisions=both)
    (reply,) = turn.replies
    assert reply.message.text.splitlines() == [
        "Beide haben „Bedarf a“ beantwortet, nur eines kann zählen:",
        "· Muster GmbH: 7 Antworten, abgesendet, zuletzt am 14. März 2024",
        "· Muster: 3 Antworten, angefangen, zuletzt am 14. März 2024",
        "Welche Antworten zählen? Die anderen bleiben aufgehoben.",
    ]
    assert reply.prompt is not None
    first = Prompt(id=PromptId(6), kind="company_merge", data=reply.prompt.data)
    (reply,) = pressing(first, "from", collisions=both).replies
    assert reply.prompt is not None
    assert (reply.prompt.data["form"], reply.prompt.data["keep"]) == ("b", {"a": "from"})
    (reply,) = pressing(two({"a": "from"}, form="b"), "into", collisions=both).replies
    assert reply.prompt is not None
    assert [key for key, _ in reply.prompt.data["choices"]] == ["go", "no"]
    turn = pressing(two({"a": "from", "b": "into"}), "go", collisions=both)
    assert orders(turn) == [MergeCompanies(source=1, target=2, keep={"a": "from", "b": "into"})]


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ({"collisions": (collision("new"),)}, "Beide haben"),
        ({"company": None}, "gibt es nicht mehr"),
        ({"other": None}, "gibt es nicht mehr"),
        ({"company": REAL, "other": MUSTER}, "anders herum"),
        ({"company": REAL, "other": REAL}, "gibt es nicht mehr"),
    ],
)
def test_merge_is_not_ordered_when_things_have_changed_since(found: dict[str, Any], says: str) -> None:
    turn = pressing(two({}), "go", **found)
    assert orders(turn) == []
    assert says in turn.replies[0].message.text


def test_no_is_no() -> None:
    turn = pressing(two({}), "no")
    assert (orders(turn), turn.replies[0].message.text) == ([], "Gut, es bleiben zwei. Nichts wurde geändert.")


def test_merge_is_undone_only_while_it_can_be() -> None:
    page = Prompt(id=PromptId(8), kind="company", data={"company": 2, "choices": [["undo", "x"]]})
    assert orders(pressing(page, "undo", company=REAL)) == [UnmergeCompanies(company=2)]
    turn = pressing(page, "undo", company=MUSTER)
    assert (orders(turn), "nicht mehr zurücknehmen" in turn.replies[0].message.text) == ([], True)


@pytest.mark.parametrize(
    ("step", "text", "order", "says"),
    [
        ("tag", "Größe=10-49", TagCompany(company=2, tags={"size": "10-49"}), "Merkmale: Branche=Bau, Größe=10-49"),
        ("tag", "Branche=", TagCompany(company=2, remove=("sector",)), "Kontakte: –"),
        ("tag", "/", None, "nicht als Merkmal lesen"),
        ("note", "x" * 2001, None, "zu lang"),
    ],
)
def test_what_is_written_about_a_company(
    step: Literal["tag", "note"], text: str, order: TagCompany | None, says: str
) -> None:
    dialogue = Dialogue(name="company", step=step, data={"company": 2})
    base = scene(Said(text), dialogue=dialogue, roles=frozenset({"organiser"}))
    draft = Draft(on(base, company=replace(REAL, tags={"sector": "Bau"})))
    companies.written(draft)
    turn = draft.turn()
    assert orders(turn) == ([] if order is None else [order])
    assert says in turn.replies[0].message.text


def test_pages_remember_what_was_searched_and_for_whom() -> None:
    data = {"choices": [["c0", "x"], ["more", "y"]], "ids": [9], "search": "m", "page": 1, "merging": 1}
    prompt = Prompt(id=PromptId(5), kind="companies", data=data)

    def asks(key: str) -> Wanted:
        return wanted(scene(Pressed(prompt.id, key, None, "b1"), referred=prompt))

    assert asks("more") == Wanted(search="m", page=2, company=1)
    assert asks("less") == Wanted(search="m", page=0, company=1)
    assert asks("c0") == Wanted(company=1, other=9)
    assert wanted(scene(Said("/unternehmen  Kamen"))) == Wanted(search="Kamen")
    assert wanted(scene(Said("hallo"))) == Wanted()
