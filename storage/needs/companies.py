"""Companies as an organiser looks them up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select

from bot.domain.desk import UNDO_WITHIN
from bot.domain.directory import PAGE, CompanyPage, Directory, Person, Wanted
from bot.domain.looking_up import wanted
from bot.domain.scene import Need, Scene
from storage.codec import load as from_json
from storage.codec import to_micros
from storage.desk.company_merges import collide, shared
from storage.directory import companies_by_id, list_companies
from storage.needs.loader import Loader
from storage.scenes import Surroundings
from storage.statements import Statement, Steps, any_of, rows
from storage.tables import merges

UNDOABLE = Statement(
    select(merges.c.kept, merges.c.data)
    .where(
        any_of(merges.c.kept, "companies"),
        merges.c.kind == "company",
        merges.c.state == "done",
        merges.c.made_at > bindparam("since"),
    )
    .order_by(merges.c.made_at),
    name="merges that can be undone",
)


def _companies(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    del around
    asked = [wanted(scene) for scene in scenes]
    # One more statement for each list that is wanted: only organisers want one, and a batch has one message of each.
    lists: dict[tuple[str | None, int], list[dict[str, Any]]] = {}
    for search, page in {(one.search, one.page) for one in asked if one.search is not None}:
        found_here = yield from list_companies(search=search, limit=PAGE + 1, offset=page * PAGE)
        lists[search, page] = found_here
    numbers = sorted({number for one in asked for number in (one.company, one.other) if number is not None})
    found = (yield from companies_by_id(numbers)) if numbers else {}
    undoable: dict[int, str] = {}
    own: list[tuple[Any, ...]] = []
    if numbers:
        since = to_micros(scenes[0].now - UNDO_WITHIN)
        for kept, data in (yield from rows(UNDOABLE, companies=numbers, since=since)):
            undoable[kept] = from_json(data)["source"]["name"]
        own = (yield from shared(numbers)) if any(one.other is not None for one in asked) else []

    def directory(one: Wanted) -> Directory:
        listed = lists.get((one.search, one.page), [])
        return Directory(
            wanted=one,
            listed=tuple(_page(company) for company in listed[:PAGE]),
            more=len(listed) > PAGE,
            company=_page(found[one.company], undoable) if one.company in found else None,
            other=_page(found[one.other]) if one.other in found else None,
            collisions=() if one.company is None or one.other is None else tuple(collide(own, one.company, one.other)),
        )

    return [replace(scene, directory=directory(one)) for scene, one in zip(scenes, asked, strict=True)]


def _page(company: dict[str, Any], undoable: dict[int, str] | None = None) -> CompanyPage:
    return CompanyPage(
        id=company["id"],
        name=company["name"],
        town=company["town"],
        state=company["state"],
        tags=company["tags"],
        note=company["note"],
        people=tuple(
            Person(name=each["name"] or each["mail"], joined=each["joined_at"] is not None)
            for each in company.get("people", ())
        ),
        undoable=(undoable or {}).get(company["id"], ""),
    )


LOADERS: dict[Need, Loader] = {"companies": _companies}
