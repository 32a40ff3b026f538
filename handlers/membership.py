"""Blocking and unblocking, and groups, where we do not work."""

from __future__ import annotations

from bot.domain.commands import typed_command
from bot.domain.messages import GroupMoved, MembershipChanged, OutboundMessage, Said
from bot.domain.onboarding import DIALOGUE
from bot.domain.outcomes import AddressAdded, DialogueMoved, ReachabilitySeen
from bot.domain.scene import Draft
from handlers.inbox import is_inbox, left, moved
from handlers.onboarding import start


def private(draft: Draft) -> None:
    """The person blocked us or let us back in; no word is said about it."""
    content = draft.scene.message.content
    assert isinstance(content, MembershipChanged)
    draft.record(ReachabilitySeen(content.present))


def another_address(draft: Draft) -> None:
    """A contact writes from a new place of theirs: they are who they are there, and go on where they stand."""
    scene = draft.scene
    assert scene.contact is not None
    draft.record(AddressAdded(scene.contact.id))
    dialogue = scene.dialogue
    if dialogue is not None and dialogue.name == DIALOGUE:
        draft.record(DialogueMoved(name=dialogue.name, step=dialogue.step, data=dialogue.data))
    if isinstance(scene.message.content, MembershipChanged):
        draft.record(ReachabilitySeen(scene.message.content.present))
    else:
        start(draft)


def group(draft: Draft) -> None:
    """Decline politely when added or addressed; stay silent on everything else that is said there.

    In the group that is the inbox, who has no right to it is not heard.
    """
    scene, content = draft.scene, draft.scene.message.content
    if is_inbox(scene):
        if isinstance(content, MembershipChanged) and not content.present:
            left(draft)
        elif isinstance(content, GroupMoved):
            moved(draft, content)
        return
    added = isinstance(content, MembershipChanged) and content.present
    typed = typed_command(content.text, roles=scene.roles) if isinstance(content, Said) else None
    addressed = typed is not None and (typed.command is not None or typed.sign == "/")  # a lone "!word" is anybody's
    if added or addressed:
        draft.reply(OutboundMessage(where=scene.hub.name, text=draft.say("group.declined")))
