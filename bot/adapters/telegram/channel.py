"""Telegram as a channel: long polling with the core's own cursor, and the calls that answer."""

from __future__ import annotations

import asyncio
import importlib
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import ClientTimeout

from bot.adapters.telegram import inbound, outbound
from bot.adapters.telegram.api import BotApi
from bot.adapters.telegram.errors import (
    NO_ANSWER,
    BotApiError,
    ErrorAnswer,
    channel_error,
    delivery_error,
    is_gone,
    is_too_late,
    is_unchanged,
    is_unknown_file,
)
from bot.adapters.telegram.known import KnownFiles
from bot.domain.messages import (
    Abilities,
    Acknowledgement,
    Attachment,
    Edit,
    Fact,
    Identity,
    InboundMessage,
    Outgoing,
    Reading,
    Recall,
)
from bot.domain.parts import utf16_units
from bot.errors import ChannelUnavailable, Refused

if TYPE_CHECKING:
    from bot.adapters.telegram.request import RareCalls

POLL_SECONDS = 25
CURSOR_LIFETIME = timedelta(days=6)
"""Update ids may begin anew after a week without updates (https://core.telegram.org/bots/api#update)."""

UPDATES_A_POLL = 100
"""The most getUpdates gives (https://core.telegram.org/bots/api#getupdates)."""

PIECES_FOLLOW_WITHIN = 0.7
"""Seconds that an app takes to send the pieces of a long text."""

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

GROUP_RATE = 20
"""Messages a minute to one group, whose id is negative (https://core.telegram.org/bots/faq)."""

COMMANDS = 100
COMMAND_NAME = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
DESCRIPTION_LIMIT = 256
"""https://core.telegram.org/bots/api#setmycommands and #botcommand."""

_POLL_TIMEOUT = ClientTimeout(total=POLL_SECONDS + 15)
_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError)

_log = logging.getLogger(__name__)


