"""Notes that outlive a restart."""

from __future__ import annotations

from bot.adapters.matrix.channel import MatrixChannel
from bot.adapters.matrix.notes import Notes
from bot.domain.messages import Address, DeliveryId, OutboundMessage, Outgoing
from tests.doubles.vault import MemoryVault
from tests.unit.adapters.matrix.conftest import ADA, ROOM, Build, FakeHomeserver, event


class CountingVault(MemoryVault):
    """Counts what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    async def put(self, name: str, content: bytes) -> None:
        self.writes += 1
        await super().put(name, content)


async def test_what_was_saved_is_there_after_a_restart() -> None:
    vault = MemoryVault()
    notes = Notes(vault, "x", limit=9)
    notes.put("a", "1")
    notes.put("b", "2")
    notes.drop("a")
    await notes.save()
    notes.put("c", "3")
    again = Notes(vault, "x", limit=9)
    await again.load()
    assert {name: again.get(name) for name in again} == {"b": "2"}


async def test_only_what_changed_is_written() -> None:
    vault = CountingVault()
    notes = Notes(vault, "x", limit=9)
    await notes.load()
    await notes.save()
    assert vault.writes == 0
    notes.put("a", "1")
    await notes.save()
    notes.put("a", "1")
    notes.drop("b")
    await notes.save()
    assert vault.writes == 1


async def test_beyond_the_limit_the_oldest_is_forgotten() -> None:
    notes = Notes(MemoryVault(), "x", limit=2)
    for name in "abac":
        notes.put(name, name)
    notes.put("b", "newer")
    notes.put("d", "d")
    assert list(notes) == ["b", "d"]


async def test_an_answer_stays_in_its_thread_after_a_restart(
    channel: MatrixChannel, homeserver: FakeHomeserver, build: Build
) -> None:
    relation = {"rel_type": "m.thread", "event_id": "$root"}
    said = {"msgtype": "m.text", "body": "20", "m.relates_to": relation}
    homeserver.sync(event("m.room.message", said, sender=ADA))
    await channel.read("s0")
    # Killed here: neither the answer nor the cursor is anywhere but in this process.
    await channel.close()
    following = build()
    await following.connect()
    homeserver.sync()
    await following.read("s1")
    message = OutboundMessage(text="Und wie alt?")
    await following.send(Outgoing(delivery=DeliveryId(1), address=Address("matrix", ROOM), message=message))
    [sent] = homeserver.calls("send")
    assert sent["m.relates_to"] == {**relation, "is_falling_back": True, "m.in_reply_to": {"event_id": "$root"}}
