"""Jobs about forms that an admin sends in by chat: fetch, check and preview, publish."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.compiling import compile_apart
from bot.desk import look_ahead, perform
from bot.domain.asking import menu_message
from bot.domain.desk import Outlook, PublishForm
from bot.domain.messages import OutboundMessage, PromptId
from bot.domain.scene import NewPrompt, Reply
from bot.domain.speech import Speaker
from bot.errors import FormError
from bot.forms.model import Form, Problem
from bot.house import House
from bot.ports import Channel, Job
from bot.runtime.jobs import Crew
from handlers.forms import FILE_LIMIT

SHOWN_PROBLEMS = 10
SHOWN_QUESTIONS = 40
SHOWN_CHANGES = 12
SHOWN_CHOICES = 5  # of a long list, which would fill the preview alone


async def compile_aside(data: bytes, *, file_name: str) -> tuple[Form | None, tuple[Problem, ...]]:
    """Return the form (None if it has errors) and what there is to say about it, while the bot goes on."""
    compiled = await asyncio.to_thread(compile_apart, data, file_name=file_name)
    return compiled.form, compiled.problems


class FormWork:
    """The two jobs. Files wait in the data directory by their hash, between the check and the decision."""

    def __init__(self, house: House, channels: Mapping[str, Channel]) -> None:
        self._house = house
        self._channels = channels
        self._folder = house.settings.data_dir / "uploads"

    async def check(self, job: Job) -> Sequence[Reply]:
        """Fetch the file, check it, show what it is, and ask whether to publish it."""
        say = self._house.texts.speaker(job.data["language"])
        data = await self._channels[job.address.channel].fetch(job.data["file_id"], limit=FILE_LIMIT)
        form, problems = await compile_aside(data, file_name=job.data["name"])
        if form is None:
            text = "\n".join([say("forms.broken"), *_lines(problems, say)])
            return [Reply(message=OutboundMessage(where=job.data["name"], text=text, language=say.language))]
        digest = await asyncio.to_thread(self._keep, data)
        command = PublishForm(form=form, name=form.name, file_name=job.data["name"], source=data)
        outlook = await look_ahead(self._house, command)
        ways = ["publish", "publish_and_move", "discard"] if outlook and outlook.moves else ["publish", "discard"]
        prompt = NewPrompt(
            id=PromptId(self._house.next_id()),
            kind="form",
            data={
                "sha256": digest,
                "name": job.data["name"],
                "choices": [[way, say(f"forms.{way}")] for way in ways],
            },
        )
        text = "\n".join([_preview(form, problems, say), *_ahead(outlook, say)])
        message = menu_message(text, prompt, where=job.data["name"])
        return [Reply(message=_with(message, prompt, say), prompt=prompt)]

    async def publish(self, job: Job) -> Sequence[Reply]:
        """Publish a form that was checked before."""
        say = self._house.texts.speaker(job.data["language"])
        path = self._folder / job.data["sha256"]
        try:
            data = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            raise FormError(f"the checked file is gone: {error.strerror}") from error
        form, problems = await compile_aside(data, file_name=job.data["name"])
        if form is None:
            raise FormError("; ".join(str(problem) for problem in problems if problem.level == "error"))
        migrate = bool(job.data.get("migrate"))
        command = PublishForm(form=form, name=form.name, file_name=job.data["name"], source=data, migrate=migrate)
        published = await perform(self._house, actor=job.data["actor"], command=command)
        path.unlink(missing_ok=True)
        title, outlook = form.say(form.title, say.language) or form.name, published.outlook
        text = say("forms.published", name=title, number=published.number)
        if outlook is not None and outlook.moved:
            stayed = outlook.running - outlook.moves
            text = say("forms.moved", name=title, number=published.number, moved=outlook.moves, stayed=stayed)
        return [Reply(message=OutboundMessage(text=text, language=say.language))]

    def crew(self) -> Crew:
        """Return what a worker needs to know of these jobs."""
        return Crew(
            kinds={"check_form": self.check, "publish_form": self.publish},
            failed=self.failed,
            rights={"check_form": "forms", "publish_form": "forms"},
        )

    async def failed(self, job: Job) -> Sequence[Reply]:
        """Return what the admin hears when a job could not be done."""
        say = self._house.texts.speaker(job.data.get("language", self._house.hub.languages[0]))
        return [Reply(message=OutboundMessage(text=say("forms.unreadable"), language=say.language))]

    def _keep(self, data: bytes) -> str:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = hashlib.sha256(data).hexdigest()
        path = Path(self._folder / digest)
        path.touch(mode=0o600)
        path.write_bytes(data)
        return digest


def _with(message: OutboundMessage, prompt: NewPrompt, say: Speaker) -> OutboundMessage:
    return OutboundMessage(
        where=message.where, text=message.text, choices=message.choices, prompt=prompt.id, language=say.language
    )


def _lines(problems: Sequence[Problem], say: Speaker) -> list[str]:
    lines = [f"· {problem}" for problem in problems[:SHOWN_PROBLEMS]]
    if len(problems) > SHOWN_PROBLEMS:
        lines.append(say("forms.preview_more", number=len(problems) - SHOWN_PROBLEMS))
    return lines


def _ahead(outlook: Outlook | None, say: Speaker) -> list[str]:
    """What a new version changes, and what becomes of the responses there are."""
    if outlook is None:
        return []
    found = outlook.differences.changes if outlook.differences is not None else ()
    lines = [say("forms.changes")] if found else []
    for change in found[:SHOWN_CHANGES]:
        names = ", ".join(change.names)
        lines.append("· " + say(f"changes.{change.kind}", path=change.path, before=change.before, names=names))
    if len(found) > SHOWN_CHANGES:
        lines.append(say("forms.preview_more", number=len(found) - SHOWN_CHANGES))
    if outlook.submitted:
        lines.append(say.count("forms.submitted_stay", outlook.submitted))
    if outlook.running:
        lines += [say.count("forms.running", outlook.running), say.count("forms.can_move", outlook.moves)]
    return lines


def _preview(form: Form, problems: Sequence[Problem], say: Speaker) -> str:
    asked = [question for question in form.questions if question.asked]
    title = form.say(form.title, say.language) or form.name
    lines = [say.count("forms.checked", len(asked), title=title)]
    if problems:
        lines += [say("forms.warnings"), *_lines(problems, say)]
    for number, question in enumerate(asked[:SHOWN_QUESTIONS], start=1):
        label = form.say(question.label, say.language) or question.name
        listed = question.choices[:SHOWN_CHOICES] if question.has_long_list else question.choices
        choices = " / ".join(form.say(choice.label, say.language) or choice.name for choice in listed)
        if len(listed) < len(question.choices):
            choices += f" {say('forms.preview_more', number=len(question.choices) - len(listed))}"
        lines.append(f"{number}. {label}{f' [{choices}]' if choices else ''}")
    if len(asked) > SHOWN_QUESTIONS:
        lines.append(say("forms.preview_more", number=len(asked) - SHOWN_QUESTIONS))
    return "\n".join(lines)
