"""The Telegram channel against the strict double: what it sends is allowed, what people do is understood."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.adapters.telegram.channel import TelegramChannel
from bot.domain.messages import (
    Acknowledgement,
    Address,
    Attachment,
    Choice,
    DeliveryId,
    Edit,
    Edited,
    InboundMessage,
    MembershipChanged,
    OutboundMessage,
    Outgoing,
    Pressed,
    PromptId,
    Said,
    SentMedia,
    Way,
)
from bot.errors import ChannelRefused, RateLimited, Refused, Unavailable, Unreachable
from tests.doubles.telegram import TOKEN, Fault, TelegramDouble

PROMPT = PromptId(36**5)
ICS = Attachment("termin.ics", "text/calendar", b"BEGIN:VCALENDAR")


@pytest.fixture
async def double() -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as double:
        yield double
        assert double.take_violations() == []


@pytest.fixture
async def channel(double: TelegramDouble) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(token=TOKEN, api_url=double.url)
    await channel.connect()
    yield channel
    await channel.close()


async def read(channel: TelegramChannel, cursor: str | None = None) -> tuple[list[InboundMessage], str | None]:
    reading = await channel.read(cursor)
    return list(reading.messages), reading.cursor


async def send(channel: TelegramChannel, chat: int, message: OutboundMessage) -> list[str]:
    address = Address("telegram", str(chat))
    return list(await channel.send(Outgoing(delivery=DeliveryId(1), address=address, message=message)))


def question(*labels: str, selected: bool | None = None) -> OutboundMessage:
    choices = tuple(Choice(str(n), label, selected) for n, label in enumerate(labels, 1))
    ways = (Way("back", "‹ Zurück"), Way("skip", "Überspringen"), Way("pause", "Pause"))
    return OutboundMessage(
        where="Feld 1 & 2 · Frage 9 von etwa 18",
        text="Was <genau>?",
        hint="Mehrere möglich.",
        choices=choices,
        ways=ways,
        prompt=PROMPT,
    )


async def test_a_conversation_from_start_to_answered_question(double: TelegramDouble, channel: TelegramChannel) -> None:
    ada = double.user(language_code="de")
    await ada.starts("K7QX-93MD")
    messages, cursor = await read(channel)
    assert [(message.content, message.language) for message in messages] == [(Said("/start K7QX-93MD"), "de")]
    address = messages[0].address

    (message_id,) = await send(channel, ada.id, question("Prototypen testen", "Maschinen mitnutzen", selected=False))
    assert ada.last.text == "Feld 1 & 2 · Frage 9 von etwa 18\n\nWas <genau>?\nMehrere möglich."
    assert ada.last.buttons == ("☐ Prototypen testen", "☐ Maschinen mitnutzen", "‹ Zurück", "Überspringen", "Pause")

    await ada.presses("☐ Maschinen mitnutzen")
    messages, cursor = await read(channel, cursor)
    assert [message.content for message in messages] == [Pressed(PROMPT, "2", True, message_id)]
    assert messages[0].ack is not None
    await channel.acknowledge(Acknowledgement(address=address, ack=messages[0].ack))
    assert double.unanswered == []

    answered = OutboundMessage(text="Was <genau>?", chosen=("Maschinen mitnutzen",), prompt=PROMPT)
    for _ in range(2):
        await channel.edit(Edit(address=address, message_id=message_id, message=answered))
    shown = ada.last
    assert (shown.text, shown.buttons) == ("Was <genau>?\n\n✓ Maschinen mitnutzen", ())


async def test_reading_without_confirming_gives_the_same_again(
    double: TelegramDouble, channel: TelegramChannel
) -> None:
    ada = double.user()
    await ada.starts()
    _, cursor = await read(channel)
    await ada.says("zwanzig")
    assert await read(channel, cursor) == await read(channel, cursor)


async def test_what_people_do_is_understood(double: TelegramDouble, channel: TelegramChannel) -> None:
    ada = double.user()
    said = await ada.starts()
    await ada.says("20", reply_to=said)
    await ada.forwards("weiter")
    await ada.edits(said, "21")
    await ada.sends_document("bedarf.xlsx", b"PK")
    await ada.sends_photo(caption="Lager")
    await ada.sends_sticker()
    await ada.blocks()
    await ada.unblocks()
    messages, _ = await read(channel)
    start, reply, forwarded, edited, document, photo, sticker, blocked, unblocked = (one.content for one in messages)
    assert (start, reply) == (Said("/start"), Said("20", reply_to=str(said)))
    assert (forwarded, edited) == (Said("weiter", forwarded=True), Edited("21"))
    assert isinstance(document, SentMedia)
    assert (document.kind, document.name, document.size) == ("document", "bedarf.xlsx", 2)
    assert [one.kind for one in (photo, sticker) if isinstance(one, SentMedia)] == ["photo", "sticker"]
    assert (blocked, unblocked) == (MembershipChanged(present=False), MembershipChanged(present=True))
    assert await channel.fetch(document.file_id or "", limit=2) == b"PK"
    with pytest.raises(Refused, match="larger"):
        await channel.fetch(document.file_id or "", limit=1)


@pytest.mark.parametrize(
    "message",
    [
        question(*(f"Stadt {n}" for n in range(130))),
        question("x" * 60, "y\ny", "😀" * 30),
        OutboundMessage(text="😀 <&> " * 4000, hint="klein " * 900, prompt=PROMPT, ways=question().ways),
        OutboundMessage(text="&" * 4096),
        OutboundMessage(text=" \u200b", prompt=PROMPT, ways=question().ways),
        OutboundMessage(text="a\u202eb\u0007c\ud800d"),
    ],
    ids=["many", "long labels", "long text", "escapes", "blank", "odd characters"],
)
async def test_nothing_we_send_breaks_a_rule(
    double: TelegramDouble, channel: TelegramChannel, message: OutboundMessage
) -> None:
    ada = double.user()
    await ada.starts()
    ids = await send(channel, ada.id, message)
    assert str(ada.last.id) == ids[-1]
    assert bool(ada.last.buttons) == (message.prompt is not None)


async def test_a_file_goes_out_after_its_text(double: TelegramDouble, channel: TelegramChannel) -> None:
    ada = double.user()
    await ada.starts()
    ids = await send(channel, ada.id, OutboundMessage(text="Der Termin", attachments=(ICS,)))
    assert (ada.last.document, ada.last.content) == ("termin.ics", b"BEGIN:VCALENDAR")
    assert len(ids) == 2


async def test_menus_arrive(double: TelegramDouble, channel: TelegramChannel) -> None:
    ada = double.user(language_code="en")
    await ada.starts()
    await channel.offer_commands({"de": [("hilfe", "Hilfe")], "en": [("help", "Help")]})
    assert ada.menu() == [("help", "Help")]
    await channel.offer_commands({"en": [("export", "Export")]}, chat=str(ada.id))
    assert ada.menu() == [("export", "Export")]


async def test_who_cannot_be_reached_is_told_apart(double: TelegramDouble, channel: TelegramChannel) -> None:
    ada = double.user()
    await ada.starts()
    await ada.blocks()
    for chat, reason in ((ada.id, "blocked"), (999, "unknown_chat")):
        with pytest.raises(Unreachable) as caught:
            await send(channel, chat, OutboundMessage(text="x"))
        assert caught.value.reason == reason


async def test_too_fast_pauses_the_chat(double: TelegramDouble, channel: TelegramChannel) -> None:
    ada = double.user()
    await ada.starts()
    double.limit(chat_rate=1, chat_burst=1, retry_after=3)
    await send(channel, ada.id, OutboundMessage(text="x"))
    with pytest.raises(RateLimited) as caught:
        await send(channel, ada.id, OutboundMessage(text="y"))
    assert (caught.value.retry_after.total_seconds(), caught.value.whole_bot) == (3, False)


@pytest.mark.parametrize("fault", [Fault.LOSE_REPLY, Fault.CUT, Fault.ERROR_500, Fault.ERROR_502, Fault.HALF_JSON])
async def test_no_clear_answer_is_no_answer(double: TelegramDouble, channel: TelegramChannel, fault: Fault) -> None:
    ada = double.user()
    await ada.starts()
    double.fail(fault, method="sendMessage")
    with pytest.raises(Unavailable):
        await send(channel, ada.id, OutboundMessage(text="x"))
    assert await send(channel, ada.id, OutboundMessage(text="y"))


async def test_a_wrong_token_is_refused(double: TelegramDouble) -> None:
    channel = TelegramChannel(token="1:wrong", api_url=double.url)
    with pytest.raises(ChannelRefused):
        await channel.connect()
    await channel.close()
    double.take_violations()
