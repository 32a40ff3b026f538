"""One verification, step by step, against a client's side made by the formulas of the specification."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vodozemac import Curve25519PublicKey, Sas

from bot.adapters.matrix.verification import (
    Code,
    Device,
    Keys,
    Kind,
    State,
    Step,
    Verification,
    kind_of,
)
from tests.doubles.matrix.asking import OFFER, Asking

BOT, BOT_DEVICE, ADA, PHONE = "@hub:test.invalid", "BOTDEVICE", "@ada:test.invalid", "PHONE"
THEIRS = {"ed25519:PHONE": "a device key", "ed25519:adas+master": "adas+master"}
OURS = {"ed25519:BOTDEVICE": "our device key", "ed25519:our+master": "our+master"}
KEYS = Keys(theirs=THEIRS, ours=OURS)
ROOM_TIE = {"m.relates_to": {"rel_type": "m.reference", "event_id": "$request"}}


def ours(transaction: str = "t1", **more: Any) -> Verification:
    """The bot's side."""
    theirs = Device(user_id=ADA, device_id=PHONE)
    return Verification(ours=Device(user_id=BOT, device_id=BOT_DEVICE), theirs=theirs, transaction=transaction, **more)


def asking(transaction: str = "t1", **more: Any) -> Asking:
    """The contact's side."""
    given = {"tie": {"transaction_id": transaction}, "keys": THEIRS, **more}
    return Asking(user_id=ADA, device_id=PHONE, bot_id=BOT, bot_device=BOT_DEVICE, transaction=transaction, **given)


def keyed(bot: Verification, ada: Asking, **offer: Any) -> None:
    """Go as far as both sides have what they compare."""
    [accept] = bot.receive(Kind.START, ada.start(**offer))
    ada.takes_accept(dict(accept.content))
    [key] = bot.receive(Kind.KEY, ada.key())
    ada.takes_key(dict(key.content))


def code_of(steps: Any) -> str:
    [step] = steps
    assert step.kind is Kind.CANCEL
    return str(step.content["code"])


@pytest.mark.parametrize(("transaction", "tie"), [("t1", {"transaction_id": "t1"}), ("$request", ROOM_TIE)])
def test_both_sides_come_to_the_same_emojis_and_vouch_for_their_keys(transaction: str, tie: Any) -> None:
    bot, ada = ours(transaction), asking(transaction, tie=tie)
    assert bot.ready() == Step(kind=Kind.READY, content={"from_device": BOT_DEVICE, "methods": ["m.sas.v1"]})
    keyed(bot, ada)
    assert ada.accepted["message_authentication_code"] == "hkdf-hmac-sha256.v2"
    assert bot.shown is not None
    assert list(bot.shown.emojis) == ada.emojis()
    mac, done = bot.receive(Kind.MAC, ada.mac(), keys=KEYS)
    assert ada.takes_mac(dict(mac.content), known=OURS) == set(OURS)
    assert (mac.kind, done.kind, bot.state) == (Kind.MAC, Kind.DONE, State.DONE)
    assert bot.receive(Kind.DONE, {}) == ()


def test_a_client_that_shows_numbers_alone_is_told_numbers() -> None:
    bot, ada = ours(), asking()
    keyed(bot, ada, short_authentication_string=["decimal"])
    assert bot.shown is not None
    assert (list(bot.shown.decimals), bot.shown.emojis) == (ada.decimals(), ())


def test_an_old_client_gets_the_old_code() -> None:
    bot, ada, sas = ours(), asking(), Sas()
    start = ada.start(message_authentication_codes=["hkdf-hmac-sha256"])
    [accept] = bot.receive(Kind.START, start)
    assert accept.content["message_authentication_code"] == "hkdf-hmac-sha256"
    [key] = bot.receive(Kind.KEY, {"key": sas.public_key.to_base64()})
    secret = sas.diffie_hellman(Curve25519PublicKey.from_base64(key.content["key"]))
    info = f"MATRIX_KEY_VERIFICATION_MAC{ADA}{PHONE}{BOT}{BOT_DEVICE}t1"
    mac = secret.calculate_mac_invalid_base64("a device key", f"{info}ed25519:PHONE")
    ids = secret.calculate_mac_invalid_base64("ed25519:PHONE", f"{info}KEY_IDS")
    answer, _ = bot.receive(Kind.MAC, {"mac": {"ed25519:PHONE": mac}, "keys": ids}, keys=KEYS)
    info = f"MATRIX_KEY_VERIFICATION_MAC{BOT}{BOT_DEVICE}{ADA}{PHONE}t1ed25519:our+master"
    assert answer.content["mac"]["ed25519:our+master"] == secret.calculate_mac_invalid_base64("our+master", info)


@pytest.mark.parametrize(
    "offer",
    [
        {"method": "m.reciprocate.v1"},
        {"key_agreement_protocols": ["curve25519"]},
        {"hashes": ["sha512"]},
        {"message_authentication_codes": ["hmac-sha256"]},
        {"short_authentication_string": ["pictograms"]},
    ],
)
def test_nothing_in_common(offer: Any) -> None:
    assert code_of(ours().receive(Kind.START, asking().start(**offer))) == "m.unknown_method"


@pytest.mark.parametrize("name", ["from_device", *OFFER])
@pytest.mark.parametrize("value", [None, 7, {}, "", "x" * 256, [None], "\ud800", 2**70])
def test_a_start_of_any_shape_ends_it(name: str, value: Any) -> None:
    bot = ours()
    assert code_of(bot.receive(Kind.START, asking().start(**{name: value}))).startswith("m.")
    assert bot.is_over


