"""`python -m bench.load [DELAY_MS]`: the load server as a process of its own.

It prints its port, then takes one JSON command a line and prints one JSON line for each: `people` (who comes now),
`window` (what happened since the last window), `save` (the first questions people stand at).
"""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path
from typing import Any

import orjson

from bench.load.bot_api import BotApi
from bench.load.greeters import Greeters
from bench.load.http import Connection
from bench.load.interviewees import Interviewees
from bench.load.ledger import Ledger
from bench.load.newcomers import Newcomers
from bench.load.readers import Readers


class LoadServer:
    """The Bot API double, the people, and the commands that steer them."""

    def __init__(self, *, delay: float) -> None:
        self._ledger = Ledger()
        self._api = BotApi(ledger=self._ledger, delay=delay)
        self.people: Interviewees | Newcomers | Greeters | Readers | None = None

    async def serve(self) -> int:
        """Listen on a free port of this machine and return it."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(self._api), "127.0.0.1", 0, backlog=2048)
        return int(server.sockets[0].getsockname()[1])

    def obey(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carry out one command and return what to print for it."""
        match command:
            case {"do": "people", "who": who, **options}:
                self.people = self._api.people = self._invite(who, options)
                self.people.begin()
                return {}
            case {"do": "window"}:
                return {**self._ledger.close(), **(self.people.state() if self.people else {})}
            case {"do": "save", "file": file} if isinstance(self.people, Newcomers):
                saved = {"last_id": self._api.next_id(), "messages": self.people.arrived}
                Path(file).write_bytes(orjson.dumps(saved))
                return {}
            case _:
                raise ValueError(f"no such command: {command}")

    def _invite(self, who: str, options: dict[str, Any]) -> Interviewees | Newcomers | Greeters | Readers:
        match who:
            case "interviewees":
                return Interviewees(self._api, ledger=self._ledger, waiting=self._restore(options), **options)
            case "newcomers":
                return Newcomers(self._api, **options)
            case "readers":
                return Readers(**options)
            case "greeters":
                return Greeters(self._api, **options)
            case _:
                raise ValueError(f"nobody is called {who}")

    def _restore(self, options: dict[str, Any]) -> list[dict[str, Any]] | None:
        file = options.pop("waiting", None)
        if file is None:
            return None
        saved = orjson.loads(Path(file).read_bytes())
        self._api.next_id(above=saved["last_id"])
        return list(saved["messages"])


async def main(delay: float) -> None:
    """Serve until stdin ends."""
    load = LoadServer(delay=delay)
    print(await load.serve(), flush=True)
    # What is alive by now stays; a full collection in the middle of a window would look like a slow bot.
    gc.freeze()
    loop = asyncio.get_running_loop()
    stdin = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
    async for line in stdin:
        print(orjson.dumps(load.obey(orjson.loads(line))).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.0))
