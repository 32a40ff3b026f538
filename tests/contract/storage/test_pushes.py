"""Pushes on both databases: one a contact, judged when their turn has come, and honest about every end."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest

from bot.domain import desk
from bot.domain.broadcasts.courtesy import Courtesy
from bot.domain.broadcasts.model import Content
from bot.errors import UsageError
from bot.ports import Push
from storage.broadcasts import counts
from storage.codec import to_micros
from storage.driver import Database
from tests.contract.storage.pushing import BEGIN, BY_NIGHT, UTC_ZONE, Town, marked

ANY_TIME = Courtesy(zone=UTC_ZONE)


@pytest.fixture
def town(database: Database) -> Town:
    return Town(database)


async def test_each_is_claimed_once_and_begins_only_while_the_broadcast_runs(town: Town) -> None:
    await town.settle_in(5)
    one, two = town.store(owner="one"), town.store(owner="two")
    first = await one.claim_pushes("memory", most=3)
    second = await two.claim_pushes("memory", most=10)
    assert (len(first), len(second)) == (3, 2)
    assert {push.address.chat for push in (*first, *second)} == {"c1", "c2", "c3", "c4", "c5"}
    assert await one.begin_pushes(first[:1], via="") == {first[0].delivery}
    await town.order(desk.PauseBroadcast(broadcast=7))
    assert await one.begin_pushes(first[1:], via="") == set()
    assert Counter((await town.states()).values()) == {"sending": 1, "planned": 2, "claimed": 2}
    assert await one.claim_pushes("memory", most=10) == ()
    await town.order(desk.ResumeBroadcast(broadcast=7))
    assert len(await one.claim_pushes("memory", most=10)) == 2


async def test_a_stop_counts_until_the_last_moment(town: Town) -> None:
    await town.settle_in(3)
    store = town.store()
    await town.say_stop(1)
    claimed = await store.claim_pushes("memory", most=10)
    assert [push.address.chat for push in claimed] == ["c2", "c3"]
    await town.say_stop(2)
    assert await store.begin_pushes(claimed, via="") == {claimed[1].delivery}
    assert await store.claim_pushes("memory", most=10) == []
    assert await town.states() == {1: "skipped", 2: "skipped", 3: "sending"}


async def test_a_closed_door_is_remembered_and_the_other_way_is_taken(town: Town) -> None:
    await town.settle_in(3, second=[1], none=[3])
    store = town.store()
    claimed = await store.claim_pushes("memory", most=10)
    assert len(claimed) == 2
    await store.begin_pushes(claimed, via="")
    await town.mark(*[marked(push, "failed", reason="blocked", unreachable=True) for push in claimed])
    assert await town.states() == {1: "planned", 2: "failed", 3: "skipped"}
    assert await store.claim_pushes("memory", most=10) == []  # it belongs to the other channel now
    (again,) = await store.claim_pushes("other", most=10)
    assert (again.address.channel, again.address.chat) == ("other", "c1")


async def test_by_night_all_wait_for_the_morning_and_the_cap_for_its_days(town: Town) -> None:
    await town.settle_in(30)
    store = town.store()
    town.clock.moment += timedelta(hours=9)  # 21:00
    before = town.database.statements
    assert await store.claim_pushes("memory", most=10) == []
    assert town.database.statements - before < 12  # not one a reader
    town.clock.moment += timedelta(hours=10, minutes=59)  # 7:59
    assert await store.claim_pushes("memory", most=10) == ()
    town.clock.moment += timedelta(minutes=1)
    assert len(await store.claim_pushes("memory", most=40)) == 30
    shown = await town.database.read(lambda: counts(7))
    assert (shown.audience, shown.open, shown.states) == (30, 30, {"claimed": 30})


async def test_a_reader_who_got_enough_of_late_gets_it_later(town: Town) -> None:
    await town.settle_in(2)
    store = town.store(courtesy=Courtesy(zone=UTC_ZONE, most=1, within=timedelta(days=7)))
    (first,) = await store.claim_pushes("memory", most=1)
    await store.begin_pushes([first], via="")
    await town.mark(marked(first, "sent"))
    await town.order(desk.CancelBroadcast(broadcast=7))
    town.clock.moment += timedelta(days=1)
    await town.again(8)
    (free,) = await store.claim_pushes("memory", most=5)
    assert free.address.chat == "c2"
    town.clock.moment += timedelta(days=6)
    (held,) = await store.claim_pushes("memory", most=5)
    assert held.address.chat == "c1"


async def test_after_a_kill_what_may_have_left_is_unknown_unless_it_is_recognised(town: Town) -> None:
    await town.settle_in(4)
    store = town.store()
    claimed = await store.claim_pushes("memory", most=3)
    await store.begin_pushes(claimed[:2], via="DEVICE")
    await town.store(owner="two").recover(["memory"], but=["memory"])
    assert Counter((await town.states()).values()) == {"sending": 2, "planned": 2}
    town.clock.moment += timedelta(hours=1)
    await store.settle("memory", via="DEVICE")
    assert Counter((await town.states()).values()) == {"planned": 4}
    again = await store.claim_pushes("memory", most=2)
    await store.begin_pushes(again, via="DEVICE")
    await store.settle("memory", via="ANOTHER")
    assert Counter((await town.states()).values()) == {"planned": 2, "unknown": 2}


async def test_what_is_recognised_goes_to_the_same_chat_again(town: Town) -> None:
    await town.settle_in(1, second=[1])
    store = town.store()
    claimed = await store.claim_pushes("memory", most=1)
    await store.begin_pushes(claimed, via="DEVICE")
    await store.settle("memory", via="DEVICE")
    (again,) = await store.claim_pushes("memory", most=1)
    assert again.address == claimed[0].address


async def test_a_lost_lease_is_settled_but_what_we_hold_is_left_alone(town: Town) -> None:
    await town.settle_in(3)
    store = town.store()
    claimed = await store.claim_pushes("memory", most=3)
    await store.begin_pushes(claimed[:2], via="")
    town.clock.moment += timedelta(minutes=2)
    await store.set_free(["memory"], via=lambda _: "", held=[claimed[0].delivery])
    assert await town.states() == {1: "sending", 2: "unknown", 3: "planned"}


async def test_of_two_who_confirm_the_same_draft_one_is_told(town: Town) -> None:
    await town.settle_in(1)
    number = await town.order(desk.DraftBroadcast(content=Content(texts={"de": "Neu"}), audience=("all",)))
    assert number == 8
    await town.order(desk.ChangeDraft(broadcast=8, revision=0, audience=("language=de",)))
    with pytest.raises(UsageError, match="changed meanwhile"):
        await town.order(desk.ConfirmBroadcast(broadcast=8, revision=0))
    await town.order(desk.ConfirmBroadcast(broadcast=8, revision=1))
    with pytest.raises(UsageError, match="confirmed already by test"):
        await town.order(desk.ConfirmBroadcast(broadcast=8, revision=1))
    with pytest.raises(UsageError, match="there is no broadcast 9"):
        await town.order(desk.PauseBroadcast(broadcast=9))


async def test_a_broadcast_that_goes_wrong_is_stopped_and_its_organiser_told_once(town: Town) -> None:
    await town.settle_in(1)
    store = town.store()
    await store.stop_broadcast(7, reason="errors")
    await store.stop_broadcast(7, reason="errors")
    assert (await town.state(), town.told) == ("paused", ["7 errors"])


async def test_a_channels_pause_is_remembered(town: Town) -> None:
    store = town.store()
    assert await store.channel_pause("memory") is None
    until = town.clock.now() + timedelta(minutes=5)
    await store.pause_channel("memory", until=until, reason="unavailable", tries=1)
    await store.pause_channel("memory", until=until, reason="unavailable", tries=2)
    assert await store.channel_pause("memory") == (until, "unavailable", 2)
    await store.pause_channel("memory", until=None, reason="", tries=0)
    assert await store.channel_pause("memory") is None


# --- random walks against a naive model ------------------------------------------------------------------------------


class Model:
    """What the states must be, as a reader of the contract would work it out by hand."""

    def __init__(self, people: int) -> None:
        self.states = dict.fromkeys(range(1, people + 1), "planned")
        self.due = dict.fromkeys(self.states, BEGIN)
        self.stopped: set[int] = set()
        self.blocked: set[int] = set()
        self.broadcast = "running"

    def of(self, *states: str) -> list[int]:
        return [who for who, state in self.states.items() if state in states]

    def claim(self, most: int, *, now: datetime) -> list[int]:
        """Return who is claimed; of those who are met, who has left is skipped, and by night all others wait."""
        taken: list[int] = []
        morning = BY_NIGHT.allowed_from(now)
        while self.broadcast == "running" and len(taken) < most:
            waiting = sorted((self.due[who], who) for who in self.of("planned") if self.due[who] <= now)
            met = [who for _, who in waiting][: most - len(taken)]
            gone = [who for who in met if who in self.stopped or who in self.blocked]
            there = [who for who in met if who not in gone]
            self.states.update(dict.fromkeys(gone, "skipped"))
            if there and morning > now:
                self.due.update(dict.fromkeys((who for _, who in waiting if who not in gone), morning))
            else:
                self.states.update(dict.fromkeys(there, "claimed"))
                taken += there
            if not met:
                break
        return sorted(taken)

    def begin(self, who: list[int]) -> list[int]:
        begun = []
        for each in who:
            if self.broadcast == "running" and each not in self.stopped and self.states[each] == "claimed":
                self.states[each] = "sending"
                begun.append(each)
            elif self.states[each] == "claimed":
                self.states[each] = "planned"
        return begun

    def finish(self) -> None:
        if self.broadcast == "running" and not self.of("planned", "claimed", "sending"):
            self.broadcast = "done"


ACTIONS = (
    "claim claim claim begin begin begin end end end later stop start pause resume cancel retry retry_unknown crash "
    "turn_clock finish"
).split()


class Walk:
    """Does random things to a broadcast, and to the model of it."""

    def __init__(self, town: Town, rng: random.Random, *, people: int) -> None:
        self.town, self.rng, self.people = town, rng, people
        self.model, self.store = Model(people), town.store()
        self.claimed: list[Push] = []
        self.sending: list[Push] = []

    async def step(self) -> str:
        """Do one thing and compare; return what it was."""
        action = self.rng.choice(ACTIONS)
        await getattr(self, action)()
        assert await self.town.states() == self.model.states, action
        assert await self.town.state() == self.model.broadcast, action
        shown = await self.town.database.read(lambda: counts(7))
        assert shown.audience == self.people
        return action

    async def claim(self) -> None:
        most = self.rng.randint(1, 6)
        found = await self.store.claim_pushes("memory", most=most)
        assert sorted(map(who, found)) == self.model.claim(most, now=self.town.clock.now())
        self.claimed += found

    async def begin(self) -> None:
        chosen = [self.claimed.pop(0) for _ in range(min(len(self.claimed), self.rng.randint(1, 4)))]
        begun = await self.store.begin_pushes(chosen, via="")
        assert sorted(number - 1000 for number in begun) == self.model.begin(sorted(map(who, chosen)))
        self.sending += [push for push in chosen if push.delivery in begun]

    async def end(self) -> None:
        how = self.rng.choice(
            (("sent", ""), ("sent", ""), ("failed", "blocked"), ("failed", "refused"), ("unknown", ""))
        )
        if self.sending:
            push = self.sending.pop(self.rng.randrange(len(self.sending)))
            await self.town.mark(marked(push, how[0], reason=how[1], unreachable=how[1] == "blocked"))
            self.model.states[who(push)] = how[0]
            if how[1] == "blocked":
                self.model.blocked.add(who(push))

    async def later(self) -> None:
        if self.sending:
            push = self.sending.pop()
            await self.town.mark(marked(push, "planned", reason="rate_limited", not_before=self.town.clock.now()))
            self.model.states[who(push)] = "planned"
            self.model.due[who(push)] = self.town.clock.now()

    async def stop(self) -> None:
        await self._say(self.rng.randint(1, self.people), pushes=False)

    async def start(self) -> None:
        await self._say(self.rng.randint(1, self.people), pushes=True)

    async def _say(self, reader: int, *, pushes: bool) -> None:
        await self.town.say_stop(reader, pushes=pushes)
        (self.model.stopped.discard if pushes else self.model.stopped.add)(reader)

    async def pause(self) -> None:
        if self.model.broadcast == "running":
            await self.town.order(desk.PauseBroadcast(broadcast=7))
            self.model.broadcast = "paused"

    async def resume(self) -> None:
        if self.model.broadcast == "paused":
            await self.town.order(desk.ResumeBroadcast(broadcast=7))
            self.model.broadcast = "running"

    async def cancel(self) -> None:
        if self.model.broadcast in ("running", "paused") and self.rng.random() < 0.1:
            rest = self.model.of("planned", "claimed")
            assert await self.town.order(desk.CancelBroadcast(broadcast=7)) == len(rest)
            self.model.states.update(dict.fromkeys(rest, "cancelled"))
            self.model.broadcast = "cancelled"

    async def retry(self, *, unknown: bool = False) -> None:
        if self.model.broadcast == "cancelled":
            return
        again = [each for each in self.model.of("failed") if each not in self.model.blocked]
        again += self.model.of("unknown") if unknown else []
        assert await self.town.order(desk.RetryBroadcast(broadcast=7, unknown=unknown)) == len(again)
        self.model.states.update(dict.fromkeys(again, "planned"))
        self.model.due.update(dict.fromkeys(again, self.town.clock.now()))
        if again:
            self.model.broadcast = "running"

    async def retry_unknown(self) -> None:
        await self.retry(unknown=True)

    async def crash(self) -> None:
        self.store = self.town.store(owner=f"after {self.rng.random()}")
        await self.store.recover(["memory"])
        self.model.states.update(dict.fromkeys(self.model.of("claimed"), "planned"))
        self.model.states.update(dict.fromkeys(self.model.of("sending"), "unknown"))
        self.claimed, self.sending = [], []

    async def turn_clock(self) -> None:
        self.town.clock.moment += timedelta(hours=self.rng.choice((0, 1, 5, 13)))

    async def finish(self) -> None:
        await self.store.finish()
        self.model.finish()


def who(push: Push) -> int:
    return push.delivery - 1000


async def test_random_walks_agree_with_a_naive_model(town: Town, rng: random.Random) -> None:
    await town.settle_in(12)
    walk = Walk(town, rng, people=12)
    done = {await walk.step() for _ in range(200)}
    assert len(done) > 10


@pytest.mark.soak
@pytest.mark.parametrize("number", range(20))
async def test_many_random_walks_agree_with_a_naive_model(town: Town, rng: random.Random, number: int) -> None:
    await town.settle_in(10 + number)
    walk = Walk(town, rng, people=10 + number)
    for _ in range(1_500):
        await walk.step()


async def test_two_contacts_who_became_one_get_it_once(town: Town) -> None:
    await town.settle_in(3)
    store = town.store()
    (first,) = await store.claim_pushes("memory", most=1)
    await store.begin_pushes([first], via="")
    await town.mark(marked(first, "sent"))
    await town.become_one(gone=1, kept=2)
    await town.become_one(gone=3, kept=2)
    assert await store.claim_pushes("memory", most=5) == []
    assert await town.states() == {1: "sent", 2: "skipped", 3: "skipped"}


async def test_a_silence_that_the_platform_asked_for_is_known_after_a_restart(town: Town) -> None:
    await town.settle_in(2)
    store = town.store()
    claimed = await store.claim_pushes("memory", most=2)
    await store.begin_pushes(claimed, via="")
    until = town.clock.now() + timedelta(seconds=40)
    put_back = [marked(push, "planned", reason="rate_limited_bot", not_before=until) for push in claimed]
    await town.mark(*put_back)
    found = await town.silences()
    assert {(channel, reason, moment) for channel, _, reason, moment in found} == {
        ("memory", "rate_limited_bot", to_micros(until))
    }
