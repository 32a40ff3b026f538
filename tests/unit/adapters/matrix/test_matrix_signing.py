"""The chain of signatures, as a contact's client judges it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.matrix.signing import Chain, SigningKeys, canonical, is_signed, new_seeds, read_chain, signed

USER = "@hub:example.org"


def _told(keys: SigningKeys, *, signer: SigningKeys | None = None) -> dict[str, Any]:
    device = {"user_id": USER, "device_id": "DEV", "keys": {"ed25519:DEV": "fingerprint"}}
    by = signer or keys
    return {
        "master_keys": {USER: keys.key_object("master", user_id=USER)},
        "self_signing_keys": {USER: keys.key_object("self_signing", user_id=USER)},
        "device_keys": {USER: {"DEV": signed(device, by.self_signing, signer=keys.public("self_signing"))}},
    }


def _read(told: Any, *, master: str | None, fingerprint: str = "fingerprint") -> Chain:
    return read_chain(told, user_id=USER, device_id="DEV", fingerprint=fingerprint, master=master)


def test_the_same_seeds_make_the_same_keys() -> None:
    seeds = new_seeds()
    assert SigningKeys.from_seeds(seeds).public("master") == SigningKeys.from_seeds(seeds).public("master")
    assert len(set(seeds.values())) == 3


def test_public_keys_have_no_padding() -> None:
    keys = SigningKeys.from_seeds(new_seeds())
    assert all("=" not in keys.public(usage) for usage in ("master", "self_signing", "user_signing"))


def test_what_is_signed_is_canonical_and_bare() -> None:
    assert canonical({"b": 1, "a": "ä", "signatures": {}, "unsigned": {}}) == '{"a":"ä","b":1}'.encode()


def test_a_whole_chain_is_verified() -> None:
    keys = SigningKeys.from_seeds(new_seeds())
    assert _read(_told(keys), master=keys.public("master")) == Chain(ours=True, verified=True)


def test_no_keys_at_all() -> None:
    assert _read({"device_keys": {USER: {}}}, master=None) == Chain(ours=None, verified=False)


def test_keys_of_somebody_else() -> None:
    keys = SigningKeys.from_seeds(new_seeds())
    assert _read(_told(keys), master=None).ours is False
    assert _read(_told(keys), master="other").ours is False


def test_another_devices_key_under_our_name() -> None:
    keys = SigningKeys.from_seeds(new_seeds())
    assert not _read(_told(keys), master=keys.public("master"), fingerprint="other").verified


@pytest.mark.parametrize("part", ["self_signing_keys", "device_keys"])
def test_a_link_that_is_forged(part: str) -> None:
    keys, forged = SigningKeys.from_seeds(new_seeds()), SigningKeys.from_seeds(new_seeds())
    told = _told(keys)
    told[part] = _told(keys, signer=forged)[part] if part == "device_keys" else _told(forged)[part]
    assert not _read(told, master=keys.public("master")).verified


@pytest.mark.parametrize("signatures", [None, {}, {USER: {}}, {USER: {"ed25519:x": "§"}}])
def test_a_signature_that_is_none(signatures: Any) -> None:
    assert not is_signed({"user_id": USER, "signatures": signatures}, signer="x")
