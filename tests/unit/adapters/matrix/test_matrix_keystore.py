"""Whether a device is verified: what the key store says must be what nio's own says, now and after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from nio.crypto import OlmAccount, OlmDevice
from nio.store import SqliteStore

from bot.adapters.matrix.keystore import KeyStore

ADA = OlmDevice("@ada:test.invalid", "PHONE", {"ed25519": "an ed25519 key", "curve25519": "a curve25519 key"})


def opened(folder: Path) -> KeyStore:
    return KeyStore("@hub:test.invalid", "BOTDEVICE", str(folder), pickle_key="a key", database_name="keys.db")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[KeyStore]:
    store = opened(tmp_path)
    store.save_account(OlmAccount())
    store.save_device_keys({ADA.user_id: {ADA.id: ADA}})
    yield store
    store.database.close()


def known(store: KeyStore) -> OlmDevice:
    (device,) = store.load_device_keys()
    return device


def says(store: KeyStore, device: OlmDevice) -> bool:
    """Return what the store says, which is what nio's asks the database for."""
    found = store.is_device_verified(device)
    assert found is SqliteStore.is_device_verified(store, device)
    return bool(found)


def test_verifying_and_taking_it_back_are_seen_at_once(store: KeyStore) -> None:
    device = known(store)
    seen = [says(store, device)]
    for change in (store.verify_device, store.unverify_device, store.verify_device, store.blacklist_device):
        assert change(device)
        seen.append(says(store, device))
    store.ignore_devices([device])
    assert [*seen, says(store, device)] == [False, True, False, True, False, False]


def test_a_verified_device_is_verified_after_a_restart(store: KeyStore, tmp_path: Path) -> None:
    store.verify_device(known(store))
    again = opened(tmp_path)
    try:
        assert says(again, known(again))
    finally:
        again.database.close()
