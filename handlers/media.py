"""Stickers, voice, photos, forwarded messages: a sensible word, and nothing counts as an answer."""

from __future__ import annotations

from bot.domain.messages import Located, SentMedia
from bot.domain.scene import Draft
from handlers.inquiries import may_be_meant, offer

VERIFICATION = "verification"
"""A kind of `SentMedia`: what a channel lets people compare; `verification_…` are its other forms."""

_OWN_WORDS = frozenset({"voice", "video", "photo", "document", "sticker", "location", "contact", "unreadable"})


def media(draft: Draft) -> None:
    """Say what was understood (a voice message, a photo, a place …) and what is needed instead."""
    content = draft.scene.message.content
    assert isinstance(content, SentMedia | Located)
    if may_be_meant(draft.scene):
        offer(draft)
        return
    sent = "location" if isinstance(content, Located) else content.kind
    kind = sent if sent in _OWN_WORDS else "other"
    interview = draft.scene.interview
    text = draft.say(f"media.{kind}")
    if interview is not None and interview.state == "open":
        text = f"{text} {draft.say('media.question_stays')}"
    draft.reply(text)


def verification(draft: Draft) -> None:
    """Tell what a contact's app must show, so that they can see with whom they speak; nothing else changes by it."""
    content = draft.scene.message.content
    assert isinstance(content, SentMedia)
    numbers = (content.caption or "").split()
    emojis = ", ".join(draft.say(f"emoji.{number}") for number in numbers) if content.kind == VERIFICATION else ""
    draft.reply(draft.say(f"media.{content.kind}", emojis=emojis, numbers=" – ".join(numbers)))


def forwarded(draft: Draft) -> None:
    """A forwarded text is somebody else's word, so it is no answer."""
    if may_be_meant(draft.scene):
        offer(draft)
    else:
        draft.reply(draft.say("media.forwarded"))


def edit_without_answer(draft: Draft) -> None:
    """An edited message that had answered nothing: no word is needed."""
