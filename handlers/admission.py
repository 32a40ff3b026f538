"""Those who wait for the team: what they hear meanwhile, and what the team decides about them."""

from __future__ import annotations

from bot.domain import admission
from bot.domain.admission import KINDS, NEWCOMERS
from bot.domain.commands import typed_command
from bot.domain.messages import Edited, Pressed, Said
from bot.domain.newcomers import MEANWHILE
from bot.domain.scene import Draft, Scene
from handlers import inquiries
from handlers.account import FORGET
from handlers.choices import picked

# --- who waits -------------------------------------------------------------------------------------------------------


def holds_back(scene: Scene) -> bool:
    """Whether the team has to let in who writes, before there is an answer to that."""
    return scene.waits and not _goes_meanwhile(scene)


def _goes_meanwhile(scene: Scene) -> bool:
    content = scene.message.content
    typed = typed_command(content.text, roles=scene.roles) if isinstance(content, Said) else None
    if typed is not None:
        return typed.command is None or typed.command.name in MEANWHILE
    if inquiries.in_dialogue(scene) or inquiries.goes_on(scene) or inquiries.chooses(scene):
        return True
    if isinstance(content, Pressed):
        return scene.referred is None or scene.referred.kind in ("language", "consent")
    if isinstance(content, Said):
        forgets = scene.dialogue is not None and scene.dialogue.name == FORGET
        asks_language = scene.current is not None and scene.current.kind == "language" and picked(scene) is not None
        return forgets or asks_language
    return isinstance(content, Edited)


def wait(draft: Draft) -> None:
    """Whatever it was, it has to wait."""
    admission.wait(draft)


# --- who decides -----------------------------------------------------------------------------------------------------


def chooses(scene: Scene) -> bool:
    """Whether somebody who may picks something about those who wait."""
    return scene.may("send") and admission.meant(scene) is not None


def replies(scene: Scene) -> bool:
    """Whether it is a reply to a message about a newcomer, by somebody who may."""
    return (
        scene.may("send")
        and scene.referred is not None
        and scene.referred.kind in KINDS
        and isinstance(scene.message.content, Said)
        and typed_command(scene.message.content.text) is None
    )


def choose(draft: Draft) -> None:
    """What was picked; a reply that picks nothing sees the choices again."""
    scene = draft.scene
    found, newcomers = admission.meant(scene), scene.newcomers
    prompt = found[0] if found is not None else scene.referred
    assert prompt is not None
    if prompt.kind == NEWCOMERS and newcomers.chosen is None and newcomers.decided is None:
        admission.show_list(draft)
    elif found is None or prompt.kind == NEWCOMERS:
        if newcomers.chosen is not None and newcomers.chosen.waits:
            admission.show(draft, newcomers.chosen)
        else:
            admission.decide(draft, prompt, "")
    else:
        admission.decide(draft, prompt, found[1])
