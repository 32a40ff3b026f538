"""A file as an answer, through the whole bot: it goes on at once, the file comes after the commit, exactly once."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select

from bot.cli.attached import Attached
from bot.cli.checkup import look_at_files
from bot.desk import table_of
from bot.domain.messages import SentMedia
from bot.errors import Unavailable
from bot.work.files import PAUSES
from storage import reported, reports
from storage.shelf import Shelf
from storage.tables import answer_history, attachments, inbox_seen, jobs
from tests.contract.channels.memory import MemoryPerson, MemoryStage, Recorded
from tests.contract.channels.staging import prepared

PICTURE = b"\x89PNG\r\n\x1a\n our hall"
HALL, PLAN, WISH = "Wie sieht Ihre Halle aus?", "Haben Sie einen Plan?", "Was wünschen Sie sich?"

Open = Callable[..., Any]


class Platform(Recorded):
    """Hands files out only when it is told to, and may be out of order for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = asyncio.Event()
        self.failures = 0
        self.fetched = 0

    async def fetch(self, file_id: str, *, limit: int) -> bytes:
        self.asked.set()
        await self.gate.wait()
        self.fetched += 1
        if self.failures:
            self.failures -= 1
            raise Unavailable("The platform is away.")
        return await super().fetch(file_id, limit=limit)


class FileStage(MemoryStage):
    """A hub whose platform carries files."""

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self.channel: Platform = Platform()

    async def at_hall(self, name: str = "ada") -> MemoryPerson:
        """Return a person who stands at the question for a picture."""
        ada = cast("MemoryPerson", await self.joined(name))
        await ada.says("/umfrage")
        await ada.hears(HALL)
        return ada

    def sends(self, content: bytes = PICTURE, *, kind: str = "document", chat: str = "ada", **told: Any) -> None:
        """Let somebody send a file."""
        file_id = f"f{len(self.channel.files)}"
        self.channel.files[file_id] = content
        facts: dict[str, Any] = {"size": len(content), "media_type": "image/png"} | told
        self.channel.put(SentMedia(kind, file_id=file_id, **facts), chat=chat)

    async def state(self) -> list[tuple[str, str]]:
        """Return states and reasons of all files."""
        return [(row[0], row[1]) for row in await self.rows(select(attachments.c.state, attachments.c.reason))]

    async def fetched(self) -> None:
        """Wait until no job is left that can be done now."""
        for worker in self.app.workers:
            await worker.idle()
        await self.settled()

    async def dies(self) -> None:
        """Let the bot die in the middle of what it does, and begin anew."""
        assert self.work is not None
        self.work.cancel()
        await asyncio.gather(self.work, return_exceptions=True)
        self.work = None
        await self._stack.aclose()
        await self.open()

    @property
    def shelf(self) -> Shelf:
        """The files in the data directory."""
        return Shelf(self.settings.data_dir, quota=0)


@asynccontextmanager
async def _staged(**wishes: Any) -> AsyncIterator[FileStage]:
    with prepared(forms=("files",), **wishes) as settings:
        here = FileStage(settings)
        await here.open()
        try:
            yield here
        except BaseException:
            await here.close()
            raise
        await here.end()


@pytest.fixture(params=["sqlite", "postgresql"])
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """Open a stage with a form that asks for files."""
    async with AsyncExitStack() as stack:

        async def opened(**wishes: Any) -> FileStage:
            return await stack.enter_async_context(_staged(folder=tmp_path, database=request.param, **wishes))

        yield opened


async def test_a_picture_is_an_answer_at_once_and_on_the_shelf_soon(stage: Open) -> None:
    here: FileStage = await stage()
    ada = await here.at_hall()
    here.channel.gate.clear()
    here.sends(name="Halle von Ada.png")
    await ada.hears(PLAN)
    await here.channel.asked.wait()
    (value,) = [value for _, _, value in (await here.answers()).values()]
    assert value.startswith("photo-")
    assert value.endswith(".png")
    assert await here.state() == [("waiting", "")]
    here.channel.gate.set()
    await here.fetched()
    (row,) = await here.rows(
        select(
            attachments.c.sha256,
            attachments.c.size,
            attachments.c.media_type,
            attachments.c.file_id,
            attachments.c.value,
        )
    )
    assert row[1:] == (len(PICTURE), "image/png", None, value)
    assert here.shelf.path(row[0]).read_bytes() == PICTURE
    assert await here.rows(select(jobs.c.id)) == []


