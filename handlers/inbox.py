"""`/inbox`: what contacts ask, for those of the team who may write to them; also in the group that is the inbox."""

from __future__ import annotations

from datetime import datetime

from bot.domain import admission, answering_inquiries, desk, file_inquiries
from bot.domain.choosing import folded, pick
from bot.domain.commands import typed_command
from bot.domain.inbox import COLLEAGUES, INBOX, KINDS, REPLY, SEND, number_and_text
from bot.domain.inquiries import Inquiry
from bot.domain.messages import (
    Address,
    ChatKind,
    FileOfInquiry,
    GroupMoved,
    MembershipChanged,
    OutboundMessage,
    Pressed,
    Said,
    SentMedia,
)
from bot.domain.outcomes import Ordered, PageTurned, ReachabilitySeen
from bot.domain.scene import Draft, Prompt, Scene
from handlers.admission import choose as choose_newcomer
from handlers.choices import picked
from handlers.inquiries import FILES

NEW = frozenset({"neu", "new"})
HERE, OFF = frozenset({"hier", "here"}), frozenset({"aus", "off"})
ACTIONS = ("take", "close", "reopen")


# --- when ------------------------------------------------------------------------------------------------------------


def chooses(scene: Scene) -> bool:
    """Whether one of the inbox's choices was made by somebody who may."""
    if not scene.may("send"):
        return False
    if isinstance(scene.message.content, Pressed):
        return scene.referred is not None and scene.referred.kind in KINDS
    return scene.current is not None and scene.current.kind in KINDS and picked(scene) is not None


def replies(scene: Scene) -> bool:
    """Whether it is a reply to a message about an inquiry, by somebody who may."""
    return (
        scene.may("send") and scene.referred is not None and scene.referred.kind in KINDS - {INBOX} and _is_word(scene)
    )


def in_dialogue(scene: Scene) -> bool:
    """Whether what was written or sent is an answer, by somebody who (still) may."""
    return (
        scene.may("send")
        and scene.dialogue is not None
        and scene.dialogue.name == REPLY
        and (scene.current is None or scene.current.kind in (REPLY, SEND))
        and _is_word(scene)
    )


def in_group(scene: Scene) -> bool:
    """Whether somebody who may says something about the inbox in a group."""
    if scene.private or not scene.may("send"):
        return False
    content = scene.message.content
    typed = typed_command(content.text) if isinstance(content, Said) else None
    if typed is not None:
        return typed.command is not None and typed.command.name == "inbox"
    return scene.referred is not None and scene.referred.kind in KINDS | admission.KINDS


def _is_word(scene: Scene) -> bool:
    content = scene.message.content
    return isinstance(content, Said) or (isinstance(content, SentMedia) and content.kind in FILES)


# --- what ------------------------------------------------------------------------------------------------------------


def inbox(draft: Draft) -> None:
    """`/inbox`, `/inbox 12`, `/inbox 12 words`, `/inbox new`, `/inbox here`."""
    content = draft.scene.message.content
    typed = typed_command(content.text) if isinstance(content, Said) else None
    argument = typed.argument if typed is not None else ""
    word = folded(argument)
    if word in HERE | OFF:
        _choose_inbox(draft, here=word in HERE)
        return
    if word in NEW:
        admission.show_list(draft)
        return
    number, text = number_and_text(argument)
    if not number:
        answering_inquiries.show_list(draft)
        return
    inquiry = draft.scene.inbox.chosen
    if inquiry is None:
        draft.reply(draft.say("inbox.unknown", number=number))
        return
    action = _action(draft, text)
    if action:
        _do(draft, inquiry, action)
    elif text:
        answering_inquiries.take(draft, inquiry, text)
    else:
        answering_inquiries.show(draft, inquiry)


def _action(draft: Draft, text: str) -> str:
    said, catalogue = folded(text), draft.scene.catalogue
    words = {
        folded(catalogue.speaker(language)(f"inbox.{action}")): action
        for language in draft.scene.hub.languages
        for action in ACTIONS
    }
    return words.get(said, "")


def group(draft: Draft) -> None:
    """In a group: only in the one that is the inbox, except for what makes it the inbox."""
    content = draft.scene.message.content
    if isinstance(content, Said) and typed_command(content.text) is not None:
        word = folded(content.text.partition(" ")[2])
        if is_inbox(draft.scene) or word in HERE:
            inbox(draft)
    elif is_inbox(draft.scene):
        referred = draft.scene.referred
        if referred is not None and referred.kind in admission.KINDS:
            choose_newcomer(draft)
        elif isinstance(content, Pressed):
            choose(draft)
        else:
            reply(draft)


def is_inbox(scene: Scene) -> bool:
    """Whether the team reads together in this chat; needs `team`."""
    return any(each.contact is None and each.address == scene.address for each in scene.team)


def reply(draft: Draft) -> None:
    """A reply to a message about an inquiry: a choice of it by number or label, else the answer itself."""
    scene = draft.scene
    prompt, content = scene.referred, scene.message.content
    assert prompt is not None
    key = None
    if isinstance(content, Said):
        key = pick([(key, label) for key, label in prompt.data.get("choices", ())], content.text)
    if key is not None:
        _chosen(draft, prompt, key)
    elif prompt.kind == INBOX:
        draft.reply(draft.say("inbox.which"))
    else:
        _answer(draft, since=None)


