"""Files at the terminal: `@path` sends one, and only one that can be read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bot.adapters.terminal import TerminalChannel
from bot.domain.messages import Address, Attachment, Content, DeliveryId, OutboundMessage, Outgoing, Said, SentMedia
from bot.errors import Refused


async def read(line: str, *, files: Path) -> Content:
    channel = TerminalChannel(
        person="ada", language="de", files=files, source=io.StringIO(line + "\n"), sink=io.StringIO()
    )
    await channel.connect()
    await channel.read(None)
    return (await channel.read(None)).messages[0].content


async def test_a_line_that_names_a_file_sends_it(tmp_path: Path) -> None:
    path = tmp_path / "unsere halle.png"
    path.write_bytes(b"\x89PNG")
    content = await read(f"@{path}", files=tmp_path)
    assert content == SentMedia("document", file_id=str(path), name="unsere halle.png", size=4, media_type="image/png")


@pytest.mark.parametrize("line", ["@nobody", "@", "@/", "ada@example.org", "@~nobody/x", "@a\0b"])
async def test_any_other_line_is_text(tmp_path: Path, line: str) -> None:
    assert await read(line, files=tmp_path) == Said(line)


async def test_a_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "plan.pdf"
    path.write_bytes(b"12345")
    channel = TerminalChannel(person="ada", language="de", files=tmp_path, source=io.StringIO(), sink=io.StringIO())
    assert await channel.fetch(str(path), limit=5) == b"12345"
    with pytest.raises(Refused) as refused:
        await channel.fetch(str(path), limit=4)
    assert refused.value.reason == "too_large"
    path.unlink()
    with pytest.raises(Refused) as refused:
        await channel.fetch(str(path), limit=5)
    assert refused.value.reason == "gone"


@pytest.mark.parametrize(("language", "word"), [("de", "Bild"), ("en", "Picture")])
async def test_what_a_question_shows_is_named_before_it(tmp_path: Path, language: str, word: str) -> None:
    sink = io.StringIO()
    channel = TerminalChannel(person="ada", language=language, files=tmp_path, source=io.StringIO(), sink=sink)
    hall = Attachment("halle.png", "image/png", b"picture", source="form:12:halle.png")
    message = OutboundMessage(text="Wie groß?", attachments=(hall,), language=language)
    await channel.send(Outgoing(delivery=DeliveryId(1), address=Address("terminal", "ada"), message=message))
    assert sink.getvalue() == f"\n[{word}: halle.png]\nWie groß?\n"
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 -- nobody else waits for this loop
