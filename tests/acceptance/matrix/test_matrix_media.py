"""Files and pictures, both ways, in plain and in encrypted rooms."""

from __future__ import annotations

import io
import random
from collections.abc import Mapping
from typing import Any

import pytest
from nio.crypto import decrypt_attachment
from PIL import Image

from bot.domain.messages import Attachment, SentMedia
from bot.errors import Refused
from tests.acceptance.matrix.conftest import Bot, OpenContact
from tests.people_matrix import Contact


def _picture(*, seed: int, size: tuple[int, int] = (1200, 900)) -> bytes:
    """Return a picture with something on it."""
    noise = Image.frombytes("L", (60, 45), random.Random(seed).randbytes(60 * 45))
    output = io.BytesIO()
    noise.resize(size).save(output, "PNG")
    return output.getvalue()


async def _seen(ada: Contact, place: Mapping[str, Any]) -> bytes:
    """Return what somebody sees who opens a file of the bot."""
    source = place.get("file") or place
    content: bytes = (await ada.client.download(source["url"])).body
    if "key" in source:
        content = decrypt_attachment(content, source["key"]["k"], source["hashes"]["sha256"], source["iv"])
    return content


async def test_a_picture_goes_out_with_its_small_version(bot: Bot, contact: OpenContact, encrypted: bool) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    chart = Attachment(name="Antworten.png", media_type="image/png", content=_picture(seed=1))
    await bot.says(room, "Ihr Bild", attachments=(chart,))
    await ada.hears(room, "Ihr Bild")
    shown = await ada.hears(room, "Antworten.png")
    info = shown.content["info"]
    assert (shown.content["msgtype"], shown.encrypted) == ("m.image", encrypted)
    assert (info["w"], info["h"], info["mimetype"], info["size"]) == (1200, 900, "image/png", len(chart.content))
    assert await _seen(ada, shown.content) == chart.content
    small = {name.removeprefix("thumbnail_"): place for name, place in info.items() if name.startswith("thumbnail_")}
    assert ("file" in small, "url" in small) == (encrypted, not encrypted)
    content = await _seen(ada, small)
    assert small["info"] == {"mimetype": "image/png", "size": len(content), "w": 800, "h": 600}
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (800, 600)
    if encrypted:
        assert small["file"]["key"] != shown.content["file"]["key"]
        assert (await ada.client.download(small["file"]["url"])).body != content


@pytest.mark.parametrize(
    ("name", "media_type", "content", "kind"),
    [
        ("klein.png", "image/png", _picture(seed=2, size=(80, 60)), "m.image"),
        ("kaputt.png", "image/png", _picture(seed=3)[:500], "m.file"),
        ("antworten.csv", "text/csv", b"a;b\n", "m.file"),
        ("gruss.ogg", "audio/ogg", b"OggS", "m.audio"),
        ("rundgang.mp4", "video/mp4", b"\0\0\0\x18ftyp", "m.video"),
    ],
    ids=["small picture", "broken picture", "file", "sound", "film"],
)
async def test_other_files_go_out_as_what_they_are(
    bot: Bot, contact: OpenContact, encrypted: bool, name: str, media_type: str, content: bytes, kind: str
) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    await bot.says(room, "Bitte sehr", attachments=(Attachment(name=name, media_type=media_type, content=content),))
    shown = await ada.hears(room, name)
    assert (shown.content["msgtype"], shown.content["filename"]) == (kind, name)
    assert not [name for name in shown.content["info"] if name.startswith("thumbnail_")]
    assert await _seen(ada, shown.content) == content


@pytest.mark.parametrize(("kind", "meant"), [("m.image", "photo"), ("m.file", "document")])
async def test_what_somebody_sends_can_be_fetched(
    bot: Bot, contact: OpenContact, encrypted: bool, kind: str, meant: str
) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=encrypted)
    await bot.reads_text("/start")
    content = _picture(seed=4)
    uploaded, keys = await ada.client.upload(
        lambda *_: io.BytesIO(content), content_type="image/png", encrypt=encrypted, filesize=len(content)
    )
    place = {"file": {**keys, "url": uploaded.content_uri}} if encrypted else {"url": uploaded.content_uri}
    await ada.sends(room, {"msgtype": kind, "body": "x.png", "info": {"size": len(content)}, **place})
    sent = (await bot.reads(lambda message: isinstance(message.content, SentMedia))).content
    assert isinstance(sent, SentMedia)
    assert (sent.kind, sent.name, sent.size) == (meant, "x.png", len(content))
    assert sent.file_id is not None
    assert await bot.channel.fetch(sent.file_id, limit=len(content)) == content
    with pytest.raises(Refused) as refused:
        await bot.channel.fetch(sent.file_id, limit=len(content) - 1)
    assert refused.value.reason == "too_large"


async def test_an_encrypted_file_that_was_changed_is_refused(bot: Bot, contact: OpenContact) -> None:
    ada = await contact()
    room = await ada.opens_room(bot.user_id, encrypted=True)
    await bot.reads_text("/start")
    _, keys = await ada.client.upload(lambda *_: io.BytesIO(b"wahr"), encrypt=True, filesize=4)
    other, _ = await ada.client.upload(lambda *_: io.BytesIO(b"fals"), filesize=4)
    place = {"file": {**keys, "url": other.content_uri}}
    await ada.sends(room, {"msgtype": "m.file", "body": "x.csv", **place})
    sent = (await bot.reads(lambda message: isinstance(message.content, SentMedia))).content
    assert isinstance(sent, SentMedia)
    assert sent.file_id is not None
    with pytest.raises(Refused) as refused:
        await bot.channel.fetch(sent.file_id, limit=100)
    assert refused.value.reason == "gone"
