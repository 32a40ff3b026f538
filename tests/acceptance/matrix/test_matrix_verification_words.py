"""What a verification means to the whole bot: one message with the emojis in the person's language, nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from bot.texts import load_texts
from storage.tables import addresses, answers, contacts, prompts, visitors
from tests.acceptance.matrix.verifying import InRoom, with_identity
from tests.contract.channels.matrix import EncryptedMatrixStage, MatrixPerson
from tests.contract.channels.staging import staged

TABLES = (addresses, answers, contacts, prompts, visitors)


@asynccontextmanager
async def _stage(folder: Path) -> AsyncIterator[EncryptedMatrixStage]:
    async with staged("matrix-encrypted", folder=folder, forms=("short",)) as stage:
        assert isinstance(stage, EncryptedMatrixStage)
        yield stage


async def test_in_the_middle_of_a_question_it_is_told_and_answers_nothing(tmp_path: Path) -> None:
    async with _stage(tmp_path) as stage:
        ada = await stage.joined()
        assert isinstance(ada, MatrixPerson)
        await ada.picks("Fragebogen beginnen")
        await ada.hears("Was wünschen Sie sich?")
        await ada.settled()
        before = await _counted(stage)
        await _verified(stage, ada, language="de", wanted="Meine sieben Bilder sind:")
        assert await _counted(stage) == before
        await ada.says("Mehr Zeit")
        await ada.hears("Wollen Sie absenden?")
        assert (await stage.answers())["wish"] == ("given", True, "Mehr Zeit")


async def test_somebody_who_has_not_consented_is_told_too_and_nothing_is_kept(tmp_path: Path) -> None:
    async with _stage(tmp_path) as stage:
        bob = stage.person("bob", language="en")
        await bob.starts()
        await bob.hears("What this is about")
        await bob.hears("Responsible: Hochschule Muster")
        await bob.settled()
        before = await _counted(stage)
        await _verified(stage, bob, language="en", wanted="My seven pictures are:")
        assert await _counted(stage) == before
        await bob.picks("I agree")
        await bob.hears("company")


async def _verified(stage: EncryptedMatrixStage, person: MatrixPerson, *, language: str, wanted: str) -> None:
    """Let somebody's client verify the bot, whose words about it must come once."""
    told = await person.contact.call("POST", "/keys/query", {"device_keys": {stage.user_id: []}})
    [device] = told["device_keys"][stage.user_id]
    client = InRoom(person.contact, person.room, bot_id=stage.user_id, bot_device=device)

    async def hears(kind: str) -> dict[str, Any]:
        return await stage.first(lambda: client.heard(kind))

    person.reads_all()
    asking = await client.begins(keys=await with_identity(person.contact))
    await hears("ready")
    await client.says("start", asking.start())
    asking.takes_accept(await hears("accept"))
    await client.says("key", asking.key())
    asking.takes_key(await hears("key"))
    say = load_texts(("de", "en"), timezone=ZoneInfo("Europe/Berlin")).speaker(language)
    await person.hears(", ".join(say(f"emoji.{number}") for number in asking.emojis()))
    await client.says("mac", asking.mac())
    known = {**told["device_keys"][stage.user_id][device]["keys"], **told["master_keys"][stage.user_id]["keys"]}
    assert len(asking.takes_mac(await hears("mac"), known=known)) == 2
    await hears("done")
    await person.settled()
    assert len([text for text in person.seen() if wanted in text]) == 1


async def _counted(stage: EncryptedMatrixStage) -> list[int]:
    return [(await stage.values(select(func.count()).select_from(table)))[0] for table in TABLES]
