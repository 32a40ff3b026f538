"""`python -m bench.load.matrix`: the people of the Matrix part as a process of their own.

It prints the port on which the homeserver reaches it, then takes one JSON command a line and prints one JSON line each.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson

from bench.load.ledger import Ledger
from bench.load.matrix.people import Person, each, enter, is_message
from bench.load.matrix.talks import Talk, Talks
from bench.load.matrix.wire import Event, Wire
from bench.questions import LABELS, asks

_PATIENCE = 30.0


class Load:
    """The people, by whether they encrypt, their talks with the bots, and the commands that steer them."""

    def __init__(self, *, folder: Path) -> None:
        self.wire = Wire()
        self.wire.heard = self._hear
        self._folder = folder
        self._ledger = Ledger()
        self._people: dict[bool, list[Person]] = {}
        self._talks: dict[tuple[str, bool], list[Talk]] = {}
        self._now: Talks | None = None
        self._awaited: dict[str, asyncio.Queue[Event]] = {}

    async def obey(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carry out one command and return what to print for it."""
        match command:
            case {"do": "reach", "url": url, "token": token}:
                self.wire.reach(url, token=token)
                return {}
            case {"do": "enter", "sealed": sealed, "count": count}:
                return await self._enter(count, sealed=sealed)
            case {"do": "rooms", "sealed": sealed, "bot": bot, "token": token, "echoes": echoes}:
                return await self._rooms(bot, sealed=sealed, token=token, echoes=echoes)
            case {"do": "open", "sealed": sealed, "bot": bot, "text": text}:
                return await self._open(bot, sealed=sealed, text=text)
            case {"do": "talk", "sealed": sealed, "bot": bot, "at_once": at_once}:
                self._now = Talks(self._talks[bot, sealed], at_once=at_once, ledger=self._ledger)
                self._now.begin()
                return {}
            case {"do": "window"}:
                return self._ledger.close()
            case {"do": "turn"}:
                return await self._turn()
            case {"do": "rest"}:
                return {"lost": await self._now.rest() if self._now else 0}
            case {"do": "read", "bot": bot}:
                return await self._read(bot)
            case _:
                raise ValueError(f"no such command: {command}")

    async def close(self) -> None:
        """Close all connections."""
        for people in self._people.values():
            for person in people:
                await person.close()
        await self.wire.close()

    async def _enter(self, count: int, *, sealed: bool) -> dict[str, Any]:
        names = [f"bench-{'sealed' if sealed else 'plain'}-{number}" for number in range(count)]
        self._people[sealed] = await each(
            names, lambda name: enter(self.wire, name, sealed=sealed, folder=self._folder)
        )
        return {}

    async def _rooms(self, bot: str, *, sealed: bool, token: str, echoes: bool) -> dict[str, Any]:
        people = self._people[sealed]
        await each(people, lambda person: person.open_room(bot, bot_token=token))
        self._talks[bot, sealed] = [Talk(person=person, bot=bot, echoes=echoes) for person in people]
        return {"rooms": [[person.rooms[bot], person.user_id] for person in people]}

    async def _open(self, bot: str, *, sealed: bool, text: str) -> dict[str, Any]:
        """Share keys, say the text and wait for the first question, or its echo; return what astray ones heard."""
        people = self._people[sealed]
        await each(people, lambda person: person.share_key(bot))
        heard = await asyncio.gather(*(self._come_to_the_start(person, bot, text=text) for person in people))
        return {"astray": [said for said in heard if said]}

    async def _come_to_the_start(self, person: Person, bot: str, *, text: str) -> str:
        """Return nothing, or what was heard in its stead."""
        room, said = person.rooms[bot], "nothing"
        events = self._awaited[room] = asyncio.Queue()
        kind, content = await person.seal(bot, text)
        await person.send(bot, kind=kind, content=content)
        try:
            async with asyncio.timeout(_PATIENCE):
                while said != text and not asks(said, question=0):
                    event = await events.get()
                    texts = (await person.read(bot))[0] if person.client else [event["content"].get("body")]
                    said = str((texts or ["what cannot be read"])[-1])
        except TimeoutError:
            return said
        del self._awaited[room]
        return ""

    def _hear(self, event: Event) -> None:
        if (events := self._awaited.get(event.get("room_id", ""))) is not None:
            if is_message(event) and not event["sender"].startswith("@bench-"):
                events.put_nowait(event)
        elif self._now is not None:
            self._now.hear(event)

    async def _turn(self) -> dict[str, Any]:
        """End a window, and begin one, where all have had as many answers."""
        assert self._now
        try:
            await self._now.turn()
        except TimeoutError:
            raise self._now.failure or RuntimeError("the first of the talks gets no answer") from None
        return self._ledger.close()

    async def _read(self, bot: str) -> dict[str, Any]:
        """Let who encrypts read what came: how many messages ask a question, which do not, how many are unreadable."""
        read = await each(self._people.get(True, []), lambda person: person.read(bot))
        texts = [text for said, _ in read for text in said]
        odd = [text for text in texts if not any(asks(text, question=question) for question in range(len(LABELS)))]
        return {"questions": len(texts) - len(odd), "odd": odd, "unreadable": sum(count for _, count in read)}


async def main() -> None:
    """Serve until stdin ends."""
    # It warns of each device that it has no session with yet.
    logging.getLogger("nio").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        load = Load(folder=Path(folder))
        print(await load.wire.listen(), flush=True)
        gc.freeze()
        loop = asyncio.get_running_loop()
        stdin = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), sys.stdin)
        try:
            async for line in stdin:
                print(orjson.dumps(await load.obey(orjson.loads(line))).decode(), flush=True)
        finally:
            await load.close()


if __name__ == "__main__":
    asyncio.run(main())
