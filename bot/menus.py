"""The command menus that platforms show: the common one, and that of each of the staff."""

from __future__ import annotations

import logging
from collections.abc import KeysView

from bot.domain.commands import usable
from bot.domain.people import Role
from bot.errors import DeliveryError, StorageUnavailable
from bot.house import House
from bot.ports import Channel
from storage.unit_of_work import SqlStore

log = logging.getLogger(__name__)

NOBODY: tuple[frozenset[Role], bool] = (frozenset(), False)  # no role, and free to take part


class CommandMenus:
    """What was offered to whom, so that only those whose roles have changed are told."""

    def __init__(self, house: House, store: SqlStore) -> None:
        self._house = house
        self._store = store
        self._offered: dict[str, dict[str, tuple[frozenset[Role], bool]]] = {}

    @property
    def offered(self) -> KeysView[str]:
        """The channels on which menus were offered."""
        return self._offered.keys()

    async def offer(self, channel: Channel) -> None:
        """Show the common menu on a channel that was connected, and the menus of its staff."""
        try:
            await channel.offer_commands(self._menus(NOBODY))
        except DeliveryError as error:
            log.warning("command menus of %s were not set: %s", channel.name, error)
        await self.offer_staff(channel)

    async def offer_staff(self, channel: Channel) -> None:
        """Give the menu of their roles to those whose roles changed since the last time, and the common one back."""
        offered = self._offered.setdefault(channel.name, {})
        try:
            now = await self._store.staff_chats(channel.name)
            for chat in now.keys() | offered.keys():
                shown = now.get(chat, NOBODY)
                if offered.get(chat, NOBODY) != shown:
                    offered[chat] = shown
                    await channel.offer_commands(self._menus(shown), chat=chat)
        except (DeliveryError, StorageUnavailable) as error:
            log.warning("command menus of staff on %s were not set: %s", channel.name, error)

    def _menus(self, whose: tuple[frozenset[Role], bool]) -> dict[str, list[tuple[str, str]]]:
        roles, staff = whose
        menus = {}
        for language in self._house.hub.languages:
            say = self._house.texts.speaker(language)
            menus[language] = [
                (command.in_language(language), say(f"help.{command.name}")) for command in usable(roles, staff=staff)
            ]
        return menus