class TelegramChannel:
    """One bot on Telegram.

    Args:
        token: as BotFather gave it.
        api_url: root of another Bot API server, None for Telegram's.
        rate: messages a second of this bot, 0 without limit; kept by the core's pacing, not here.
        chat_rate: the same for one chat.
    """

    name = "telegram"

    def __init__(self, *, token: str, api_url: str | None, rate: float = 30, chat_rate: float = 1) -> None:
        self.abilities = Abilities(
            buttons=True,
            edits=True,
            files=True,
            text_limit=outbound.TEXT_LIMIT,
            measure=utf16_units,
            file_limit=outbound.FILE_LIMIT,
            choice_limit=outbound.CHOICE_BUTTONS,
            label_limit=outbound.LABEL_LIMIT,
            rate=rate,
            chat_rate=chat_rate,
            group_rate=GROUP_RATE if chat_rate else 0,
            group_prefix="-",
            cursor_lifetime=CURSOR_LIFETIME,
        )
        self._api = BotApi(token=token, api_url=api_url)
        self._reader: inbound.Reader | None = None
        self._rare: asyncio.Task[RareCalls] | None = None
        self._known = KnownFiles()

    async def connect(self) -> Identity:
        """Sign in; asked the thin way, since it stands between a start and the first message.

        Raises:
            ChannelRefused, ChannelUnavailable.
        """
        try:
            me = await self._api.call("getMe", {})
            bot_id, username = _field(me, "id", method="getMe"), _field(me, "username", method="getMe")
        except BotApiError as error:
            raise channel_error(error) from error
        self._reader = inbound.Reader(account=f"{self.name}:{bot_id}", username=username)
        link = f"https://t.me/{username}?start={{code}}"
        return Identity(account=self._reader.account, name=f"@{username}", link=link)

    async def read(self, cursor: str | None) -> Reading:
        """Wait for updates after the one that `cursor` names; every update moves the cursor, understood or not.

        Raises:
            ChannelRefused, ChannelUnavailable.
        """
        reader = self._signed_in()
        params = {"limit": UPDATES_A_POLL, "timeout": POLL_SECONDS, "allowed_updates": ALLOWED_UPDATES}
        if cursor is not None:
            params["offset"] = int(cursor) + 1
        try:
            updates = await self._api.call("getUpdates", params, timeout=_POLL_TIMEOUT)
            reading = _reading(updates, cursor=cursor, reader=reader)
            if reading.messages and inbound.may_go_on(reading.messages[-1]):
                # The rest of a cut text follows at once; nothing is confirmed yet, so the same comes again with it.
                await asyncio.sleep(PIECES_FOLLOW_WITHIN)
                updates = await self._api.call("getUpdates", params | {"timeout": 0}, timeout=_POLL_TIMEOUT)
                reading = _reading(updates, cursor=cursor, reader=reader)
        except BotApiError as error:
            raise channel_error(error) from error
        return reading

    async def send(self, outgoing: Outgoing) -> Sequence[str]:
        """Send what a question shows, text, then other attachments; return the ids, the message with the buttons last.

        Raises:
            DeliveryError: one of its family; parts of a long text may have arrived by then.
        """
        chat, message = outgoing.address.chat, outgoing.message
        texts: list[str] = []
        files: list[str] = []
        try:
            files += [await self._show(each, outgoing=outgoing) for each in message.attachments if each.source]
            for method, params in outbound.send_calls(message, chat=chat):
                sent = await self._api.call(method, params, departure=outgoing.departure)
                texts.append(str(_field(sent, "message_id", method=method)))
            for attachment in (each for each in message.attachments if not each.source):
                rare = await self._rare_calls()
                files.append(
                    await rare.send_document(attachment, chat=outbound.chat_id(chat), departure=outgoing.departure)
                )
        except BotApiError as error:
            raise delivery_error(error, chat=chat) from error
        return [*texts[:-1], *files, *texts[-1:]]

    async def edit(self, edit: Edit) -> None:
        """Change a message; one that already looks so is fine.

        Raises:
            DeliveryError: one of its family.
        """
        chat = edit.address.chat
        method, params = outbound.edit_call(edit.message, chat=chat, message_id=edit.message_id)
        try:
            await self._api.call(method, params, departure=edit.departure)
        except BotApiError as error:
            if not is_unchanged(error):
                raise delivery_error(error, chat=chat) from error

    async def recall(self, recall: Recall) -> None:
        """Delete messages, which Telegram allows for 48 hours; what is gone already is fine.

        Raises:
            DeliveryError: one of its family.
        """
        chat = recall.address.chat
        for message_id in recall.message_ids:
            params = {"chat_id": outbound.chat_id(chat), "message_id": int(message_id)}
            try:
                await self._api.call("deleteMessage", params, departure=recall.departure)
            except BotApiError as error:
                if not is_gone(error):
                    raise delivery_error(error, chat=chat) from error

    async def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        """Stop the spinner on a pressed button; a press that is too old is fine.

        Raises:
            DeliveryError: one of its family.
        """
        params = {"callback_query_id": acknowledgement.ack}
        if acknowledgement.text:
            params["text"] = outbound.toast(acknowledgement.text)
        try:
            await self._api.call("answerCallbackQuery", params)
        except BotApiError as error:
            if not is_too_late(error):
                raise delivery_error(error) from error

    async def fetch(self, file_id: str, *, limit: int) -> bytes:
        """Download a file; Telegram itself gives bots none above 20 MB.

        Raises:
            DeliveryError: `Refused` with reason `too_large` or `gone`, or another of its family.
        """
        rare = await self._rare_calls()
        try:
            path, size = await rare.find_file(file_id)
            content = await self._api.download(path, limit=limit) if size <= limit else None
        except BotApiError as error:
            raise delivery_error(error) from error
        if content is None:
            raise Refused(f"The file is larger than {limit} bytes.", reason="too_large")
        return content

    async def offer_commands(self, menus: Mapping[str, Sequence[tuple[str, str]]], *, chat: str | None = None) -> None:
        """Set the menus a language, and the first of them for people of any other language.

        Raises:
            ValueError: a name that Telegram does not allow, or too many commands.
            DeliveryError: one of its family.
        """
        for commands in menus.values():
            _check(commands)
        where = None if chat is None else outbound.chat_id(chat)
        first = next(iter(menus.values()), None)
        entries: dict[str | None, Sequence[tuple[str, str]]] = {} if first is None else {None: first}
        # The Bot API knows two-letter codes alone.
        entries |= {language.partition("-")[0].lower(): commands for language, commands in menus.items()}
        rare = await self._rare_calls()
        try:
            for language, commands in entries.items():
                menu = [(name, description[:DESCRIPTION_LIMIT]) for name, description in commands]
                await rare.set_commands(menu, language=language, chat=where)
        except BotApiError as error:
            raise delivery_error(error, chat=chat) from error

    async def check(self) -> Sequence[Fact]:
        """There is nothing more to tell."""
        return ()

    async def close(self) -> None:
        """Close the connections; never raises."""
        if self._rare is not None:
            await asyncio.wait([self._rare])
        await self._api.close()

    async def _show(self, attachment: Attachment, *, outgoing: Outgoing) -> str:
        """Send a file of a form, by its id if Telegram has it already."""
        chat, departure = outbound.chat_id(outgoing.address.chat), outgoing.departure
        known = self._known.call(attachment, chat=chat)
        if known is not None:
            method, params = known
            try:
                sent = await self._api.call(method, params, departure=departure)
                return str(_field(sent, "message_id", method=method))
            except BotApiError as error:
                if not is_unknown_file(error):
                    raise
                self._known.forget(attachment)
        rare = await self._rare_calls()
        message = await rare.send_media(attachment, chat=chat, departure=departure)
        self._known.learn(attachment, message)
        return str(message.message_id)

    def _signed_in(self) -> inbound.Reader:
        if self._reader is None:
            raise RuntimeError("connect comes before read")
        return self._reader

    async def _rare_calls(self) -> RareCalls:
        """Import python-telegram-bot when it is first needed, in a thread, so that polling goes on meanwhile."""
        if self._rare is None:
            self._rare = asyncio.create_task(self._load_rare_calls())
        return await asyncio.shield(self._rare)

    async def _load_rare_calls(self) -> RareCalls:
        module = await asyncio.to_thread(importlib.import_module, "bot.adapters.telegram.request")
        rare: RareCalls = module.RareCalls(self._api)
        return rare


