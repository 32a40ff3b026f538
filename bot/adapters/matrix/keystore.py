"""Where the keys of a device lie: nio's store, without asking the database what is in memory already."""

from __future__ import annotations

from nio.crypto import OlmDevice
from nio.store import SqliteStore


class KeyStore(SqliteStore):  # type: ignore[misc]  # nio brings no types
    """nio's key store; whether a device is verified, which each message decrypted asks, is read from the device.

    nio keeps that in both places: it is loaded with the devices, and whatever changes it writes both. Asking the
    database takes three statements, more than all else that is done for an encrypted message.
    """

    def is_device_verified(self, device: OlmDevice) -> bool:
        """Whether a person has compared keys with that device."""
        return bool(device.verified)
