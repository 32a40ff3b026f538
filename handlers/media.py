"""Stickers, voice, photos, forwarded messages: a sensible word, and nothing counts as an answer."""

from __future__ import annotations

from bot.domain.messages import SentMedia
from bot.domain.scene import Draft

_OWN_WORDS = frozenset({"voice", "video", "photo", "document", "sticker", "location", "contact", "unreadable"})


def media(draft: Draft) -> None:
    """Say what was understood (a voice message, a photo …) and what is needed instead."""
    content = draft.scene.message.content
    assert isinstance(content, SentMedia)
    kind = content.kind if content.kind in _OWN_WORDS else "other"
    interview = draft.scene.interview
    text = draft.say(f"media.{kind}")
    if interview is not None and interview.state == "open":
        text = f"{text} {draft.say('media.question_stays')}"
    draft.reply(text)


def forwarded(draft: Draft) -> None:
    """A forwarded text is somebody else's word, so it is no answer."""
    draft.reply(draft.say("media.forwarded"))


def edit_without_answer(draft: Draft) -> None:
    """An edited message that had answered nothing: no word is needed."""
