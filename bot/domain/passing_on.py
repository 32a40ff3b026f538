"""A contact's side of an inquiry: asking the team, adding to what was asked, and what may lie at the team at once."""

from __future__ import annotations

from datetime import timedelta

from bot.domain import filing
from bot.domain.asking import ask_again, menu_message, standing, walk_in
from bot.domain.inbox import file_note, tell_of_question
from bot.domain.inquiries import (
    MESSAGES_AN_HOUR,
    OPEN_AT_ONCE,
    QUOTE,
    TEXT_LIMIT,
    Inquiry,
    excerpt,
    first_name,
    next_reminder,
)
from bot.domain.interviews import Interview
from bot.domain.messages import OutboundMessage, PromptId, SentMedia, Way
from bot.domain.outcomes import (
    DialogueEnded,
    DialogueMoved,
    InquiryContinued,
    InquiryFileSent,
    InquiryOpened,
    JobPlanned,
    PromptsClosed,
)
from bot.domain.scene import Draft, NewPrompt, Scene
from bot.forms.model import Question

ASK = "ask"
"""The dialogue in which the next words are for the team, and the kind of its prompt."""

PASS_ON, ASKED, ANSWER = "pass_on", "asked", "answer"
"""Kinds of prompts: shall this go to the team; what went there; what came from there."""

KINDS = frozenset({ASK, PASS_ON, ASKED, ANSWER})
WITHIN = timedelta(hours=1)  # what is typed later was hardly meant for the team
SHOWN_POSTS = 6
BETWEEN = " · "  # a form's title and its question
ANY_FILE = Question(path="", name="", type="file")
HOUR = timedelta(hours=1)


def own_open(scene: Scene) -> list[Inquiry]:
    """Return the contact's open inquiries, the oldest first."""
    return [inquiry for inquiry in scene.inquiries if inquiry.state == "open"]


def own(scene: Scene, number: object) -> Inquiry | None:
    """Return an inquiry of the contact by its id: nobody else's, whatever a prompt says."""
    return next((inquiry for inquiry in scene.inquiries if inquiry.id == number), None)


def open_dialogue(draft: Draft, *, inquiry: Inquiry | None = None, interview: Interview | None = None) -> None:
    """Ask what the team shall know; with `inquiry` the words are added to it, with `interview` they are about it."""
    scene, say = draft.scene, draft.say
    mine = own_open(scene)
    choices = [["add", say("ask.add")]] if mine and inquiry is None else []
    quote = quote_of(draft, interview) if interview is not None else ""
    data = {"inquiry": inquiry.id if inquiry is not None else None, "quote": quote}
    prompt = NewPrompt(id=PromptId(scene.next_id()), kind=ASK, data={**data, "choices": choices})
    draft.record(DialogueMoved(name=ASK, step="text", data=data, expires_at=scene.now + WITHIN))
    if inquiry is not None:
        text = "\n".join([*_thread(draft, inquiry), say("ask.what_more")])
        where = say("ask.title_number", number=inquiry.number)
    else:
        about = [say("ask.about", quote=excerpt(quote.rpartition(BETWEEN)[2]))] if quote else []
        text = "\n".join([*_listed(draft, mine), *about, say("ask.what")])
        where = say("ask.title")
    draft.reply(menu_message(text, prompt, where=where), prompt)


def _listed(draft: Draft, mine: list[Inquiry]) -> list[str]:
    say = draft.say
    return [
        say("ask.waiting" if each.waiting_since else "ask.answered", number=each.number, question=each.question or "–")
        for each in mine
    ]


def _thread(draft: Draft, inquiry: Inquiry) -> list[str]:
    say = draft.say
    lines = []
    for post in inquiry.posts[-SHOWN_POSTS:]:
        who = say("answer.team", name=first_name(post.name)) if post.name else say("answer.team_nameless")
        words = excerpt(post.body, limit=QUOTE) or say("inbox.file")
        lines.append(f"{who if post.from_team else say('ask.you')}: {words}")
    return lines


def quote_of(draft: Draft, interview: Interview) -> str:
    """Return the question at which an interview stands, as the team needs it: the form's title and the label."""
    walk = walk_in(draft, interview)
    stop = walk.stop(standing(walk, interview))
    if stop is None:
        return ""
    language = draft.say.language
    title = interview.form.say(interview.form.title, language) or interview.form.name
    label = walk.say(stop, stop.question.label, language) or stop.question.name
    return excerpt(f"{title}{BETWEEN}{label}", limit=QUOTE)


