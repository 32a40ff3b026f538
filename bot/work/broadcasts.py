"""Jobs about broadcasts that are written in the chat: the draft and its preview, a test, the list of who got it."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.desk import perform
from bot.domain.asking import menu_message
from bot.domain.broadcasting import LIST, LOOK, MAKE, TEST
from bot.domain.broadcasts import recipients as listed
from bot.domain.broadcasts.audience import EXAMPLES
from bot.domain.broadcasts.board import PREVIEW
from bot.domain.broadcasts.content import language_for, render
from bot.domain.broadcasts.model import Broadcast, Button, Content, FileShown, Preview
from bot.domain.broadcasts.problems import Problem, problems
from bot.domain.broadcasts.reasons import in_words
from bot.domain.broadcasts.showing import shown_preview
from bot.domain.desk import ChangeDraft, DraftBroadcast
from bot.domain.messages import Abilities, Attachment, OutboundMessage, PromptId
from bot.domain.people import ContactId
from bot.domain.scene import NewPrompt, Reply
from bot.domain.speech import Speaker
from bot.errors import Refused, UsageError
from bot.files.csv_lines import EXCEL, CsvLines
from bot.house import House
from bot.ports import Channel, Job
from bot.runtime.jobs import Crew
from bot.work.audiences import look
from storage import broadcasts_report, reports
from storage.broadcasts import load_one, reader_at

FETCHED = 20_000_000
"""Bytes of a file that is fetched; Telegram gives bots no larger ones."""


class BroadcastWork:
    """The four jobs."""

    def __init__(self, house: House, channels: Mapping[str, Channel]) -> None:
        self._house = house
        self._channels = channels

    def crew(self) -> Crew:
        """Return what a worker needs to know of these jobs."""
        kinds = {MAKE: self.make, LOOK: self.look, TEST: self.test, LIST: self.list}
        return Crew(kinds=kinds, failed=self.failed, rights={MAKE: "send", LOOK: "send", TEST: "send", LIST: "names"})

    async def make(self, job: Job) -> Sequence[Reply]:
        """Write a draft down, or change it, and show what it would do."""
        file, limit = job.data["file"] or {}, min(FETCHED, self._house.hub.file_limit)
        if "file_id" not in file:
            return await self._made(job)
        try:
            fetched = await self._channels[job.address.channel].fetch(file["file_id"], limit=limit)
        except Refused as error:
            if error.reason != "too_large":
                raise
            say = self._say(job)
            lost = _told(say("broadcast.file_too_large", limit=limit // 1_000_000), say)
            return [lost, *await self._made(job)]
        return await self._made(job, fetched=fetched)

    async def _made(self, job: Job, *, fetched: bytes | None = None) -> Sequence[Reply]:
        """Write it down with the file that was fetched, the one that it has, or none; show what it would do."""
        data, say = job.data, self._say(job)
        known = None if data.get("number") is None else await self._load(data["number"])
        file = data["file"] or {}
        files: dict[str, bytes] | None = {}
        shown: tuple[FileShown, ...] = ()
        if "kept" in file and known is not None:
            files, shown = None, known.content.files
        elif fetched is not None:
            media_type = file["media_type"] or mimetypes.guess_type(file["name"])[0] or "application/octet-stream"
            files = {file["name"]: fetched}
            shown = (FileShown.of(file["name"], fetched, media_type=media_type),)
        content = Content(
            texts=data["texts"],
            buttons=tuple(Button(kind, label, target) for kind, label, target in data["buttons"]),
            files=shown,
        )
        try:
            number = await self._written(job, content, files, known)
        except UsageError:  # somebody changed or confirmed it meanwhile
            return [_told(say("directing.changed", number=data["number"]), say)]
        return await self._preview(number, job)

    async def _written(
        self, job: Job, content: Content, files: Mapping[str, bytes] | None, known: Broadcast | None
    ) -> int:
        data, actor = job.data, job.data["actor"]
        rules = tuple(data["audience"])
        if known is not None:
            change = ChangeDraft(
                broadcast=known.id, revision=data["revision"], content=content, files=files, audience=rules
            )
            await perform(self._house, actor=actor, command=change)
            return known.id
        draft = DraftBroadcast(
            content=content,
            audience=rules,
            files=files or {},
            corrects=data.get("corrects"),
            author=None if data["author"] is None else ContactId(data["author"]),
            report_to=job.address,
            language=data["language"],
        )
        return await perform(self._house, actor=actor, command=draft)

    async def look(self, job: Job) -> Sequence[Reply]:
        """Show once more what a draft would do."""
        return await self._preview(int(job.data["broadcast"]), job)

    async def _preview(self, number: int, job: Job) -> Sequence[Reply]:
        house, say = self._house, self._say(job)
        broadcast = await self._load(number)
        if broadcast.state != "draft":
            return [_told(say("directing.changed", number=number), say)]
        prompt = PromptId(house.next_id())
        try:
            preview = await look(
                house,
                abilities=self._abilities(),
                content=broadcast.content,
                rules=broadcast.audience,
                hurry=broadcast.hurry,
                start_at=broadcast.start_at,
                broadcast=number,
            )
        except UsageError as error:
            return [_wrong_rule(broadcast, error, say, prompt)]
        message, new = shown_preview(broadcast, preview, await self._problems(broadcast, preview), say, prompt=prompt)
        samples = [
            Reply(message=replace(sample, where=say("preview.sample", language=say(f"language.{language}"))))
            for language, sample in preview.samples.items()
            if preview.recipients
        ]
        return [*samples, Reply(message=message, prompt=new)]

    async def _problems(self, broadcast: Broadcast, preview: Preview) -> list[Problem]:
        house = self._house
        forms = [form["name"] for form in await house.database.read(reports.list_forms) if form["state"] == "open"]
        found = problems(
            broadcast.content,
            languages=house.hub.languages,
            catalogue=house.texts,
            hub=house.hub.name,
            limits={},
            forms=forms,
        )
        found += [Problem(kind="too_long", **_fields(each)) for each in preview.too_long]
        return found + [
            Problem(kind="too_large", channel=channel, what=file, over=over)
            for channel, file, over in preview.too_large
        ]

    async def test(self, job: Job) -> Sequence[Reply]:
        """Send it to who wrote it, in each language that it has, as a reader of that language gets it."""
        broadcast, house = await self._load(int(job.data["broadcast"])), self._house
        address, content = job.address, broadcast.content
        params = await house.database.read(lambda: reader_at(address))
        own = language_for(content, job.data["language"], languages=house.hub.languages)
        others = [each for each in house.hub.languages if content.texts.get(each) and each != own]
        replies = []
        for language in (own, *others):
            say = house.texts.speaker(language)
            message = render(
                content, language=language, params=params, hub=house.hub.name, broadcast=broadcast.id, say=say
            )
            replies.append(Reply(message=message))
        return replies

    async def list(self, job: Job) -> Sequence[Reply]:
        """Write down who got it, who did not, and why."""
        say, number = self._say(job), int(job.data["broadcast"])
        people = await self._house.database.read(lambda: broadcasts_report.everybody(number))
        content = await asyncio.to_thread(as_csv, people, say)
        name = f"{say('directing.file_name')}-{number}.csv"
        file = Attachment(name=name, media_type="text/csv", content=content)
        text = say.count("directing.list_of", len(people), broadcast=number)
        return [Reply(message=OutboundMessage(text=text, attachments=(file,), language=say.language))]

    async def failed(self, job: Job) -> Sequence[Reply]:
        """Return what the organiser hears when a job could not be done; what was written is kept without its file."""
        say = self._say(job)
        if job.kind == MAKE and "file_id" in (job.data["file"] or {}):
            return [_told(say("broadcast.file_lost"), say), *await self._made(job)]
        return [_told(say("broadcast.failed"), say)]

    async def _load(self, number: int) -> Broadcast:
        found = await self._house.database.read(lambda: load_one(number))
        if found is None:
            raise UsageError(f"there is no broadcast {number}")
        return found

    def _abilities(self) -> Mapping[str, Abilities]:
        return {name: channel.abilities for name, channel in self._channels.items()}

    def _say(self, job: Job) -> Speaker:
        return self._house.texts.speaker(job.data["language"])


def _fields(too_long: Any) -> dict[str, Any]:
    return {"channel": too_long.channel, "language": too_long.language, "over": too_long.over}


def _told(text: str, say: Speaker) -> Reply:
    return Reply(message=OutboundMessage(text=text, language=say.language))


def _wrong_rule(broadcast: Broadcast, error: UsageError, say: Speaker, prompt: PromptId) -> Reply:
    """Say that the audience cannot be made out; the draft is kept, and its audience can be changed."""
    choices = [["audience", say("preview.change_audience")], ["drop", say("preview.drop")]]
    data = {"broadcast": broadcast.id, "revision": broadcast.revision, "recipients": 0, "choices": choices}
    new = NewPrompt(id=prompt, kind=PREVIEW, data=data)
    message = menu_message(
        say("broadcast.rule_wrong", rules=", ".join(broadcast.audience)),
        new,
        where=say("preview.title", number=broadcast.id),
    )
    why = str(error) if say.language == "en" else " · ".join(EXAMPLES.values())
    return Reply(message=replace(message, hint=why, prompt=prompt, language=say.language), prompt=new)


def as_csv(people: Sequence[listed.Recipient], say: Speaker, *, head: bool = True) -> bytes:
    """Return a file (or what goes on in it, without its head) that a double click opens well in a German Excel."""
    names = say("directing.columns").split(", ")
    lines = CsvLines(names, dialect=EXCEL)
    made = [lines.head()] if head else []
    for each in people:
        at = each.finished_at.isoformat(timespec="seconds") if each.finished_at is not None else ""
        state, reason = say(listed.WORDS[each.state]), in_words(each.reason or each.kept, say)
        cells = (each.contact, each.name, each.company, each.channel, state, reason, at)
        made.append(lines.line(dict(zip(names, cells, strict=True))))
    return "".join(made).encode()
