"""Files of inquiries: a contact's goes on to the team, the team's to the contact, once they are here."""

from __future__ import annotations

from bot.domain.filing import said_of
from bot.domain.inbox import about, answer_message, who
from bot.domain.inquiries import FileSent
from bot.domain.messages import Attachment, FileTrouble, OutboundMessage, PromptId
from bot.domain.outcomes import FileGivenUp
from bot.domain.scene import Draft, NewPrompt
from bot.domain.speech import Speaker
from bot.domain.team import tell_team


def bring(draft: Draft, sent: FileSent) -> None:
    """Send a file that is here to the other side."""
    file = Attachment(name=sent.name, media_type=sent.media_type, source=f"file:{sent.sha256}")
    if not sent.from_team:
        _tell_team(draft, sent, key="inbox.file_from", files=(file,))
        return
    _tell_contact(draft, sent, key="answer.file", files=(file,))


def lose(draft: Draft, sent: FileSent, why: FileTrouble) -> None:
    """Tell both sides that a file could not be had; nothing else of the inquiry is lost."""
    scene, say, inquiry = draft.scene, draft.say, sent.inquiry
    draft.record(FileGivenUp(sent.attachment, why))
    reason = said_of(why, type_="file", limit=scene.hub.file_limit, say=say)
    if sent.from_team:
        name = who(inquiry.name, inquiry.company)
        draft.reply(say("inbox.file_not_sent", number=inquiry.number, who=name, why=reason))
        _tell_contact(draft, sent, key="answer.file_lost", files=())
    else:
        draft.reply(say("inbox.file_lost", number=inquiry.number, why=reason))
        _tell_team(draft, sent, key="inbox.file_lost_team", files=())


def _tell_team(draft: Draft, sent: FileSent, *, key: str, files: tuple[Attachment, ...]) -> None:
    inquiry = sent.inquiry

    def made(say: Speaker, prompt_id: int) -> tuple[OutboundMessage, NewPrompt]:
        return about(
            say,
            prompt_id,
            inquiry=inquiry.id,
            number=inquiry.number,
            where=say("inbox.title_number", number=inquiry.number),
            lines=[say(key, who=who(inquiry.name, inquiry.company), name=sent.name)],
            files=files,
        )

    tell_team(draft, made)


def _tell_contact(draft: Draft, sent: FileSent, *, key: str, files: tuple[Attachment, ...]) -> None:
    scene, inquiry = draft.scene, sent.inquiry
    name = who(inquiry.name, inquiry.company)
    if inquiry.address is None:
        draft.reply(draft.say("inbox.unreachable", who=name, number=inquiry.number))
        return
    say = scene.catalogue.speaker(inquiry.language)
    message, prompt = answer_message(
        say,
        inquiry,
        say(key, name=sent.name),
        author=sent.author,
        prompt_id=PromptId(scene.next_id()),
        files=files,
    )
    draft.tell(inquiry.address, message, contact=inquiry.contact, language=inquiry.language, prompt=prompt)
    if files:
        draft.reply(draft.say("inbox.file_sent", number=inquiry.number, who=name))