@pytest.mark.parametrize(
    ("content", "told", "words"),
    [
        (b"MZ\x90\x00 program", {}, "Art kann ich hier nicht annehmen"),
        (b"<svg onload=alert(1)>", {}, "Art kann ich hier nicht annehmen"),
        (PICTURE + bytes(2000), {"size": 5}, "höchstens 1 MB"),
    ],
)
async def test_a_file_that_is_not_what_it_said_is_asked_for_again(
    stage: Open, content: bytes, told: dict[str, Any], words: str
) -> None:
    here: FileStage = await stage(attachments={"limit": 1000, "quota": 10_000})
    ada = await here.at_hall()
    here.sends(content, **told)
    await ada.hears(PLAN)
    lost = await ada.hears("konnte ich nicht behalten")
    assert words in lost.text
    assert "ein Foto oder Bild" in lost.text
    await ada.hears(HALL)
    await here.fetched()
    assert await here.answers() == {}
    assert [state for state, _ in await here.state()] == ["failed"]
    assert len(await here.rows(select(answer_history.c.id))) == 1
    here.sends()
    await ada.hears(PLAN)
    await here.fetched()
    assert sorted(state for state, _ in await here.state()) == ["failed", "stored"]


async def test_a_file_of_another_kind_is_refused_at_once(stage: Open) -> None:
    here: FileStage = await stage()
    ada = await here.at_hall()
    here.sends(b"OggS", kind="voice", media_type="audio/ogg")
    heard = await ada.hears("Art kann ich hier nicht annehmen")
    assert "20 MB" in heard.text
    here.channel.sends("sticker")
    await ada.hears("Art kann ich hier nicht annehmen")
    assert await here.answers() == {}
    assert await here.state() == []


async def test_a_kill_while_a_file_is_fetched_loses_nothing(stage: Open) -> None:
    here: FileStage = await stage()
    ada = await here.at_hall()
    here.channel.gate.clear()
    here.sends()
    await ada.hears(PLAN)
    await here.channel.asked.wait()
    await here.dies()
    here.channel.gate.set()
    await here.fetched()
    assert here.channel.fetched == 1
    assert await here.state() == [("stored", "")]


async def test_a_kill_after_the_file_was_lost_tells_it_once(stage: Open) -> None:
    here: FileStage = await stage()
    ada = await here.at_hall()
    here.sends(b"MZ\x90\x00")
    await ada.hears(PLAN)
    await ada.hears(HALL)
    await here.fetched()
    (attachment,) = await here.values(select(attachments.c.id))
    seen = await here.values(select(inbox_seen.c.native_id).where(inbox_seen.c.account == "files"))
    assert seen == [f"lost {attachment}"]
    # As if the process had died before it took the job off the list: the job is done once more.
    heard = len(ada.messages())
    await here.write(
        jobs.insert().values(
            id=here.house.next_id(),
            kind="fetch",
            channel="memory",
            chat="ada",
            data=f'{{"attachment":{attachment},"sender":"ada"}}',
            state="running",
            created_at=0,
        )
    )
    await here.dies()
    await here.fetched()
    assert await here.rows(select(jobs.c.id)) == []
    assert len(ada.messages()) == heard


async def test_a_platform_that_is_away_is_asked_again_later(stage: Open) -> None:
    here: FileStage = await stage()
    ada = await here.at_hall()
    here.channel.failures = 2
    here.sends()
    await ada.hears(PLAN)
    for pause in PAUSES[:2]:
        await here.fetched()
        assert await here.state() == [("waiting", "")]
        here.clock.ahead += timedelta(seconds=pause + 1)
        await here.app.look_for_due()
    await here.fetched()
    assert here.channel.fetched == 3
    assert await here.state() == [("stored", "")]


async def test_a_full_shelf_is_told_and_one_can_go_on(stage: Open) -> None:
    here: FileStage = await stage(attachments={"limit": 1000, "quota": 4})
    ada = await here.at_hall()
    here.sends()
    await ada.hears(PLAN)
    await ada.hears("kein Platz")
    await here.fetched()
    assert await here.state() == [("failed", "full")]
    assert [state for state, _, _ in (await here.answers()).values()] == ["given"]
    await ada.says("/weiter")
    await ada.hears(WISH)


