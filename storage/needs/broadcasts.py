"""Broadcasts as one of the team looks at them: the one that a message is about, the newest, the saved audiences."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from bot.domain.broadcasts.board import Board
from bot.domain.broadcasts.model import Broadcast
from bot.domain.desk.words import read_id
from bot.domain.directing import asked_for
from bot.domain.scene import Need, Scene
from storage.broadcasts import SOME, broadcast_of, counts_of, listing
from storage.needs.loader import Loader
from storage.scenes import Surroundings
from storage.statements import Statement, Steps, any_of, rows
from storage.tables import audiences, contacts

SHOWN = 8
AUDIENCES = Statement(select(audiences.c.name).order_by(audiences.c.created_at.desc()), name="audiences")
NAMES = Statement(select(contacts.c.id, contacts.c.name).where(any_of(contacts.c.id, "contacts")), name="who confirmed")


def _broadcasts(scenes: list[Scene], around: Surroundings) -> Steps[list[Scene]]:
    del around
    asked = [asked_for(scene) for scene in scenes]
    numbers = sorted({number for number in asked if number is not None})
    found = {row[0]: broadcast_of(row) for row in (yield from rows(SOME, broadcasts=numbers))} if numbers else {}
    counted = yield from counts_of(sorted(found))
    names: dict[int, str] = (
        dict((yield from rows(NAMES, contacts=sorted({_who(each) for each in found.values()})))) if found else {}
    )
    newest = tuple((yield from listing(many=SHOWN)))
    saved = tuple(row[0] for row in (yield from rows(AUDIENCES)))
    boards = []
    for number in asked:
        chosen = found.get(number) if number is not None else None
        boards.append(
            Board(
                chosen=chosen,
                counts=None if chosen is None else counted[chosen.id],
                by="" if chosen is None else names.get(_who(chosen)) or "",
                newest=newest,
                audiences=saved,
            )
        )
    return [replace(scene, board=board) for scene, board in zip(scenes, boards, strict=True)]


def _who(broadcast: Broadcast) -> int:
    """Return the contact who confirmed it (or wrote it, as long as it is a draft); 0 for the command line."""
    try:
        return read_id("P", broadcast.created_by)
    except ValueError:
        return 0


LOADERS: dict[Need, Loader] = {"broadcasts": _broadcasts}
