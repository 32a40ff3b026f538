"""A contact's client, nio's, with a verification of the bot in a room."""

from __future__ import annotations

from typing import Any

from nio import UnknownEvent

from bot.adapters.matrix.signing import USAGES, SigningKeys, new_seeds
from tests.doubles.matrix.asking import Asking
from tests.people_matrix import Contact

Object = dict[str, Any]


class InRoom:
    """A contact's client with a verification in a room, as Element begins it for another person."""

    def __init__(self, person: Contact, room: str, *, bot_id: str, bot_device: str) -> None:
        self.person = person
        self.room = room
        self.bot_id = bot_id
        self.bot_device = bot_device
        self.came: list[tuple[str, Object]] = []
        person.client.add_event_callback(self._note, UnknownEvent)

    async def begins(self, *, keys: dict[str, str]) -> Asking:
        client = self.person.client
        content = {
            "msgtype": "m.key.verification.request",
            "body": "Ada möchte Schlüssel vergleichen.",
            "from_device": client.device_id,
            "methods": ["m.sas.v1", "m.qr_code.show.v1", "m.reciprocate.v1"],
            "to": self.bot_id,
        }
        request = await self.person.sends(self.room, content)
        return Asking(
            user_id=self.person.user_id,
            device_id=client.device_id,
            bot_id=self.bot_id,
            bot_device=self.bot_device,
            transaction=request,
            tie={"m.relates_to": {"rel_type": "m.reference", "event_id": request}},
            keys=keys,
        )

    async def says(self, kind: str, content: Object) -> None:
        await self.person.sends(self.room, content, kind=f"m.key.verification.{kind}")

    async def hears(self, kind: str) -> Object:
        """Wait for a step of the bot's."""
        found: Object = await self.person.until(lambda: self.heard(kind), f"no {kind} came")
        return found

    def heard(self, kind: str) -> Object | None:
        """Return a step that has come, and not again after that."""
        for place, (found, content) in enumerate(self.came):
            if found == f"m.key.verification.{kind}":
                del self.came[place]
                return content
        return None

    async def _note(self, room: Any, event: UnknownEvent) -> None:
        if room.room_id == self.room and event.sender == self.bot_id:
            assert bool(event.decrypted) is bool(room.encrypted)
            self.came.append((event.type, event.source["content"]))


async def with_identity(person: Contact) -> dict[str, str]:
    """Give somebody signing keys, as clients make them; return what they vouch for."""
    keys = SigningKeys.from_seeds(new_seeds())
    body = {f"{usage}_key": keys.key_object(usage, user_id=person.user_id) for usage in USAGES}
    await person.call("POST", "/keys/device_signing/upload", body)
    master = keys.public("master")
    fingerprint = person.client.olm.account.identity_keys["ed25519"]
    return {f"ed25519:{person.client.device_id}": fingerprint, f"ed25519:{master}": master}
