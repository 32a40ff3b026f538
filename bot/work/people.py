"""Jobs about lists of companies and people that an organiser sends in by chat: check and preview, enter, drop."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from bot.desk import perform
from bot.domain.asking import menu_message
from bot.domain.desk import ImportPeople
from bot.domain.importing import Imported, Suspect
from bot.domain.listed import COLUMN_LIMIT, FILE_LIMIT, ROW_LIMIT, PeopleList, RowError
from bot.domain.messages import OutboundMessage, PromptId
from bot.domain.scene import NewPrompt, Reply
from bot.domain.speech import Speaker
from bot.errors import Refused, UsageError
from bot.house import House
from bot.listing import Sheet, read_apart
from bot.ports import Channel, Job
from bot.runtime.jobs import Crew
from bot.work.forms import FormWork
from handlers.people_lists import KIND
from storage.desk.people import look

SHOWN = 6
"""Lines of a kind in a preview; a phone's screen is small, and the file has to be mended elsewhere anyway."""
KEPT = timedelta(hours=24)
"""How long a list waits for a decision: it is about people, so it lies nowhere for long."""

_UNUSABLE = {
    "unreadable": "lists.unreadable",
    "empty": "lists.empty",
    "no_company": "lists.no_company",
    "too_large": "lists.too_large",
    "too_many_rows": "lists.too_many_rows",
    "too_many_columns": "lists.too_many_columns",
}
_WRONG = {
    "company": "lists.wrong_company",
    "too_long": "lists.wrong_length",
    "mail": "lists.wrong_mail",
    "language": "lists.wrong_language",
    "formula": "lists.wrong_formula",
    "erased": "lists.wrong_erased",
    "tag": "lists.wrong_tag",
}
_DOUBT = {"domain": "lists.same_domain", "claimed": "lists.claimed_too", "elsewhere": "lists.known_elsewhere"}