def test_another_device_of_the_person_cannot_go_on() -> None:
    assert code_of(ours().receive(Kind.START, asking().start(from_device="TABLET"))) == "m.unexpected_message"


@pytest.mark.parametrize("key", [None, 7, "", "§", "AAAA", "A" * 43, "A" * 44, "x" * 9000])
def test_a_key_that_is_none(key: Any) -> None:
    bot, ada = ours(), asking()
    bot.receive(Kind.START, ada.start())
    assert code_of(bot.receive(Kind.KEY, {"key": key})) == "m.invalid_message"
    assert bot.shown is None


@pytest.mark.parametrize(
    "kinds",
    [
        [Kind.KEY],
        [Kind.MAC],
        [Kind.DONE],
        [Kind.ACCEPT],
        [Kind.READY],
        [Kind.START, Kind.MAC],
        [Kind.START, Kind.DONE],
        [Kind.START, Kind.KEY, Kind.DONE],
        [Kind.START, Kind.KEY, Kind.START],
    ],
)
def test_what_comes_out_of_turn_ends_it(kinds: list[Kind]) -> None:
    bot, ada = ours(), asking()
    content = {Kind.START: ada.start(), Kind.KEY: ada.key()}
    *first, last = kinds
    for kind in first:
        assert not bot.is_over
        bot.receive(kind, content[kind])
    assert code_of(bot.receive(last, {"again": True, **content.get(last, {})})) == "m.unexpected_message"


def test_the_same_thing_twice_is_taken_once() -> None:
    bot, ada = ours(), asking()
    keyed(bot, ada)
    assert bot.receive(Kind.START, ada.started) == ()
    assert bot.receive(Kind.KEY, ada.key()) == ()
    assert len(bot.receive(Kind.MAC, ada.mac(), keys=KEYS)) == 2
    assert bot.receive(Kind.MAC, ada.mac(), keys=KEYS) == ()


def test_nothing_is_answered_once_it_is_over() -> None:
    bot, ada = ours(), asking()
    assert bot.receive(Kind.CANCEL, {"code": "m.user"}) == ()
    assert bot.receive(Kind.START, ada.start()) == ()
    assert bot.cancel(Code.TIMEOUT) == ()


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"ed25519:adas+master": "adas+master"},
        {**THEIRS, "ed25519:PHONE": "another key"},
        {**THEIRS, "ed25519:adas+master": "another key"},
    ],
)
def test_keys_that_are_not_those_the_homeserver_tells(known: Any) -> None:
    bot, ada = ours(), asking()
    keyed(bot, ada)
    assert code_of(bot.receive(Kind.MAC, ada.mac(), keys=Keys(theirs=known, ours=OURS))) == "m.key_mismatch"


@pytest.mark.parametrize("change", [{"keys": "AAAA"}, {"keys": "ä"}, {"mac": {}}, {"mac": {"ed25519:PHONE": "AAAA"}}])
def test_codes_that_do_not_fit(change: Any) -> None:
    bot, ada = ours(), asking()
    keyed(bot, ada)
    assert code_of(bot.receive(Kind.MAC, ada.mac() | change, keys=KEYS)) == "m.key_mismatch"


def test_a_key_that_nobody_knows_does_no_harm() -> None:
    bot, ada = ours(), asking()
    keyed(bot, ada)
    assert len(bot.receive(Kind.MAC, ada.mac(**{"ed25519:unknown": "unknown"}), keys=KEYS)) == 2


def test_the_code_of_the_device_is_asked_for() -> None:
    bot, ada = ours(), asking(keys={"ed25519:adas+master": "adas+master"})
    keyed(bot, ada)
    assert code_of(bot.receive(Kind.MAC, ada.mac(), keys=KEYS)) == "m.key_mismatch"


@pytest.mark.parametrize(
    "change", [{"keys": None}, {"keys": 7}, {"mac": []}, {"mac": {"ed25519:PHONE": 7}}, {"mac": 1}]
)
def test_codes_of_any_shape_end_it(change: Any) -> None:
    bot, ada = ours(), asking()
    keyed(bot, ada)
    assert code_of(bot.receive(Kind.MAC, ada.mac() | change, keys=KEYS)) == "m.invalid_message"


def test_kinds_are_read_from_types() -> None:
    assert kind_of("m.key.verification.mac") is Kind.MAC
    odd: tuple[object, ...] = ("m.key.verification.", "m.key.verification.x", "m.room.message", None, [])
    assert [kind_of(name) for name in odd] == [None] * 5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(["from_device", "key", "mac", "keys", "code", "methods", *OFFER])
ODD = st.dictionaries(NAMES | st.text(max_size=5), JSON, max_size=6)
SURROGATES = st.characters(categories=["Cs"])


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 3), st.lists(st.tuples(st.sampled_from(Kind), ODD, NAMES, JSON | SURROGATES), min_size=1, max_size=5)
)
def test_nothing_that_comes_breaks_it_or_makes_it_vouch(far: int, said: list[tuple[Kind, Any, str, Any]]) -> None:
    bot, ada = ours(), asking()
    if far:
        bot.receive(Kind.START, ada.start())
    if far > 1:
        [key] = bot.receive(Kind.KEY, ada.key())
        ada.accepted = {"commitment": ""}
        ada.bot_key = key.content["key"]
    for kind, content, name, value in said:
        right: Any = {Kind.START: ada.start(), Kind.KEY: ada.key(), Kind.MAC: ada.mac() if far > 2 else {}}.get(
            kind, {}
        )
        steps = bot.receive(kind, {**right, name: value} if name in right else content, keys=KEYS)
        assert not [step for step in steps if step.kind in (Kind.MAC, Kind.DONE)]
        assert len(steps) <= 1
    assert bot.state is not State.DONE
