"""Which verifications are remembered, for how long, and how many of one person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.adapters.matrix.courier import Destination
from bot.adapters.matrix.transactions import MOST, MOST_BY_PERSON, Transactions
from bot.adapters.matrix.verification import Code, Device, State, cancellation

NOW = datetime(2026, 3, 2, 11, tzinfo=UTC)
ADA = "@ada:test.invalid"


def to(name: str = "t", *, room: str | None = None, user_id: str = ADA, device_id: str = "PHONE") -> Destination:
    return Destination(room=room, user_id=user_id, device_id=device_id, transaction=name)


def some() -> Transactions:
    return Transactions(ours=Device(user_id="@hub:test.invalid", device_id="BOTDEVICE"))


def test_each_is_known_by_room_person_and_name() -> None:
    known = some()
    taken = known.remember(to(), now=NOW)
    assert known.find(to(device_id="*")) is taken
    others = (to("other"), to(room="!room:test.invalid"), to(user_id="@eve:test.invalid"))
    assert [known.find(other) for other in others] == [None] * 3


def test_after_an_hour_a_person_may_begin_again() -> None:
    known = some()
    minutes = [NOW + timedelta(minutes=number) for number in range(MOST_BY_PERSON)]
    assert all(known.is_allowed(ADA, now=moment) for moment in minutes)
    assert not known.is_allowed(ADA, now=NOW + timedelta(minutes=59))
    assert known.is_allowed("@eve:test.invalid", now=NOW)
    assert known.is_allowed(ADA, now=NOW + timedelta(minutes=60))
    assert not known.is_allowed(ADA, now=NOW + timedelta(minutes=60))


def test_the_oldest_is_forgotten_for_a_new_one_and_says_nothing_more() -> None:
    known = some()
    first = known.remember(to("first"), now=NOW)
    first.due.append(cancellation(Code.TIMEOUT))
    for number in range(MOST):
        known.remember(to(str(number)), now=NOW)
    assert (first.verification.state, list(first.due)) == (State.CANCELLED, [])
    assert known.find(to("first")) is None
    assert known.find(to("0")) is not None


def test_only_what_is_open_of_the_same_device_stands_in_the_way() -> None:
    known = some()
    known.remember(to("over"), now=NOW).drop()
    known.remember(to("tablet", device_id="TABLET"), now=NOW)
    known.remember(to("eve", user_id="@eve:test.invalid"), now=NOW)
    assert known.open_of(to()) == []
    taken = known.remember(to("open"), now=NOW)
    assert known.open_of(to()) == [taken]


def test_ten_minutes_after_the_request_it_is_over() -> None:
    known = some()
    taken = known.remember(to(), now=NOW)
    assert known.take_old(now=NOW + timedelta(minutes=9, seconds=59)) == []
    assert known.take_old(now=NOW + timedelta(minutes=10)) == [taken]
    assert known.find(to()) is None
