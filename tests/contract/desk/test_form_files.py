"""What forms show: kept a version, carried over, bounded, and put in the place of references."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.desk import perform
from bot.domain.broadcasts.content import render
from bot.domain.broadcasts.model import Content, FileShown
from bot.domain.desk import ChangeDraft, DraftBroadcast, PublishForm
from bot.domain.messages import Attachment, OutboundMessage
from bot.errors import UsageError
from bot.forms.model import Form, Question
from bot.house import House
from storage import form_files, reports
from storage.codec import dump, message_of
from storage.form_files import FormFiles

SHOWN = Question(path="hall", name="hall", type="text", media={"image": {"": "halle.png"}})
FORM = Form(name="f", title={"": "F"}, version="1", languages=("de",), questions=(SHOWN,))


async def publish(house: House, form: Form = FORM, **what: Any) -> int:
    """Publish a form; return its newest version's number."""
    command = PublishForm(form=form, name="f", file_name="f.xlsx", source=what.pop("source", b"1"), **what)
    return (await perform(house, actor="somebody", command=command)).number


async def files(house: House) -> dict[str, bytes]:
    """Return the files of the newest version."""
    version = (await house.database.read(lambda: reports.source_of("f")))[3]
    return await house.database.read(lambda: form_files.of_version(version))


async def test_a_changed_picture_is_a_new_version_and_the_same_is_not(house: House) -> None:
    assert await publish(house, files={"halle.png": b"old"}) == 1
    assert await publish(house, files={"halle.png": b"old"}) == 1
    assert await publish(house, files={"halle.png": b"new"}) == 2
    assert await files(house) == {"halle.png": b"new"}


async def test_what_was_published_before_stays_as_long_as_the_form_names_it(house: House) -> None:
    await publish(house, files={"halle.png": b"old"})
    assert await publish(house, source=b"2") == 2
    assert await files(house) == {"halle.png": b"old"}
    bare = replace(FORM, questions=(replace(SHOWN, media={}),))
    assert await publish(house, bare, source=b"3") == 3
    assert await files(house) == {}


@pytest.mark.parametrize("sizes", [[form_files.FILE_LIMIT + 1], [form_files.FILE_LIMIT] * 11])
async def test_too_much_is_refused_and_nothing_is_published(house: House, sizes: list[int]) -> None:
    with pytest.raises(UsageError, match="MB"):
        await publish(house, files={f"{number}.png": bytes(size) for number, size in enumerate(sizes)})
    assert await house.database.read(reports.list_forms) == []


async def test_references_are_filled_and_what_is_gone_is_left_out(house: House) -> None:
    await publish(house, files={"halle.png": b"picture", "a:b.png": b"odd"})
    version = (await house.database.read(lambda: reports.source_of("f")))[3]
    names = [f"form:{version}:halle.png", f"form:{version}:a:b.png", f"form:{version}:gone.png", "form:x:halle.png"]
    own = Attachment("own.json", "application/json", b"{}")
    message = OutboundMessage(
        text="?", attachments=(own, *(Attachment("x.png", "image/png", source=name, caption="c") for name in names))
    )
    filled = await FormFiles(house.database).fill(message_of(dump(message)))
    assert [(each.content, each.caption) for each in filled.attachments] == [
        (b"{}", ""),
        (b"picture", "c"),
        (b"odd", "c"),
    ]


async def test_a_draft_that_gets_another_file_of_the_same_name_goes_out_with_that_one(house: House) -> None:
    store, number, sent = FormFiles(house.database), 0, []
    for content in (b"old", b"new"):
        file = FileShown.of("plan.pdf", content, media_type="application/pdf")
        said = Content(texts={"de": "Text"}, files=(file,))
        if number:
            change = ChangeDraft(broadcast=number, revision=0, content=said, files={"plan.pdf": content})
            await perform(house, actor="P1", command=change)
        else:
            draft = DraftBroadcast(content=said, audience=(), files={"plan.pdf": content})
            number = await perform(house, actor="P1", command=draft)
        say = house.texts.speaker("de")
        message = render(said, language="de", params=("", ""), hub="Hub", broadcast=number, say=say)
        sent += [each.content for each in (await store.fill(message)).attachments]
    assert sent == [b"old", b"new"]


async def test_memory_holds_no_more_than_it_may(house: House) -> None:
    await publish(house, files={"a.png": b"aaaa", "b.png": b"bbbb"})
    version = (await house.database.read(lambda: reports.source_of("f")))[3]
    store = FormFiles(house.database, limit=6)
    for name in ("a.png", "b.png", "a.png"):
        message = OutboundMessage(
            text="?", attachments=(Attachment(name, "image/png", source=f"form:{version}:{name}"),)
        )
        assert (await store.fill(message)).attachments[0].content == name[:1].encode() * 4
    assert store.held == 4
