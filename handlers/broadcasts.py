"""`/broadcast`: organisers write to many, look at what would happen, confirm it, and follow how it goes."""

from __future__ import annotations

from bot.domain import broadcasting, directing, steering
from bot.domain.messages import Pressed, Said, SentMedia
from bot.domain.scene import Draft, Scene


def broadcast(draft: Draft) -> None:
    """`/broadcast`, `/broadcast new`, `/broadcast 17`."""
    directing.command(draft)


def chooses(scene: Scene) -> bool:
    """Whether a choice under a preview, a list or a broadcast that runs was made by somebody who may."""
    return directing.is_meant(scene)


def choose(draft: Draft) -> None:
    """Do what was chosen."""
    directing.choose(draft)


def is_answer(scene: Scene) -> bool:
    """Whether a message answers one of the two dialogues, by somebody who still may send."""
    dialogue, content = scene.dialogue, scene.message.content
    if dialogue is None or not scene.may("send"):
        return False
    if dialogue.name == steering.DIALOGUE:
        return isinstance(content, Said)
    return dialogue.name == broadcasting.DIALOGUE and isinstance(content, Said | Pressed | SentMedia)


def answer(draft: Draft) -> None:
    """An answer within a dialogue."""
    dialogue = draft.scene.dialogue
    assert dialogue is not None
    if dialogue.name == steering.DIALOGUE:
        directing.answer(draft)
    else:
        broadcasting.answer(draft)
