"""`/invite`: organisers let people in from the chat."""

from __future__ import annotations

from bot.domain import inviting
from bot.domain.commands import typed_command
from bot.domain.messages import Pressed, Said
from bot.domain.scene import Draft, Scene


def invite(draft: Draft) -> None:
    """Begin, or do all at once where the command says for whom."""
    content = draft.scene.message.content
    typed = typed_command(content.text) if isinstance(content, Said) else None
    inviting.begin(draft, text=typed.argument.strip() if typed is not None else "")


def is_answer(scene: Scene) -> bool:
    """Whether a message answers the dialogue, by somebody who still may invite."""
    dialogue = scene.dialogue
    return (
        dialogue is not None
        and dialogue.name == inviting.DIALOGUE
        and scene.may("send")
        and isinstance(scene.message.content, Said | Pressed)
    )


def answer(draft: Draft) -> None:
    """An answer within the dialogue."""
    inviting.answer(draft)