def offer(draft: Draft, text: str, *, file: SentMedia | None = None) -> None:
    """Ask whether words that are no answer shall go to the team."""
    scene, say = draft.scene, draft.say
    if len(text) > TEXT_LIMIT:
        draft.reply(say("ask.too_long", limit=TEXT_LIMIT))
        return
    sent = None
    if file is not None:
        sent = {
            "kind": file.kind,
            "file_id": file.file_id,
            "name": file.name,
            "size": file.size,
            "media_type": file.media_type,
        }
    choices = [["yes", say("ask.yes")], ["no", say("ask.no")]]
    data = {"text": text, "file": sent, "choices": choices}
    prompt = NewPrompt(id=PromptId(scene.next_id()), kind=PASS_ON, data=data)
    draft.reply(menu_message(say("ask.shall_i_file" if file is not None else "ask.shall_i"), prompt), prompt)


def pass_on(
    draft: Draft, text: str, *, inquiry: Inquiry | None = None, quote: str = "", file: SentMedia | None = None
) -> None:
    """Pass words, or a file, on to the team; then the open question comes again."""
    scene, say = draft.scene, draft.say
    contact = scene.contact
    assert contact is not None
    text = text.strip()
    refusal = _refusal(draft, text, inquiry=inquiry)
    if refusal:
        draft.reply(refusal)
        return
    kept = None
    if file is not None:
        taken = filing.take(ANY_FILE, file, new_id=scene.next_id(), limit=scene.hub.file_limit)
        if isinstance(taken, filing.Refused):
            draft.reply(taken.words(say))
            return
        kept = taken
    if scene.dialogue is not None and scene.dialogue.name == ASK:
        draft.record(DialogueEnded())
    message = scene.next_id()
    remind_at = next_reminder(scene.now, after=scene.hub.remind_after, timezone=scene.hub.timezone)
    if inquiry is None:
        number, inquiry_id = scene.next_inquiry(), scene.next_id()
        draft.record(
            InquiryOpened(
                inquiry=inquiry_id,
                number=number,
                contact=contact.id,
                quote=quote,
                message=message,
                body=text,
                remind_at=remind_at,
            )
        )
    else:
        number, inquiry_id, quote = inquiry.number, inquiry.id, inquiry.quote
        draft.record(
            InquiryContinued(inquiry=inquiry_id, contact=contact.id, message=message, body=text, remind_at=remind_at)
        )
    if kept is not None:
        record_file(draft, kept, message=message)
    told = tell_of_question(
        draft,
        contact,
        inquiry=inquiry_id,
        number=number,
        text=text or file_note(say, file),
        quote=quote,
        state="new" if inquiry is None else "more" if inquiry.state == "open" else "again",
    )
    _confirm(draft, inquiry_id, number=number, is_new=inquiry is None, told=told)
    if scene.interview is not None and scene.interview.state == "open":
        ask_again(draft, scene.interview)


def record_file(draft: Draft, kept: filing.Kept, *, message: int) -> None:
    """Note a file of an inquiry, and the job that fetches it after the commit."""
    scene = draft.scene
    row = InquiryFileSent(
        attachment=kept.attachment,
        message=message,
        value=kept.value,
        file_id=kept.file_id,
        name=kept.name,
        size=kept.size,
        media_type=kept.media_type,
    )
    data = {"attachment": kept.attachment, "sender": scene.message.sender}
    draft.record(row, JobPlanned(job=scene.next_id(), kind=filing.FETCH, data=data))


def _confirm(draft: Draft, inquiry: int, *, number: int, is_new: bool, told: int) -> None:
    say, hub = draft.say, draft.scene.hub
    draft.record(PromptsClosed())
    lines = [say("ask.passed_on" if is_new else "ask.added", number=number)]
    if not told and hub.contact:
        lines.append(say("ask.nobody", contact=hub.contact))
    lines.append(say("ask.comes_here"))
    prompt = NewPrompt(
        id=PromptId(draft.scene.next_id()), kind=ASKED, data={"inquiry": inquiry, "choices": [["add", say("ask.add")]]}
    )
    ways = (Way("add", say("ask.add"), say("ask.command")),)
    draft.reply(OutboundMessage(text="\n".join(lines), ways=ways), prompt)


def _refusal(draft: Draft, text: str, *, inquiry: Inquiry | None) -> str:
    scene, say = draft.scene, draft.say
    if len(text) > TEXT_LIMIT:
        return say("ask.too_long", limit=TEXT_LIMIT)
    lately = sum(
        not post.from_team and post.sent_at > scene.now - HOUR for each in scene.inquiries for post in each.posts
    )
    if lately >= MESSAGES_AN_HOUR:
        return say("ask.too_many")
    opens = inquiry is None or inquiry.state != "open"
    if opens and len(own_open(scene)) >= OPEN_AT_ONCE:
        return say("ask.too_many_open", number=OPEN_AT_ONCE)
    return ""
