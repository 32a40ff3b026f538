"""What the team hears of inquiries, and how an answer looks to the contact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bot.domain.choosing import folded
from bot.domain.commands import typed_command
from bot.domain.inquiries import QUOTE, Inquiry, excerpt, first_name
from bot.domain.messages import Attachment, OutboundMessage, Pressed, PromptId, Said, SentMedia, Way
from bot.domain.people import Contact, ContactId
from bot.domain.scene import Draft, NewPrompt, Scene
from bot.domain.speech import Speaker
from bot.domain.team import tell_team

INBOX, INQUIRY, REPLY, SEND, COLLEAGUES = "inbox", "inquiry", "reply", "send", "colleagues"
"""Kinds of prompts: the list; one inquiry; the next words are the answer (a dialogue, too); shall it go so; to whom."""

KINDS = frozenset({INBOX, INQUIRY, REPLY, SEND, COLLEAGUES})
TOLD = 600
"""Characters of a message that the team is shown at once; the whole is in the inbox."""

State = Literal["new", "more", "again"]
STATES: Mapping[State, str] = {"new": "inbox.new", "more": "inbox.more", "again": "inbox.again"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which inquiry somebody of the team means: by number if they typed one, else by id; and which page of the list."""

    id: int = 0
    number: int = 0
    page: int = 1


def looked_for(scene: Scene) -> Wish:
    """Return what is to be loaded: of a typed number, of what was pressed or replied to, or of the open dialogue."""
    content = scene.message.content
    typed = typed_command(content.text) if isinstance(content, Said) else None
    if typed is not None:
        number, _ = number_and_text(typed.argument)
        return Wish(number=number)
    prompt = scene.referred or (scene.current if not isinstance(content, Pressed) else None)
    if prompt is not None and prompt.kind == INBOX:
        return _of_list(prompt.data, content)
    if prompt is not None and prompt.kind in KINDS and prompt.data.get("inquiry"):
        return Wish(id=int(prompt.data["inquiry"]))
    if scene.dialogue is not None and scene.dialogue.name == REPLY:
        return Wish(id=int(scene.dialogue.data.get("inquiry") or 0))
    return Wish()


def _of_list(data: Mapping[str, Any], content: object) -> Wish:
    page = int(data.get("page", 1))
    said = content.choice if isinstance(content, Pressed) else content.text.strip() if isinstance(content, Said) else ""
    if said.isascii() and said.isdigit():
        return Wish(number=int(said[:9]), page=page)
    step = next((key for key, label in data.get("choices", ()) if said == key or folded(label) == folded(said)), "")
    return Wish(page=max(1, page + {"next": 1, "previous": -1}.get(step, 0)))


def number_and_text(argument: str) -> tuple[int, str]:
    """Read `12` or `12 some words`; 0 if it begins with no number."""
    first, _, rest = argument.strip().partition(" ")
    word, line, more = first.partition("\n")
    if not (word.isascii() and word.isdigit() and len(word) <= 9):
        return 0, argument.strip()
    return int(word), (f"{more} {rest}" if line else rest).strip()


def channel_name(channel: str) -> str:
    """Return how people call a channel."""
    return channel.capitalize()


def who(name: str, company: str) -> str:
    """Return a contact as the team calls them."""
    return f"{name or '–'} ({company})" if company else name or "–"


def file_note(say: Speaker, file: SentMedia | None) -> str:
    """Return what stands for a file that comes later."""
    return say("inbox.file_comes") if file is not None else ""


def ways_of(say: Speaker, number: int) -> tuple[Way, ...]:
    """Return what can be done about an inquiry, each with what one types for it."""
    command = say("inbox.command", number=number)
    return (
        Way("reply", say("inbox.reply"), f"{command} …"),
        Way("take", say("inbox.take"), f"{command} {say('inbox.take').lower()}"),
        Way("close", say("inbox.close"), f"{command} {say('inbox.close').lower()}"),
    )


