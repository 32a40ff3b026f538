"""Which chats and bots have to be silent, and until when; and whose older messages wait in the ledger meanwhile."""

from __future__ import annotations

import time

from bot.domain.messages import Address, DeliveryId

LEDGER_LOOKED_AT_WITHIN = 10.0  # seconds after a pause; a row that has not come back by then was cancelled or erased


class Pauses:
    """Seconds of silence; `waiting` remembers what was put back, so that nothing newer overtakes it."""

    def __init__(self) -> None:
        self._chats: dict[Address, float] = {}
        self._bots: dict[str, float] = {}
        self._reasons: dict[Address, str] = {}
        self._put_back: dict[Address, set[DeliveryId]] = {}

    def begin(self, address: Address, seconds: float, *, reason: str, whole_bot: bool = False) -> None:
        """Silence a chat, or with `whole_bot` everything on its channel."""
        until = time.monotonic() + seconds
        if whole_bot:
            self._bots[address.channel] = max(until, self._bots.get(address.channel, 0.0))
        else:
            self._chats[address] = max(until, self._chats.get(address, 0.0))
            self._reasons[address] = reason

    def rest(self, address: Address) -> float:
        """Return for how many seconds nothing may leave for that chat."""
        return max(self.rest_of_chat(address), self._bots.get(address.channel, 0.0) - time.monotonic())

    def rest_of_bot(self, channel: str) -> float:
        """Return for how many seconds everything on a channel has to be silent."""
        return max(0.0, self._bots.get(channel, 0.0) - time.monotonic())

    def rest_of_chat(self, address: Address) -> float:
        """Return for how many of those seconds it is the chat's own pause."""
        now = time.monotonic()
        until = self._chats.get(address, 0.0)
        if until and until <= now and address not in self._put_back:
            del self._chats[address]
            self._reasons.pop(address, None)
        return max(0.0, until - now)

    def reason(self, address: Address) -> str:
        """Return why that chat was silenced."""
        return self._reasons.get(address, "")

    def concerns_bot(self, address: Address) -> bool:
        """Say whether the whole bot of that chat's channel has to be silent now."""
        return self._bots.get(address.channel, 0.0) > time.monotonic()

    def put_back(self, address: Address, delivery: DeliveryId) -> None:
        """Note that a delivery waits in the ledger."""
        self._put_back.setdefault(address, set()).add(delivery)
        self._chats.setdefault(address, time.monotonic())

    def is_overtaking(self, address: Address, delivery: DeliveryId) -> bool:
        """Say whether older messages of that chat still wait in the ledger; one of those themselves is taken off."""
        waiting = self._put_back.get(address)
        if waiting is None:
            return False
        waiting.discard(delivery)
        older = any(other < delivery for other in waiting)
        over_at = max(self._chats.get(address, 0.0), self._bots.get(address.channel, 0.0))
        if not waiting or time.monotonic() > over_at + LEDGER_LOOKED_AT_WITHIN:
            del self._put_back[address]
            return False
        return older
