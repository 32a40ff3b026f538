"""What somebody of the team does in the inbox: look, answer, give away, close. Each of them needs the right "send"."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain import desk, filing
from bot.domain.admission import mentioned
from bot.domain.asking import menu_message
from bot.domain.inbox import (
    COLLEAGUES,
    INBOX,
    INQUIRY,
    REPLY,
    SEND,
    answer_message,
    channel_name,
    tell_colleague,
    who,
)
from bot.domain.inquiries import QUOTE, TEXT_LIMIT, Inquiry, Line, canned, excerpt, title_and_body
from bot.domain.messages import Choice, OutboundMessage, PromptId, SentMedia, Way
from bot.domain.outcomes import DialogueEnded, DialogueMoved, Ordered, PromptsClosed
from bot.domain.passing_on import ANY_FILE, record_file
from bot.domain.people import ContactId
from bot.domain.scene import Draft, NewPrompt
from bot.domain.speech import Speaker

PAGE = 8
SHOWN_POSTS = 8
LISTED = 60  # characters of a question in the list
WITHIN = timedelta(hours=4)
JUST_NOW = timedelta(minutes=1)
"""Two who answer within that time could not know of each other; a longer one answers after having been asked."""


def show_list(draft: Draft) -> None:
    """Show a page of the inbox: who waits comes first."""
    say, inbox = draft.say, draft.scene.inbox
    newcomers = mentioned(say, draft.scene.newcomers.total)
    if not inbox.lines and not newcomers:
        draft.reply(OutboundMessage(where=say("inbox.title"), text=say("inbox.empty")))
        return
    ways = []
    if inbox.page > 1:
        ways.append(["previous", say("inbox.previous")])
    if inbox.page * PAGE < inbox.total:
        ways.append(["next", say("inbox.next")])
    choices = [[str(line.number), _line(say, line)] for line in inbox.lines]
    prompt = NewPrompt(
        id=PromptId(draft.scene.next_id()),
        kind=INBOX,
        # No names: what is stored here is not erased with the contact.
        data={
            "page": inbox.page,
            "choices": [[key, key] for key, _ in choices] + ways + [[way.key, way.label] for way in newcomers],
        },
    )
    message = OutboundMessage(
        where=say("inbox.title"),
        text=say.count("inbox.waiting", inbox.waiting) if inbox.lines else say("inbox.empty"),
        hint=say("inbox.how") if inbox.lines else "",
        choices=tuple(Choice(key, label) for key, label in choices),
        ways=(*newcomers, *(Way(key, label) for key, label in ways)),
        numbered=True,
    )
    draft.reply(message, prompt)


def _line(say: Speaker, line: Line) -> str:
    state = "inbox.line_open" if line.state == "open" else "inbox.line_closed"
    state = "inbox.line_waiting" if line.waiting else state
    question = excerpt(line.question, limit=LISTED) or say("inbox.file")
    text = f"{who(line.name, line.company)} · {say(state, day=say.day(line.since), question=question)}"
    return f"{text} · {say('inbox.line_assigned', name=line.assigned_name)}" if line.assigned_name else text


def show(draft: Draft, inquiry: Inquiry) -> None:
    """Show what was said about an inquiry, and what can be done."""
    say, person = draft.say, draft.scene.person
    lines = [say("inbox.from", who=who(inquiry.name, inquiry.company), channel=channel_name(inquiry.channel))]
    if inquiry.quote:
        lines.append(say("inbox.about", quote=inquiry.quote))
    for post in inquiry.posts[-SHOWN_POSTS:]:
        name = (post.name or say("answer.team_nameless")) if post.from_team else inquiry.name
        words = excerpt(post.body, limit=QUOTE) or say("inbox.file")
        lost = "" if post.arrived else f" {say('inbox.not_arrived')}"
        lines.append(f"{say.day(post.sent_at)}, {say.clock(post.sent_at)} {name}: {words}{lost}")
    if inquiry.assigned_name:
        lines.append(say("inbox.assigned", name=inquiry.assigned_name))
    choices = [["reply", say("inbox.reply")]]
    if person is None or inquiry.assigned_to != person.id:
        choices.append(["take", say("inbox.take")])
    choices += [["give", say("inbox.give")]]
    choices.append(["close", say("inbox.close")] if inquiry.state == "open" else ["reopen", say("inbox.reopen")])
    choices.append(["list", say("inbox.list")])
    prompt = NewPrompt(
        id=PromptId(draft.scene.next_id()),
        kind=INQUIRY,
        path=str(inquiry.id),
        data={"inquiry": inquiry.id, "choices": choices},
    )
    where = say(
        "inbox.title_state",
        number=inquiry.number,
        state=say("inbox.state_open" if inquiry.state == "open" else "inbox.state_closed"),
    )
    draft.reply(menu_message("\n".join(lines), prompt, where=where), prompt)


def gone(draft: Draft) -> None:
    """There is no such inquiry, or not any more."""
    draft.toast(draft.say("inbox.gone"))
    draft.reply(draft.say("inbox.gone"))


# --- answering -------------------------------------------------------------------------------------------------------


def begin(draft: Draft, inquiry: Inquiry) -> None:
    """Ask for the answer; the ready ones can be picked by number. In a group an answer is a reply to this message."""
    scene, say = draft.scene, draft.say
    if inquiry.address is None:
        _unreachable(draft, inquiry)
        return
    titles = _ready(draft)
    choices = [[str(place), title_and_body(text)[0]] for place, (_, text) in enumerate(titles, start=1)]
    kind = REPLY if scene.private else INQUIRY
    data = {"inquiry": inquiry.id, "choices": choices, "ready": [name for name, _ in titles]}
    prompt = NewPrompt(id=PromptId(scene.next_id()), kind=kind, data=data)
    if scene.private:
        kept = {"inquiry": inquiry.id, "since": scene.now.isoformat()}
        draft.record(DialogueMoved(name=REPLY, step="text", data=kept, expires_at=scene.now + WITHIN))
    lines = [
        say("inbox.your_answer", who=who(inquiry.name, inquiry.company), channel=channel_name(inquiry.address.channel)),
        say("inbox.question", question=inquiry.question),
    ]
    other = inquiry.answered_by_another(_me(draft), since=_asked_at(inquiry))
    if other is not None:
        lines.append(say("inbox.answered_already", name=other.name, text=excerpt(other.body)))
    lines.append(say("inbox.how_private" if scene.private else "inbox.how_group", number=inquiry.number))
    if choices:
        lines.append(say("inbox.ready"))
    where = say("inbox.title_number", number=inquiry.number)
    message = menu_message("\n".join(lines), prompt, where=where)
    draft.reply(message, prompt)


def take(
    draft: Draft, inquiry: Inquiry, text: str, *, since: datetime | None = None, file: SentMedia | None = None
) -> None:
    """Send typed words as the answer, unless a colleague answered meanwhile: then it is asked first.

    since: when the author last saw the inquiry; None: they answer what the contact said last.
    """
    say, text = draft.say, text.strip()
    if len(text) > TEXT_LIMIT:
        draft.reply(say("ask.too_long", limit=TEXT_LIMIT))
        return
    other = inquiry.answered_by_another(_me(draft), since=since or _asked_at(inquiry))
    if other is not None and draft.scene.now - other.sent_at > JUST_NOW and file is None:
        note = say("inbox.answered_already", name=other.name, text=excerpt(other.body))
        _confirm(draft, inquiry, text, note=note)
        return
    send(draft, inquiry, text, file=file)


def take_ready(draft: Draft, inquiry: Inquiry, name: str) -> None:
    """Show a ready answer as the contact would get it, and ask whether it shall go."""
    hub = draft.scene.hub
    _, body = title_and_body(hub.text(name, inquiry.language))
    body = body.replace("{name}", inquiry.name)
    if not body:
        gone(draft)
        return
    _confirm(draft, inquiry, body, note="")


def _confirm(draft: Draft, inquiry: Inquiry, text: str, *, note: str) -> None:
    say = draft.say
    choices = [["yes", say("inbox.send_yes")], ["no", say("inbox.send_no")]]
    data = {"inquiry": inquiry.id, "text": text, "choices": choices}
    prompt = NewPrompt(id=PromptId(draft.scene.next_id()), kind=SEND, path=str(inquiry.id), data=data)
    lines = [note] if note else []
    lines.append(say("inbox.send_so", who=who(inquiry.name, inquiry.company), text=text))
    draft.reply(menu_message("\n".join(lines), prompt), prompt)


def send(draft: Draft, inquiry: Inquiry, text: str, *, file: SentMedia | None = None) -> None:
    """Send an answer to the contact, in their language; a file follows when it is fetched."""
    scene, say = draft.scene, draft.say
    if inquiry.address is None:
        _unreachable(draft, inquiry)
        return
    kept = None
    if file is not None:
        taken = filing.take(ANY_FILE, file, new_id=scene.next_id(), limit=scene.hub.file_limit)
        if isinstance(taken, filing.Refused):
            draft.reply(taken.words(say))
            return
        kept = taken
    message, prompt_id = scene.next_id(), PromptId(scene.next_id())
    author = scene.person
    order = desk.ReplyToInquiry(
        inquiry=inquiry.id,
        message=message,
        author=author.id if author is not None else None,
        body=text,
        prompt=prompt_id if text else None,
    )
    _order(draft, order)
    if kept is not None:
        record_file(draft, kept, message=message)
    if text:
        theirs = scene.catalogue.speaker(inquiry.language)
        name = author.name if author is not None else ""
        outbound, prompt = answer_message(theirs, inquiry, text, author=name, prompt_id=prompt_id)
        draft.tell(inquiry.address, outbound, contact=inquiry.contact, language=inquiry.language, prompt=prompt)
    _end(draft)
    _say_sent(draft, inquiry, is_file=file is not None)


def _say_sent(draft: Draft, inquiry: Inquiry, *, is_file: bool) -> None:
    say, scene = draft.say, draft.scene
    assert inquiry.address is not None
    channel = channel_name(inquiry.address.channel)
    key = "inbox.sent_file" if is_file else "inbox.sent"
    lines = [say(key, who=who(inquiry.name, inquiry.company), channel=channel, number=inquiry.number)]
    other = inquiry.answered_by_another(_me(draft), since=scene.now - 10 * JUST_NOW)
    if other is not None:
        lines.append(say("inbox.answered_too", name=other.name, text=excerpt(other.body)))
        if other.author is not None and scene.person is not None:
            tell_colleague(draft, other.author, inquiry, key="inbox.answered_too_told", name=scene.person.name)
    draft.reply("\n".join(lines))


def _unreachable(draft: Draft, inquiry: Inquiry) -> None:
    draft.reply(draft.say("inbox.unreachable", who=who(inquiry.name, inquiry.company), number=inquiry.number))


# --- the rest --------------------------------------------------------------------------------------------------------


def assign_to_me(draft: Draft, inquiry: Inquiry) -> None:
    """Say that I look after it."""
    person = draft.scene.person
    assert person is not None
    _order(draft, desk.AssignInquiry(inquiry=inquiry.id, to=person.id))
    draft.reply(draft.say("inbox.taken", number=inquiry.number, name=person.name))


def offer_colleagues(draft: Draft, inquiry: Inquiry) -> None:
    """Ask who shall look after it."""
    say, team = draft.say, draft.scene.inbox.team
    choices = [[str(place), each.name or "–"] for place, each in enumerate(team, start=1)]
    data = {"inquiry": inquiry.id, "people": [each.id for each in team], "choices": choices}
    prompt = NewPrompt(id=PromptId(draft.scene.next_id()), kind=COLLEAGUES, data=data)
    draft.reply(menu_message(say("inbox.to_whom", number=inquiry.number), prompt), prompt)


def assign_to(draft: Draft, inquiry: Inquiry, person: object) -> None:
    """Say that a colleague looks after it, and tell them."""
    colleague = next((each for each in draft.scene.inbox.team if each.id == person), None)
    if colleague is None:
        draft.reply(draft.say("inbox.no_colleague"))
        return
    _order(draft, desk.AssignInquiry(inquiry=inquiry.id, to=colleague.id))
    if colleague.id != _me(draft):
        tell_colleague(draft, colleague.id, inquiry, key="inbox.given_to_you", who=who(inquiry.name, inquiry.company))
    draft.record(PromptsClosed())
    draft.reply(draft.say("inbox.given", number=inquiry.number, name=colleague.name))


def close(draft: Draft, inquiry: Inquiry) -> None:
    """Close it; a word of the contact within two weeks opens it again."""
    if inquiry.state == "open":
        _order(draft, desk.CloseInquiry(inquiry=inquiry.id))
    draft.reply(draft.say("inbox.closed", number=inquiry.number))


def reopen(draft: Draft, inquiry: Inquiry) -> None:
    """Open it again."""
    if inquiry.state == "closed":
        _order(draft, desk.ReopenInquiry(inquiry=inquiry.id))
    draft.reply(draft.say("inbox.reopened", number=inquiry.number))


def _order(draft: Draft, command: desk.Command[None]) -> None:
    draft.record(Ordered(command=command, actor=draft.scene.actor))


def _end(draft: Draft) -> None:
    dialogue = draft.scene.dialogue
    if dialogue is not None and dialogue.name == REPLY and draft.scene.private:
        draft.record(DialogueEnded(), PromptsClosed())


def _me(draft: Draft) -> ContactId | None:
    person = draft.scene.person
    return None if person is None else person.id


def _asked_at(inquiry: Inquiry) -> datetime:
    """When the contact said their last word: what was answered before that is no answer to it."""
    return next((post.sent_at for post in reversed(inquiry.posts) if not post.from_team), inquiry.opened_at)


def _ready(draft: Draft) -> list[tuple[str, str]]:
    hub = draft.scene.hub
    return [(name, hub.text(name, draft.say.language)) for name in canned(hub.texts, hub.languages)]
