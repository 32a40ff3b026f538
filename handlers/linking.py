"""`/link`, codes that link, and what is chosen about it."""

from __future__ import annotations

from bot.domain import linking, uniting
from bot.domain.commands import typed_command
from bot.domain.merging import Which
from bot.domain.messages import Pressed, Said
from bot.domain.outcomes import PromptsClosed, VisitorLeft
from bot.domain.scene import Draft, Prompt, Scene
from handlers import onboarding
from handlers.choices import picked


def _prompt(scene: Scene) -> Prompt | None:
    """Return the prompt of ours that a press, a reply or typed words are about."""
    prompt = scene.referred if scene.referred is not None else scene.current
    if isinstance(scene.message.content, Pressed):
        prompt = scene.referred
    return prompt if prompt is not None and prompt.kind == linking.KIND else None


def _key(scene: Scene) -> str | None:
    prompt, content = _prompt(scene), scene.message.content
    if prompt is None:
        return None
    if isinstance(content, Pressed):
        return content.choice
    if not isinstance(content, Said) or typed_command(content.text) is not None:
        return None
    return picked(scene, prompt=prompt)


def chooses(scene: Scene) -> bool:
    """Whether something is chosen that was shown about linking."""
    return _key(scene) is not None


def is_unclear(scene: Scene) -> bool:
    """Whether words come that choose nothing, where something was asked: they are no answer to a form's question."""
    content, shown = scene.message.content, scene.current
    return (
        isinstance(content, Said)
        and typed_command(content.text) is None
        and scene.referred is None
        and shown is not None
        and shown.kind == linking.KIND
        and "places" not in shown.data
    )


def unclear(draft: Draft) -> None:
    """Ask again."""
    assert draft.scene.current is not None
    linking.unclear(draft, draft.scene.current)


def brings_code(scene: Scene) -> bool:
    """Whether somebody who may be known elsewhere brings a code, by `/start`, by `/link` or bare."""
    content = scene.message.content
    typed = typed_command(content.text) if isinstance(content, Said) else None
    named = typed.command.name if typed is not None and typed.command is not None else ""
    return named == "link" or bool(onboarding.code_in(scene))


def visitor_code(draft: Draft) -> None:
    """Somebody who is no contact here brings a code: it may tie this chat to a contact, else it is an invitation's."""
    scene = draft.scene
    other = None if linking.is_held(scene) else scene.linking.other
    content = scene.message.content
    typed = typed_command(content.text) if isinstance(content, Said) else None
    named = typed.command.name if typed is not None and typed.command is not None else ""
    if other is not None and not other.merged:
        why = linking.refusal(scene, other)
        if why is None:
            linking.offer_here(draft, other)
        else:
            draft.reply(draft.say(why))
    elif named == "link":
        if typed is not None and typed.argument:
            linking.wrong_code(draft)
        else:
            draft.reply(draft.say("link.visitor"))
    elif named == "start":
        onboarding.visitor_start(draft)
    else:
        onboarding.visitor(draft)


def link(draft: Draft) -> None:
    """`/link`: a code, the addresses, a code from elsewhere, or the undo."""
    scene, content = draft.scene, draft.scene.message.content
    typed = typed_command(content.text) if isinstance(content, Said) else None
    argument = typed.argument if typed is not None else ""
    if argument.lower() in linking.UNDO:
        linking.undo(draft)
    elif argument:
        _code(draft)
    elif scene.contact is not None and len(scene.linking.of(scene.contact.id)) > 1:
        linking.overview(draft)
    else:
        linking.give_code(draft)


def start(draft: Draft) -> None:
    """`/start CODE` by a contact: a code that links, else an invitation's."""
    if draft.scene.linking.other is not None and not linking.is_held(draft.scene):
        _code(draft)
    else:
        onboarding.start(draft)


def _code(draft: Draft) -> None:
    own, other = draft.scene.linking.own, draft.scene.linking.other
    if own is None or other is None or linking.is_held(draft.scene):
        linking.wrong_code(draft)
    else:
        uniting.offer(draft, own, other)


def choose(draft: Draft) -> None:
    """Do what was chosen."""
    scene = draft.scene
    prompt, key = _prompt(scene), _key(scene)
    assert prompt is not None and key is not None
    if prompt.data.get("for") == "team":
        _decide(draft, key)
        return
    if not isinstance(scene.message.content, Pressed) and not prompt.current:
        draft.reply(draft.say("press.dead"))
        return
    if key in ("leave", "not_here"):
        _leave(draft)
    elif scene.contact is None:
        _here(draft, key)
    elif key in ("unite", "kept", "gone"):
        _unite(draft, prompt, key)
    elif key == "code":
        linking.give_code(draft)
    elif (channel := _listed(prompt, key, "push", "channels")) is not None:
        linking.choose_pushes(draft, channel)
    elif (address := _listed(prompt, key, "off", "places")) is not None:
        linking.take_off(draft, address)
    else:
        draft.toast(draft.say("press.unknown"))


def _listed(prompt: Prompt, key: str, name: str, data: str) -> str | None:
    """Return what a numbered key such as `off1` stands for in what the prompt remembers."""
    number, listed = key.removeprefix(name), prompt.data.get(data, ())
    if not key.startswith(name) or not number.isdigit() or int(number) >= len(listed):
        return None
    return str(listed[int(number)])


def _here(draft: Draft, key: str) -> None:
    other = draft.scene.linking.other
    if key != "here":
        draft.toast(draft.say("press.unknown"))
    elif other is None or other.merged:
        linking.wrong_code(draft)
    elif (why := linking.refusal(draft.scene, other)) is not None:
        draft.reply(draft.say(why))
    else:
        linking.join_here(draft, other)


def _leave(draft: Draft) -> None:
    if draft.scene.contact is None:
        draft.record(VisitorLeft())
    draft.record(PromptsClosed())
    draft.reply(draft.say("link.left"))


def _unite(draft: Draft, prompt: Prompt, key: str) -> None:
    own, other = draft.scene.linking.own, draft.scene.linking.other
    if own is None or other is None:
        linking.wrong_code(draft)
        return
    picks: dict[str, Which] = dict(prompt.data.get("picks", {}))
    if "form" in prompt.data and key != "unite":
        picks[prompt.data["form"]] = "gone" if key == "gone" else "kept"
    uniting.go_on(draft, own, other, picks=picks)


def _decide(draft: Draft, key: str) -> None:
    if not draft.scene.may("send"):
        draft.toast(draft.say("press.unknown"))
        return
    uniting.decide(draft, "gone" if key == "gone" else "kept")