def tell_of_question(
    draft: Draft, contact: Contact, *, inquiry: int, number: int, text: str, quote: str, state: State
) -> int:
    """Tell the team what a contact asks; return to how many chats it went."""
    channel = draft.scene.address.channel
    company = contact.company.name if contact.company is not None else ""

    def made(say: Speaker, prompt_id: int) -> tuple[OutboundMessage, NewPrompt]:
        lines = [say("inbox.from", who=who(contact.name, company), channel=channel_name(channel))]
        if quote:
            lines.append(say("inbox.about", quote=quote))
        lines.append(excerpt(text, limit=TOLD))
        return about(
            say, prompt_id, inquiry=inquiry, number=number, where=say(STATES[state], number=number), lines=lines
        )

    return tell_team(draft, made)


def about(
    say: Speaker,
    prompt_id: int,
    *,
    inquiry: int,
    number: int,
    where: str,
    lines: list[str],
    files: tuple[Attachment, ...] = (),
) -> tuple[OutboundMessage, NewPrompt]:
    """Return a message to the team about an inquiry; a reply to it is an answer to the contact."""
    ways = ways_of(say, number)
    prompt = NewPrompt(
        id=PromptId(prompt_id),
        kind=INQUIRY,
        path=str(inquiry),
        data={"inquiry": inquiry, "choices": [[way.key, way.label] for way in ways]},
    )
    return OutboundMessage(where=where, text="\n".join(lines), ways=ways, attachments=files), prompt


def answer_message(
    say: Speaker,
    inquiry: Inquiry,
    body: str,
    *,
    author: str,
    prompt_id: int,
    files: tuple[Attachment, ...] = (),
) -> tuple[OutboundMessage, NewPrompt]:
    """Return an answer of the team as the contact gets it: to which question, who says what, and how to go on.

    author: the name of who answers, of which only the first word is told; "" for nobody in particular.
    """
    name = first_name(author)
    lines = [say("answer.you_asked", question=inquiry.question)] if inquiry.question else []
    lines.append(f"{say('answer.team', name=name) if name else say('answer.team_nameless')}: {body}")
    ways = (Way("add", say("answer.reply"), say("ask.command")),)
    prompt = NewPrompt(
        id=PromptId(prompt_id),
        kind="answer",
        data={"inquiry": inquiry.id, "choices": [["add", say("answer.reply")]]},
    )
    message = OutboundMessage(
        where=say("answer.title", number=inquiry.number),
        text="\n".join(lines),
        hint=say("answer.hint"),
        ways=ways,
        attachments=files,
    )
    return message, prompt


def tell_colleague(draft: Draft, contact: ContactId, inquiry: Inquiry, *, key: str, **parameters: object) -> None:
    """Tell one of the team something about an inquiry in their own chat; an inbox of all shows it anyway."""
    scene = draft.scene
    for recipient in scene.team:
        if recipient.contact != contact:
            continue
        say = scene.catalogue.speaker(recipient.language)
        message, prompt = about(
            say,
            scene.next_id(),
            inquiry=inquiry.id,
            number=inquiry.number,
            where=say("inbox.title_number", number=inquiry.number),
            lines=[say(key, **parameters), excerpt(inquiry.question, limit=QUOTE)],
        )
        draft.tell(recipient.address, message, contact=recipient.contact, language=recipient.language, prompt=prompt)


def reminder(say: Speaker, inquiry: Inquiry, *, prompt_id: int, is_lost: bool) -> tuple[OutboundMessage, NewPrompt]:
    """Return what the team reads of an inquiry that waits, or (`is_lost`) whose answer did not arrive."""
    name = who(inquiry.name, inquiry.company)
    if is_lost:
        where, line = say("inbox.title_number", number=inquiry.number), say("inbox.undelivered", who=name)
    else:
        since = inquiry.waiting_since or inquiry.opened_at
        where = say("inbox.reminder", number=inquiry.number)
        line = say("inbox.waits_since", who=name, day=say.day(since), time=say.clock(since))
    lines = [line, inquiry.question]
    return about(say, prompt_id, inquiry=inquiry.id, number=inquiry.number, where=where, lines=lines)