class PeopleWork:
    """The three jobs. A list waits in the data directory by its hash, between the preview and the decision."""

    def __init__(self, house: House, channels: Mapping[str, Channel], *, forms: FormWork) -> None:
        self._house = house
        self._channels = channels
        self._forms = forms
        self._folder = house.settings.data_dir / "uploads" / "lists"

    def crew(self) -> Crew:
        """Return what a worker needs to know of these jobs."""
        self._sweep()
        kinds = {"check_list": self.check, "enter_list": self.enter, "drop_list": self.drop}
        return Crew(kinds=kinds, failed=self.failed, rights=dict.fromkeys(kinds, "send"))

    async def check(self, job: Job) -> Sequence[Reply]:
        """Fetch a table, say what it would do, and ask; a form is checked as one by who may change forms."""
        say = self._say(job)
        try:
            data = await self._channels[job.address.channel].fetch(job.data["file_id"], limit=FILE_LIMIT)
        except Refused as error:
            if error.reason != "too_large":
                raise
            return [_told(say("forms.too_large", limit=FILE_LIMIT // 1_000_000), say, where=job.data["name"])]
        sheet = await self._read(data)
        if sheet.kind == "form" and job.data["forms"]:
            return await self._forms.check(job)
        unusable = "no_company" if sheet.kind == "form" else sheet.people.unusable
        if unusable is not None:
            limits = {"limit": FILE_LIMIT // 1_000_000, "rows": ROW_LIMIT, "columns": COLUMN_LIMIT}
            return [_told(say(_UNUSABLE[unusable], **limits), say, where=job.data["name"])]
        ahead = await self._house.database.read(
            lambda: look(sheet.people.rows, keyed=self._house.hub.person_hash, language=self._house.hub.languages[0])
        )
        text = "\n".join(_preview(sheet.people, ahead, say))
        if not _does_something(ahead):
            return [_told(text, say, where=job.data["name"])]
        prompt = NewPrompt(
            id=PromptId(self._house.next_id()),
            kind=KIND,
            data={
                "sha256": await asyncio.to_thread(self._keep, data),
                "choices": [["enter", say("lists.enter")], ["drop", say("lists.drop")]],
            },
        )
        message = menu_message(text, prompt, where=job.data["name"])
        shown = OutboundMessage(
            where=message.where, text=message.text, choices=message.choices, prompt=prompt.id, language=say.language
        )
        return [Reply(message=shown, prompt=prompt)]

    async def enter(self, job: Job) -> Sequence[Reply]:
        """Enter a list that was looked at before."""
        say, path = self._say(job), self._path(job)
        try:
            data = await asyncio.to_thread(path.read_bytes)
        except OSError:
            return [_told(say("lists.gone"), say)]
        sheet = await self._read(data)
        command = ImportPeople(
            rows=sheet.people.rows, keyed=self._house.hub.person_hash, language=self._house.hub.languages[0]
        )
        done = await perform(self._house, actor=job.data["actor"], command=command)
        path.unlink(missing_ok=True)
        text = say(
            "lists.entered",
            companies=done.companies.new,
            contacts=done.contacts.new,
            changed=done.companies.changed + done.contacts.changed,
        )
        return [_told(text, say)]

    async def drop(self, job: Job) -> Sequence[Reply]:
        """Let go of a list that is not wanted."""
        self._path(job).unlink(missing_ok=True)
        self._sweep()
        return ()

    async def failed(self, job: Job) -> Sequence[Reply]:
        """Return what the organiser hears when a job could not be done."""
        say = self._say(job)
        return [_told(say("forms.unreadable"), say)]

    async def _read(self, data: bytes) -> Sheet:
        return await asyncio.to_thread(read_apart, data, languages=self._house.hub.languages)

    def _say(self, job: Job) -> Speaker:
        return self._house.texts.speaker(job.data.get("language", self._house.hub.languages[0]))

    def _path(self, job: Job) -> Path:
        digest = str(job.data["sha256"])
        if not digest.isalnum():
            raise UsageError("no list has such a name")
        return self._folder / digest

    def _keep(self, data: bytes) -> str:
        self._sweep()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = hashlib.sha256(data).hexdigest()
        path = self._folder / digest
        path.touch(mode=0o600)
        path.write_bytes(data)
        return digest

    def _sweep(self) -> None:
        """Remove lists that nobody has decided on for a day."""
        too_old = (self._house.clock.now() - KEPT).timestamp()
        for path in self._folder.glob("*"):
            if path.stat().st_mtime < too_old:
                path.unlink(missing_ok=True)


def _told(text: str, say: Speaker, *, where: str = "") -> Reply:
    return Reply(message=OutboundMessage(where=where, text=text, language=say.language))


def _does_something(ahead: Imported) -> bool:
    return any(tally.new or tally.changed for tally in (ahead.companies, ahead.contacts))


def _preview(people: PeopleList, ahead: Imported, say: Speaker) -> list[str]:
    if not _does_something(ahead):
        lines = [say("lists.nothing_new")]
    else:
        lines = [
            say(key, new=tally.new, known=tally.known, changed=tally.changed)
            for key, tally in (("lists.companies", ahead.companies), ("lists.contacts", ahead.contacts))
        ]
    if people.unknown:
        lines.append(say("lists.unknown", columns=", ".join(people.unknown)))
    errors = sorted((*people.errors, *ahead.errors), key=lambda error: error.row)
    if errors:
        lines += [say.count("lists.errors", len(errors)), *_cut([_error(error, say) for error in errors], say)]
    if ahead.suspects:
        lines += [say("lists.doubts"), *_cut([_doubt(each, say) for each in ahead.suspects], say)]
    return lines


def _cut(lines: list[str], say: Speaker) -> list[str]:
    more = len(lines) - SHOWN
    return lines if more <= 0 else [*lines[:SHOWN], say("forms.preview_more", number=more)]


def _error(error: RowError, say: Speaker) -> str:
    what = f": {error.what}" if error.what and error.why != "formula" else ""
    return say("lists.row", row=error.row, what=say(_WRONG[error.why]) + what)


def _doubt(doubt: Suspect, say: Speaker) -> str:
    return say("lists.row", row=doubt.row, what=say(_DOUBT[doubt.why], name=doubt.name, other=doubt.other or "–"))
