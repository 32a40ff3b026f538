"""Blocking and unblocking, and groups, where we do not work."""

from __future__ import annotations

from bot.domain.commands import typed_command
from bot.domain.messages import MembershipChanged, OutboundMessage, Said
from bot.domain.outcomes import ReachabilitySeen
from bot.domain.scene import Draft


def private(draft: Draft) -> None:
    """The person blocked us or let us back in; no word is said about it."""
    content = draft.scene.message.content
    assert isinstance(content, MembershipChanged)
    draft.record(ReachabilitySeen(content.present))


def group(draft: Draft) -> None:
    """Decline politely when added or addressed; stay silent on everything else that is said there."""
    scene, content = draft.scene, draft.scene.message.content
    added = isinstance(content, MembershipChanged) and content.present
    addressed = isinstance(content, Said) and typed_command(content.text) is not None
    if added or addressed:
        draft.reply(OutboundMessage(where=scene.hub.name, text=draft.say("group.declined")))