def _reading(updates: Any, *, cursor: str | None, reader: inbound.Reader) -> Reading:
    if not isinstance(updates, list):
        raise ChannelUnavailable("Telegram answered getUpdates with something that is no list of updates.")
    if not updates:
        return Reading(account=reader.account, cursor=cursor)
    now = datetime.now(UTC)
    messages: list[InboundMessage] = []
    last = -1
    for update in updates:
        update_id = update.get("update_id") if isinstance(update, dict) else None
        if not isinstance(update_id, int):
            raise ChannelUnavailable("Telegram sent an update without a number, which cannot be confirmed.")
        last = max(last, update_id)
        try:
            message = inbound.read_update(update, reader=reader, now=now)
        except _MALFORMED as error:
            _log.warning("update %d is set aside: %s", update_id, type(error).__name__)
            continue
        if message is not None:
            messages.append(message)
    return Reading(account=reader.account, messages=tuple(inbound.joined(messages)), cursor=str(last))


def _field(result: Any, name: str, *, method: str) -> Any:
    if isinstance(result, dict) and name in result:
        return result[name]
    raise BotApiError(method, ErrorAnswer(code=NO_ANSWER, description=f"a result without {name}"))


def _check(commands: Sequence[tuple[str, str]]) -> None:
    if len(commands) > COMMANDS:
        raise ValueError(f"Telegram's menu holds {COMMANDS} commands, not {len(commands)}")
    for name, _ in commands:
        if COMMAND_NAME.fullmatch(name) is None:
            raise ValueError(f"Telegram's menu takes names of a-z, 0-9 and _, not {name!r}")
