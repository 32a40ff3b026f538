"""What the bot said itself comes back in every sync; opening it would double the work of an encrypted room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nio import Event, MatrixRoom, MegolmEvent

from bot.adapters.matrix.account import AccountFile
from bot.adapters.matrix.crypto import Crypto
from bot.adapters.matrix.guard import open_client
from tests.doubles.vault import MemoryVault
from tests.unit.adapters.matrix.conftest import ADA, ROOM, USER


class Olm:
    """Keys of nobody: it notes whose messages it is asked to open."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def _decrypt_megolm_no_error(self, event: MegolmEvent) -> None:
        self.asked.append(event.sender)


def sealed(sender: str) -> Any:
    content = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "ciphertext": "AwgA",
        "device_id": "DEVICE",
        "sender_key": "k" * 43,
        "session_id": "s" * 43,
    }
    event = {"type": "m.room.encrypted", "event_id": f"$of{sender}", "origin_server_ts": 1, "content": content}
    return Event.parse_event({**event, "sender": sender})


async def test_only_what_others_say_is_opened(tmp_path: Path) -> None:
    files = AccountFile(tmp_path)
    client = open_client(files, homeserver="http://127.0.0.1:9", user_id=USER, pickle_key="a key")
    client.user_id, olm = USER, Olm()
    client.olm = olm
    for sender in (USER, ADA):
        client._handle_timeline_event(sealed(sender), ROOM, MatrixRoom(ROOM, USER), set())
    assert olm.asked == [ADA]
    crypto = Crypto(client, files=files, vault=MemoryVault())
    assert crypto.open_event(sealed(USER), room_id=ROOM) == sealed(USER).source
    assert crypto.open_event(sealed(ADA), room_id=ROOM) is None
    await client.close()
