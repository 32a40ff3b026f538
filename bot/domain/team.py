"""How the team is reached: in its inbox, a group or room of theirs, or else each organiser in their own chat."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.messages import OutboundMessage
from bot.domain.people import ContactId
from bot.domain.scene import Draft, NewPrompt
from bot.domain.speech import Speaker

Say = Callable[[Speaker, int], tuple[OutboundMessage, NewPrompt | None]]
"""Makes the message in a language; the number is the id that its prompt has to have."""


def tell_team(draft: Draft, say: Say, *, but: ContactId | None = None) -> int:
    """Tell the team; return to how many chats it went. Needs `team` loaded. `but`: who knows it already."""
    scene = draft.scene
    told = 0
    for recipient in scene.team:
        if recipient.contact is not None and recipient.contact == but:
            continue
        message, prompt = say(scene.catalogue.speaker(recipient.language), scene.next_id())
        draft.tell(recipient.address, message, contact=recipient.contact, language=recipient.language, prompt=prompt)
        told += 1
    return told