def said(draft: Draft) -> None:
    """The words or the file that the dialogue asked for; a number picks a ready answer."""
    scene = draft.scene
    assert scene.dialogue is not None
    key = picked(scene)
    if key is not None and scene.current is not None:
        _chosen(draft, scene.current, key)
        return
    since = scene.dialogue.data.get("since")
    _answer(draft, since=datetime.fromisoformat(str(since)) if since else None)


def _answer(draft: Draft, *, since: datetime | None) -> None:
    inquiry, content = draft.scene.inbox.chosen, draft.scene.message.content
    if inquiry is None:
        answering_inquiries.gone(draft)
    elif isinstance(content, SentMedia):
        answering_inquiries.take(draft, inquiry, content.caption or "", since=since, file=content)
    elif isinstance(content, Said):
        answering_inquiries.take(draft, inquiry, content.text, since=since)


def choose(draft: Draft) -> None:
    """A choice of the inbox, pressed or typed."""
    scene, content = draft.scene, draft.scene.message.content
    prompt = scene.referred if isinstance(content, Pressed) else scene.current
    key = content.choice if isinstance(content, Pressed) else picked(scene)
    assert prompt is not None and key is not None
    _chosen(draft, prompt, key)


def _chosen(draft: Draft, prompt: Prompt, key: str) -> None:
    inquiry = draft.scene.inbox.chosen
    if prompt.kind == INBOX and key == admission.NEWCOMERS:
        admission.show_list(draft)
    elif prompt.kind == INBOX and key in ("next", "previous"):
        answering_inquiries.show_list(draft)
    elif inquiry is None:
        answering_inquiries.gone(draft)
    elif prompt.kind == INBOX:
        answering_inquiries.show(draft, inquiry)
    elif prompt.kind == SEND:
        _send(draft, prompt, key, inquiry)
    elif prompt.kind == COLLEAGUES:
        people = prompt.data.get("people", ())
        place = int(key) if key.isdigit() else 0
        answering_inquiries.assign_to(draft, inquiry, people[place - 1] if 1 <= place <= len(people) else None)
    elif key.isdigit():
        ready = prompt.data.get("ready", ())
        if 1 <= int(key) <= len(ready):
            answering_inquiries.take_ready(draft, inquiry, ready[int(key) - 1])
    else:
        _do(draft, inquiry, key)


def _do(draft: Draft, inquiry: Inquiry, key: str) -> None:
    match key:
        case "reply":
            answering_inquiries.begin(draft, inquiry)
        case "take":
            answering_inquiries.assign_to_me(draft, inquiry)
        case "give":
            answering_inquiries.offer_colleagues(draft, inquiry)
        case "close":
            answering_inquiries.close(draft, inquiry)
        case "reopen":
            answering_inquiries.reopen(draft, inquiry)
        case "list":
            answering_inquiries.show_list(draft)
        case _:
            draft.toast(draft.say("press.unknown"))


def _send(draft: Draft, prompt: Prompt, key: str, inquiry: Inquiry) -> None:
    text = str(prompt.data.get("text") or "")
    if not text:  # it was decided before
        draft.toast(draft.say("press.dead"))
        return
    draft.record(PageTurned(prompt.id, {"inquiry": inquiry.id, "choices": []}))
    if key == "yes":
        answering_inquiries.send(draft, inquiry, text)
    else:
        draft.reply(draft.say("inbox.not_sent"))


# --- the group that is the inbox -------------------------------------------------------------------------------------


def _choose_inbox(draft: Draft, *, here: bool) -> None:
    scene, say = draft.scene, draft.say
    if here and scene.message.chat_kind is not ChatKind.GROUP:
        draft.reply(say("inbox.only_groups"))
        return
    address = scene.address if here and not is_inbox(scene) else None
    draft.record(Ordered(command=desk.ChooseInbox(address=address), actor=scene.actor))
    if here and scene.contact is not None:  # a talk for two that others have joined: nobody is reached there alone
        draft.record(ReachabilitySeen(reachable=False))
    draft.reply(say("inbox.is_here") if address is not None else say("inbox.is_nowhere"))


def left(draft: Draft) -> None:
    """We were put out of the group that was the inbox: each of the team reads alone again, and is told so."""
    scene = draft.scene
    assert isinstance(scene.message.content, MembershipChanged)
    draft.record(Ordered(command=desk.ChooseInbox(address=None), actor="hubtalk"))
    for recipient in scene.organisers:
        say = scene.catalogue.speaker(recipient.language)
        message = OutboundMessage(text=say("inbox.is_lost"))
        draft.tell(recipient.address, message, contact=recipient.contact, language=recipient.language)


def moved(draft: Draft, content: GroupMoved) -> None:
    """The group that is the inbox goes on under another id, and stays the inbox."""
    address = Address(draft.scene.address.channel, content.to)
    draft.record(Ordered(command=desk.ChooseInbox(address=address), actor="hubtalk"))


def file_of_inquiry(draft: Draft) -> None:
    """A file that belongs to an inquiry is here, or cannot be had; erased meanwhile, there is nobody to tell."""
    content, sent = draft.scene.message.content, draft.scene.file
    assert isinstance(content, FileOfInquiry)
    if sent is not None and content.why is None:
        file_inquiries.bring(draft, sent)
    elif sent is not None and content.why is not None:
        file_inquiries.lose(draft, sent, content.why)