async def test_a_file_replaced_meanwhile_is_not_missed(stage: Open) -> None:
    here: FileStage = await stage()
    ada = await here.at_hall()
    here.channel.gate.clear()
    here.sends(b"MZ\x90\x00")
    await ada.hears(PLAN)
    await ada.says("/zurueck")
    await ada.hears(HALL)
    here.sends()
    await ada.hears(PLAN)
    here.channel.gate.set()
    await here.fetched()
    assert sorted(await here.state()) == [("failed", "wrong_type"), ("stored", "")]
    assert len(await here.answers()) == 1
    assert not any("konnte ich nicht behalten" in message.text for message in ada.messages())


async def test_forgetting_takes_rows_and_files_along_but_no_file_of_others(stage: Open) -> None:
    here: FileStage = await stage()
    for name in ("ada", "bob"):
        person = await here.at_hall(name)
        here.sends(chat=name)
        await person.hears(PLAN)
    await here.fetched()
    (sha256,) = set(await here.values(select(attachments.c.sha256)))
    await _forgets(here.person("ada"))
    await here.settled()
    await here.app.sweep()
    assert here.shelf.path(sha256).read_bytes() == PICTURE
    await _forgets(here.person("bob"))
    await here.settled()
    await _gone(here, sha256)
    assert await here.rows(select(attachments.c.id)) == []


async def _forgets(person: MemoryPerson) -> None:
    await person.says("/vergessen")
    await person.hears("LÖSCHEN")
    await person.says("LÖSCHEN")
    await person.hears("Wir haben alles gelöscht")


async def _gone(here: FileStage, sha256: str) -> None:
    async with asyncio.timeout(5):
        while here.shelf.path(sha256).exists():  # noqa: ASYNC110 -- a folder tells nobody when it changes
            await asyncio.sleep(0.01)


async def test_an_export_brings_the_files_under_the_names_of_its_cells(stage: Open, tmp_path: Path) -> None:
    here: FileStage = await stage()
    ada = await here.at_hall()
    here.sends(b"\x89PNG\r\n\x1a\n blurred")
    await ada.hears(PLAN)
    await ada.says("/zurueck")
    await ada.hears(HALL)
    here.sends(name="Halle von Ada Muster.png")
    await ada.hears(PLAN)
    await here.fetched()
    chosen = await here.house.database.read(lambda: reports.versions("files"))
    table = table_of(here.house, chosen, values="codes", pseudonymise=True)
    attached = Attached(here.house, tmp_path / "out")
    async for page in reports.stream_responses(here.house.database, chosen, reported.Selection(partial=True)):
        await attached.write(page)
        cells = table.row(page[0])
    (written,) = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert written == tmp_path / "out" / str(cells["response_id"]) / str(cells["hall"])
    assert written.read_bytes() == PICTURE
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert attached.written == 1
    assert "Ada" not in repr(cells)


async def test_a_person_sees_their_own_files(stage: Open) -> None:
    here: FileStage = await stage()
    ada = await here.at_hall()
    here.sends(name="Halle.png")
    await ada.hears(PLAN)
    await here.fetched()
    await ada.says("/meinedaten")
    heard = await ada.hears("Dateien: eine")
    assert heard.file is not None
    (file,) = json.loads(heard.file[1])["files"]
    assert (file["name"], file["state"], file["size"], file["question"]) == (
        "Halle.png",
        "stored",
        len(PICTURE),
        "hall",
    )


async def test_doctor_tells_what_is_used_what_found_no_room_and_what_is_missing(stage: Open) -> None:
    here: FileStage = await stage(attachments={"limit": 1000, "quota": len(PICTURE)})
    ada = await here.at_hall()
    here.sends()
    await ada.hears(PLAN)
    await here.fetched()
    (nearly,) = await look_at_files(here.house.database, here.settings)
    assert nearly.state == "warning"
    assert "1 files" in nearly.message
    here.sends()
    await here.fetched()
    here.sends(b"%PDF-1.7", media_type="application/pdf")
    await here.fetched()
    (sha256,) = set(await here.values(select(attachments.c.sha256).where(attachments.c.state == "stored")))
    here.shelf.path(sha256).unlink()
    _, missing = await look_at_files(here.house.database, here.settings)
    assert missing.state == "error"


async def test_doctor_is_content_with_an_empty_shelf(stage: Open) -> None:
    here: FileStage = await stage()
    (finding,) = await look_at_files(here.house.database, here.settings)
    assert (finding.state, finding.mend) == ("ok", "")
