"""What was sent is edited or taken back, one reader after the other, on both databases; a restart goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from bot.domain import desk
from bot.errors import UsageError
from bot.ports import Amended, Amendment
from storage.broadcasts import counts
from storage.driver import Database
from tests.contract.storage.pushing import Town, marked


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


async def send(town: Town, *, most: int) -> None:
    store = town.store()
    claimed = await store.claim_pushes("memory", most=most)
    assert await store.begin_pushes(claimed, via="") == {push.delivery for push in claimed}
    await town.mark(*(marked(push, "sent") for push in claimed))


async def left(town: Town, *, many: int = 100) -> Sequence[Amendment]:
    return await town.store(owner="after a restart").amendments("memory", many=many)


def who(amendments: Sequence[Amendment]) -> list[str]:
    return [each.address.chat for each in amendments]


async def test_readers_of_the_old_text_get_the_new_one_once(town: Town) -> None:
    await town.settle_in(5)
    await send(town, most=3)
    claimed = await town.store().claim_pushes("memory", most=1)  # in hand with the old text
    assert await left(town) == ()
    assert await town.order(desk.EditBroadcast(broadcast=7, texts={"de": "Um vier"})) == 3
    first = await left(town, many=2)
    assert who(first) == ["c1", "c2"]
    assert {(each.edition, each.recalled, each.content.texts["de"]) for each in first} == {(1, False, "Um vier")}
    await town.store().amended([Amended(first[0].delivery, 1), Amended(first[1].delivery, 1, "not_editable")])
    last = await left(town)
    assert (who(last), await town.store().amendments("other", many=9)) == (["c3"], [])
    await town.store().amended([Amended(last[0].delivery, 1)])
    # What had not left by then leaves with the new text, and is not edited.
    assert await town.store().begin_pushes(claimed, via="") == set()
    await send(town, most=9)
    await town.store().finish()
    assert await left(town) == ()
    counted = await town.database.read(lambda: counts(7))
    assert (counted.states, counted.edited, counted.kept) == ({"sent": 5}, 4, 1)


async def test_a_recall_reaches_those_too_whose_text_could_not_be_changed(town: Town) -> None:
    await town.settle_in(4)
    await send(town, most=2)
    await town.order(desk.EditBroadcast(broadcast=7, texts={"de": "Um vier"}))
    await town.store().amended([Amended(each.delivery, 1, "not_editable") for each in await left(town)])
    store = town.store()
    under_way = await store.claim_pushes("memory", most=1)
    await store.begin_pushes(under_way, via="")
    await town.store().finish()
    assert await town.order(desk.RecallBroadcast(broadcast=7)) == 2
    assert await town.state() == "cancelled"
    assert Counter((await town.states()).values()) == {"sent": 2, "sending": 1, "cancelled": 1}
    first = await left(town)
    assert (who(first), {(each.edition, each.recalled) for each in first}) == (["c1", "c2"], {(-1, True)})
    await town.store().amended([Amended(first[0].delivery, -1), Amended(first[1].delivery, -1, "not_deletable")])
    # What was on its way when it was recalled arrives, and is taken back as well.
    await town.store().finish()
    await town.mark(marked(under_way[0], "sent"))
    assert who(await left(town)) == ["c3"]
    await town.store().amended([Amended(each.delivery, -1) for each in await left(town)])
    await town.store().finish()
    counted = await town.database.read(lambda: counts(7))
    assert (counted.recalled, counted.kept, await left(town)) == (2, 1, ())
    for again in (desk.RecallBroadcast(broadcast=7), desk.EditBroadcast(broadcast=7, texts={"de": "x"})):
        with pytest.raises(UsageError, match="taken back"):
            await town.order(again)


async def test_what_was_on_its_way_when_its_broadcast_was_cancelled_ends_too(town: Town) -> None:
    await town.settle_in(4, second=[2])
    store = town.store()
    claimed = await store.claim_pushes("memory", most=9)
    await store.begin_pushes(claimed, via="device")
    await town.order(desk.CancelBroadcast(broadcast=7))
    await town.mark(
        marked(claimed[0], "planned", reason="rate_limited", not_before=town.clock.now()),
        marked(claimed[1], "failed", reason="blocked", unreachable=True),
        marked(claimed[2], "sent"),
    )
    await town.store().settle("memory", via="device")  # the fourth may have arrived: nobody will ever know
    await town.store().set_free(["memory"], via=lambda _: "device", held=())
    assert await town.states() == {1: "cancelled", 2: "cancelled", 3: "sent", 4: "unknown"}
