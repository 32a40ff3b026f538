"""Peer on Matrix: nio as its documentation shows it, encryption on: callbacks under `sync_forever`, `room_send`.

https://matrix-nio.readthedocs.io/en/latest/examples.html
"""

from __future__ import annotations

import asyncio
import sys

from nio import AsyncClient, AsyncClientConfig, LoginResponse, MatrixRoom, RoomMessageText


async def main(homeserver: str, user_id: str, password: str, store_path: str) -> None:
    """Echo, until it is ended, what is said after the start."""
    config = AsyncClientConfig(store_sync_tokens=True, encryption_enabled=True)
    client = AsyncClient(homeserver, user_id, store_path=store_path, config=config)
    if not isinstance(await client.login(password), LoginResponse):
        sys.exit("the login failed")
    await client.sync(timeout=0, full_state=True)

    async def echo(room: MatrixRoom, event: RoomMessageText) -> None:
        if event.sender == client.user_id:
            return
        content = {"msgtype": "m.text", "body": event.body}
        await client.room_send(room.room_id, "m.room.message", content, ignore_unverified_devices=True)

    client.add_event_callback(echo, RoomMessageText)
    print("ready", flush=True)
    await client.sync_forever(timeout=30_000)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
