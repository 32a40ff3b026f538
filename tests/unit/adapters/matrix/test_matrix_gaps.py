"""What a homeserver left out of a sync is read page by page: in order, no further than needed, whatever it holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.adapters.matrix.channel import MatrixChannel
from bot.adapters.matrix.timeline import GAP_PAGES, TIMELINE
from bot.domain.messages import InboundMessage, Missed, Said
from bot.errors import ChannelUnavailable
from tests.unit.adapters.matrix.conftest import USER, FakeHomeserver, event, text


def _stamp(ago: timedelta) -> int:
    return int((datetime.now(UTC) - ago).timestamp() * 1000)


def _page(first: int, *, size: int = TIMELINE, ago: timedelta = timedelta(minutes=5)) -> dict[str, Any]:
    """Return a page of the room's past, newest first, as `/messages` tells it; `first` is the newest number."""
    numbers = range(first, first - size, -1)
    chunk = [text(f"Zeile {n}", event_id=f"$e{n}") | {"origin_server_ts": _stamp(ago)} for n in numbers]
    return {"chunk": chunk, "start": f"p{first}", "end": f"p{first - size}"}


def _texts(messages: tuple[InboundMessage, ...]) -> list[str]:
    return [message.content.text for message in messages if isinstance(message.content, Said)]


def _limited(homeserver: FakeHomeserver) -> None:
    newest = text("zuletzt", event_id="$last") | {"origin_server_ts": _stamp(timedelta())}
    homeserver.sync(newest, timeline={"limited": True, "prev_batch": "p0"})


async def test_pages_are_put_before_what_came_with_the_sync(channel: MatrixChannel, homeserver: FakeHomeserver) -> None:
    _limited(homeserver)
    homeserver.answer("messages", 200, _page(200))
    homeserver.answer("messages", 200, _page(100, size=30))
    reading = await channel.read("s0")
    assert _texts(reading.messages) == [*(f"Zeile {n}" for n in range(71, 201)), "zuletzt"]
    assert ["from=p0" in path or "from=p100" in path for path in homeserver.paths("messages")[:2]] == [True, True]


async def test_of_a_gap_of_days_no_more_is_read_than_the_last_day(
    channel: MatrixChannel, homeserver: FakeHomeserver
) -> None:
    _limited(homeserver)
    homeserver.answer("messages", 200, _page(300))
    homeserver.answer("messages", 200, _page(200, ago=timedelta(days=20)))
    homeserver.answer("messages", 200, _page(100, ago=timedelta(days=30)))
    reading = await channel.read("s0")
    assert len(homeserver.calls("messages")) == 2
    # What is older than a day is answered once, together, at its place.
    assert isinstance(reading.messages[0].content, Missed)
    assert _texts(reading.messages) == [*(f"Zeile {n}" for n in range(201, 301)), "zuletzt"]


async def test_a_gap_without_end_is_not_read_for_ever(
    channel: MatrixChannel, homeserver: FakeHomeserver, caplog: pytest.LogCaptureFixture
) -> None:
    _limited(homeserver)
    for number in range(2 * GAP_PAGES):
        homeserver.answer("messages", 200, _page(10_000 - number * TIMELINE))
    reading = await channel.read("s0")
    assert len(homeserver.calls("messages")) == GAP_PAGES
    assert len(reading.messages) == GAP_PAGES * TIMELINE + 1
    assert "not filled" in caplog.text


async def test_what_was_said_before_the_bot_came_is_left_alone(
    channel: MatrixChannel, homeserver: FakeHomeserver
) -> None:
    _limited(homeserver)
    joined = event("m.room.member", {"membership": "join"}, sender=USER, event_id="$join", state_key=USER)
    page = _page(200, size=3)
    page["chunk"].append(joined | {"origin_server_ts": _stamp(timedelta(minutes=6))})
    homeserver.answer("messages", 200, page)
    homeserver.answer("messages", 200, _page(100))
    reading = await channel.read("s0")
    assert len(homeserver.calls("messages")) == 1
    assert _texts(reading.messages) == [*(f"Zeile {n}" for n in range(198, 201)), "zuletzt"]


@pytest.mark.parametrize(
    "odd",
    [
        None, 7, "x", [], {}, {"event_id": "$x"}, {"event_id": "$x", "type": "m.room.message", "content": 7},
        {"event_id": "$x", "type": 7, "content": {}, "sender": "@a:b", "origin_server_ts": 1},
        {"event_id": "$x", "type": "m.room.member", "content": [], "sender": "@a:b", "origin_server_ts": 1},
        {"event_id": "$x", "type": "m.room.message", "content": {}, "sender": "@a:b", "origin_server_ts": "x"},
        {"event_id": "$x", "type": "m.room.message", "content": {}, "sender": "@a:b", "unsigned": 7},
    ],
)  # fmt: skip
async def test_odd_things_in_a_gap_cost_nothing_else(
    channel: MatrixChannel, homeserver: FakeHomeserver, odd: Any
) -> None:
    _limited(homeserver)
    page = _page(200, size=2)
    page["chunk"].insert(1, odd)
    homeserver.answer("messages", 200, page)
    assert _texts((await channel.read("s0")).messages) == ["Zeile 199", "Zeile 200", "zuletzt"]


@pytest.mark.parametrize("page", [{}, {"chunk": 7, "end": "p9"}, {"chunk": {}}, {"chunk": "x"}])
async def test_a_page_that_is_none_leaves_the_cursor_where_it_is(
    channel: MatrixChannel, homeserver: FakeHomeserver, page: dict[str, Any]
) -> None:
    _limited(homeserver)
    homeserver.answer("messages", 200, page)
    with pytest.raises(ChannelUnavailable):
        await channel.read("s0")
