"""Jobs about a form's progress: the picture, and the list of who is missing as a file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.domain.desk import public_id
from bot.domain.messages import Attachment, OutboundMessage
from bot.domain.progress import Absentee, FormShown, Overview
from bot.domain.reporting import FILE, PICTURE
from bot.domain.scene import Reply
from bot.domain.speech import Speaker
from bot.files.csv_lines import EXCEL, CsvLines
from bot.files.progress_picture import draw
from bot.house import House
from bot.ports import Job
from bot.runtime.jobs import Crew
from storage import progress

EVERYBODY = 1_000_000


async def look(house: House, form: str) -> Overview:
    """Return a form's progress now; "" is the newest open one.

    Raises:
        UsageError: there is no such form.
    """
    shown = await house.database.read(lambda: progress.find_form(form))
    compiled = await house.database.read(lambda: house.library.get([shown.version]))
    now = house.clock.now()
    return await house.database.read(lambda: progress.overview(shown, compiled.get(shown.version), now=now))


async def picture(house: House, figures: Overview, say: Speaker) -> bytes:
    """Return the picture, drawn while the bot goes on."""
    return await asyncio.to_thread(
        draw, figures, say, hub=house.hub.name, title=title_of(figures.form, say), made_at=house.clock.now()
    )


async def absentees(house: House, form: FormShown) -> tuple[Absentee, ...]:
    """Return all who are invited and have not submitted."""
    now = house.clock.now()
    return await house.database.read(lambda: progress.missing(form, now=now, many=EVERYBODY))


def title_of(form: FormShown, say: Speaker) -> str:
    """Return what people call a form."""
    return form.title.get(say.language) or next(iter(form.title.values()), "") or form.name


def as_csv(people: Sequence[Absentee], say: Speaker) -> bytes:
    """Return a file that a double click opens well in a German Excel."""
    names = say("progress.columns").split(", ")
    lines = CsvLines(names, dialect=EXCEL)
    made = [lines.head()]
    for each in people:
        stands = say(f"progress.stands_{each.stage}")
        cells = (public_id("P", each.contact), each.name, each.company, stands, each.since.date().isoformat())
        made.append(lines.line(dict(zip(names, cells, strict=True))))
    return "".join(made).encode()


class ProgressWork:
    """The two jobs; who may see no names gets no list of them."""

    def __init__(self, house: House) -> None:
        self._house = house

    def crew(self) -> Crew:
        """Return what a worker needs to know of these jobs."""
        kinds = {PICTURE: self.picture, FILE: self.file}
        return Crew(kinds=kinds, failed=self.failed, rights={PICTURE: "send", FILE: "names"})

    async def picture(self, job: Job) -> Sequence[Reply]:
        """Draw the progress.

        Raises:
            UsageError: the form is gone.
        """
        say = self._house.texts.speaker(job.data["language"])
        figures = await look(self._house, job.data["form"])
        content = await picture(self._house, figures, say)
        file = Attachment(name=f"{figures.form.name}.png", media_type="image/png", content=content)
        counts = figures.counts
        text = say("progress.in_words", invited=counts.invited, started=counts.started, submitted=counts.submitted)
        return [_reply(OutboundMessage(text=text, language=say.language, attachments=(file,)), figures.form, say)]

    async def file(self, job: Job) -> Sequence[Reply]:
        """Write down who is missing.

        Raises:
            UsageError: the form is gone.
        """
        say = self._house.texts.speaker(job.data["language"])
        form = await self._house.database.read(lambda: progress.find_form(job.data["form"]))
        people = await absentees(self._house, form)
        content = await asyncio.to_thread(as_csv, people, say)
        file = Attachment(name=f"{form.name}-{say('progress.file_name')}.csv", media_type="text/csv", content=content)
        text = say.count("progress.missing", len(people))
        return [_reply(OutboundMessage(text=text, language=say.language, attachments=(file,)), form, say)]

    async def failed(self, job: Job) -> Sequence[Reply]:
        """Return what is heard when it could not be done."""
        say = self._house.texts.speaker(job.data.get("language", self._house.hub.languages[0]))
        return [Reply(message=OutboundMessage(text=say("progress.failed"), language=say.language))]


def _reply(message: OutboundMessage, form: FormShown, say: Speaker) -> Reply:
    where = say("progress.title", form=title_of(form, say))
    return Reply(message=OutboundMessage(
        where=where, text=message.text, language=message.language, attachments=message.attachments
    ))  # fmt: skip
