"""Each test has a bot's account of its own on the session's homeserver, and people with clients of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.matrix.channel import MatrixChannel
from bot.adapters.matrix.signin import Credentials
from bot.domain.messages import Address, Choice, DeliveryId, InboundMessage, OutboundMessage, Outgoing, Said
from tests.doubles.vault import MemoryVault
from tests.fixtures_synapse import PASSWORD, Synapse, _mortal_synapse, own_synapse, synapse
from tests.people_matrix import Contact

__all__ = ["_mortal_synapse", "own_synapse", "synapse"]

PATIENCE = 20.0


@dataclass
class Bot:
    """One installation: its account, its data, and a reading that goes on where the last one was confirmed."""

    synapse: Synapse
    user_id: str
    data_dir: Path
    vault: MemoryVault = field(default_factory=MemoryVault)
    cursor: str | None = None
    read: list[InboundMessage] = field(default_factory=list)
    channel: MatrixChannel = field(init=False)
    deliveries: int = 0

    def build(self, **wishes: Any) -> MatrixChannel:
        """Build the channel anew, as a start does."""
        names = {field.name for field in fields(Credentials)}
        given = {"homeserver": self.synapse.url, "user_id": self.user_id, "password": PASSWORD} | wishes
        credentials = Credentials(**{name: value for name, value in given.items() if name in names})
        rest = {name: value for name, value in wishes.items() if name not in names}
        chosen: dict[str, Any] = {"pickle_key": "a key from the secret", "vault": self.vault} | rest
        self.channel = MatrixChannel(credentials, data_dir=self.data_dir, **chosen)
        return self.channel

    async def restart(self, **wishes: Any) -> None:
        """Stop and start."""
        await self.channel.close()
        await self.build(**wishes).connect()

    async def reads(self, wanted: Callable[[InboundMessage], bool]) -> InboundMessage:
        """Read until something is there, and return it; all else stays to be asked for."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for place, message in enumerate(self.read):
                    if wanted(message):
                        del self.read[place]
                        return message
                reading = await self.channel.read(self.cursor)
                self.cursor = reading.cursor
                self.read += reading.messages

    async def reads_text(self, text: str) -> InboundMessage:
        """Read until somebody said that."""
        return await self.reads(lambda message: isinstance(message.content, Said) and message.content.text == text)

    async def says(self, chat: str, text: str, *choices: str, **more: Any) -> list[str]:
        """Send a message with numbered choices; return the event ids."""
        self.deliveries += 1
        message = OutboundMessage(
            text=text, choices=tuple(Choice(str(place), label) for place, label in enumerate(choices, 1)), **more
        )
        return list(await self.channel.send(self.outgoing(chat, message)))

    def outgoing(self, chat: str, message: OutboundMessage, *, delivery: int | None = None) -> Outgoing:
        """Return a message on its way."""
        number = self.deliveries if delivery is None else delivery
        return Outgoing(delivery=DeliveryId(number), address=Address("matrix", chat), message=message)


OpenContact = Callable[..., Awaitable[Contact]]


@pytest.fixture
async def bot(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Bot]:
    user_id = synapse.new_user("bot")
    synapse.unlimited(user_id)
    bot = Bot(synapse=synapse, user_id=user_id, data_dir=tmp_path / "data")
    await bot.build().connect()
    yield bot
    await bot.channel.close()


@pytest.fixture
async def contact(synapse: Synapse, tmp_path: Path) -> AsyncIterator[OpenContact]:
    """Let somebody enter, on a device of their own."""
    async with AsyncExitStack() as stack:
        places = iter(range(100))

        async def entered(homeserver: Synapse = synapse, **more: Any) -> Contact:
            person = await Contact.enter(homeserver, tmp_path / f"contact{next(places)}", **more)
            stack.push_async_callback(person.leaves)
            return person

        yield entered


@pytest.fixture(params=(False, True), ids=("plain", "encrypted"))
def encrypted(request: pytest.FixtureRequest) -> bool:
    found: bool = request.param
    return found
