"""What becomes of a code that does not let its person in: it is counted if it is none, and why is said plainly."""

from __future__ import annotations

import math
from collections.abc import Mapping

from bot.domain.guessing import one_more
from bot.domain.outcomes import CodeGuessed
from bot.domain.people import InvitationState
from bot.domain.scene import Draft, Scene
from bot.domain.speech import Speaker

_DIED: Mapping[InvitationState, str] = {
    "used_up": "code.used_up",
    "expired": "code.expired",
    "revoked": "code.revoked",
}


def note_guess(draft: Draft) -> None:
    """Count a code that was looked at and is none; one that has died is no guess."""
    scene = draft.scene
    if scene.tried is not None and scene.tried.held_until is None and scene.invitation is None:
        guesses = one_more(scene.tried.guesses, now=scene.now)
        draft.record(CodeGuessed(key=scene.hub.person_hash(scene.written_by), guesses=guesses))


def why_not(scene: Scene, say: Speaker) -> str:
    """Say why a code does not count. Of one that is nobody's no more is said than that."""
    if scene.tried is not None and scene.tried.held_until is not None:
        minutes = math.ceil((scene.tried.held_until - scene.now).total_seconds() / 60)
        return say.count("code.wait", minutes)
    if scene.invitation is None:
        return say("code.unknown")
    return say(_DIED.get(scene.invitation.state, "code.unknown"))


def where_to_ask(scene: Scene, say: Speaker) -> str:
    """Say who gives a new code."""
    if scene.hub.contact:
        return say("code.ask_team", contact=scene.hub.contact)
    return say("code.ask_hub", hub=scene.hub.name)
