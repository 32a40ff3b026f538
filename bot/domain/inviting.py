"""Inviting from the chat: for whom, for how many; what is open, and withdrawing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.domain import desk
from bot.domain.asking import menu_message
from bot.domain.choosing import folded, pick
from bot.domain.messages import OutboundMessage, Pressed, PromptId, Said
from bot.domain.outcomes import DialogueEnded, DialogueMoved, JobPlanned, Ordered, PromptsClosed
from bot.domain.people import NAME_LIMIT, ROLES, Company, Role, clean_name, folded_company
from bot.domain.scene import Draft, NewPrompt, OpenInvitation, Scene
from bot.domain.speech import Speaker

DIALOGUE = "inviting"
JOB, TEAM_JOB = "invite", "invite_team"  # who is let into the team takes another right
_ROLES: Mapping[Role, str] = {"organiser": "invite.role_organiser", "admin": "invite.role_admin"}
WITHIN = timedelta(hours=1)
_SHORT = 3  # yes, no, 10
SHOWN = 8  # companies or invitations in one list
_WITHDRAW = frozenset({"zuruckziehen", "zurueckziehen", "withdraw", "revoke"})  # folded, as people write them
_ANY = "0"  # so that every choice of the list is a number, and any other number says how many
USES = {"1": "invite.uses_1", "10": "invite.uses_10", _ANY: "invite.uses_any"}


def begin(draft: Draft, *, text: str) -> None:
    """`/invite` lists what is open and asks for whom; `/invite NAME` is for a company at once.

    `/invite withdraw NAME` lists what is open for whoever is called so.
    """
    scene = draft.scene
    first, _, rest = text.partition(" ")
    if folded(first) in _WITHDRAW and rest.strip():
        _find_open(draft, rest)
    elif text.lower() in ROLES and scene.may("grant"):
        _plan(draft, {"role": text.lower(), "uses": desk.ROLE_USES})
    elif text:
        _take_company(draft, text, uses=desk.COMPANY_USES)
    else:
        _ask_company(draft)


def answer(draft: Draft) -> None:
    """An answer within the dialogue."""
    scene = draft.scene
    dialogue, content = scene.dialogue, scene.message.content
    assert dialogue is not None
    key = _picked(scene, step=dialogue.step)
    text = content.text if isinstance(content, Said) else ""
    match dialogue.step:
        case "company" if key is not None:
            _chosen(draft, key)
        case "company" if text:
            _take_company(draft, text)
        case "uses":
            _take_uses(draft, key or text)
        case "revoke" if key is not None or text:
            _revoke(draft, key or "no")
        case _:
            draft.toast(draft.say("press.dead"))


def _ask_company(draft: Draft) -> None:
    say = draft.say
    lines, meant = _open(draft, draft.scene.open_invitations)
    text = "\n".join([say("invite.company"), *(["", *lines] if lines else [])])
    _ask(draft, "company", text, meant=meant, hint=say("invite.company_hint"))


def _find_open(draft: Draft, name: str) -> None:
    """Ask which of the open invitations for a name is to be withdrawn."""
    say, wanted = draft.say, folded(name)
    found = [each for each in draft.scene.open_invitations if wanted in folded(whom(say, each.role, each.whom))]
    lines, meant = _open(draft, found)
    if lines:
        _ask(draft, "company", "\n".join(lines), meant=meant)
    else:
        draft.reply(say("invite.none_open", name=clean_name(name)[:NAME_LIMIT]))


def _open(draft: Draft, found: Sequence[OpenInvitation]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the lines about open invitations, and the choices to withdraw one."""
    say, shown = draft.say, found[:SHOWN]
    lines = [say("invite.open"), *(f"· {_line(draft, each)}" for each in shown)] if shown else []
    if len(found) > SHOWN:
        lines.append(say.count("invite.more", len(found) - SHOWN))
    labels = [say("invite.withdraw", whom=whom(say, each.role, each.whom)) for each in shown]
    meant = [
        (f"revoke:{each.id}", label if labels.count(label) == 1 else f"{label} ({labels[: place + 1].count(label)})")
        for place, (each, label) in enumerate(zip(shown, labels, strict=True))
    ]
    return lines, meant


def whom(say: Speaker, role: Role | None, name: str) -> str:
    """Say for whom an invitation is: a company or person by name, or the team."""
    return say(_ROLES[role]) if role else name


def _line(draft: Draft, each: OpenInvitation) -> str:
    say = draft.say
    used = say("invite.used", used=each.used, uses=each.uses) if each.uses else say("invite.used_any", used=each.used)
    until = [say("invite.until", day=say.day(each.until))] if each.until is not None else []
    return ", ".join([whom(say, each.role, each.whom), used, *until])


def _take_company(draft: Draft, text: str, *, uses: int | None = None) -> None:
    """Find the company; with `uses` all is said when there is exactly one of that name."""
    name = clean_name(text)
    if not 1 <= len(name) <= NAME_LIMIT or not any(sign.isalnum() for sign in name):
        draft.reply(draft.say("joining.company_unclear", limit=NAME_LIMIT))
        return
    same, alike = found_companies(draft.scene.companies, name)
    if len(same) == 1 and uses is not None:
        _plan(draft, {"company_id": same[0].id, "uses": uses})
    elif len(same) == 1:
        _ask_uses(draft, {"company_id": same[0].id, "whom": same[0].name})
    else:
        say = draft.say
        near = (*same, *alike)[:SHOWN]
        meant = [(f"company:{company.id}", company.name) for company in near]
        meant.append((f"new:{name}", say("invite.new", company=name)))
        _ask(draft, "company", say("invite.which" if near else "invite.unknown", company=name), meant=meant)


def found_companies(known: Sequence[Company], name: str) -> tuple[list[Company], list[Company]]:
    """Return the companies of that name (without its legal form), and those that hold all of its words."""
    wanted = folded_company(name)
    same = [company for company in known if company.name.casefold() == name.casefold()]
    same = same or [company for company in known if folded_company(company.name) == wanted]
    alike = [
        company
        for company in known
        if company not in same and all(word in company.name.casefold() for word in wanted.split())
    ]
    return same, alike


def _chosen(draft: Draft, key: str) -> None:
    kind, _, what = key.partition(":")
    scene = draft.scene
    if kind == "new":
        _ask_uses(draft, {"company": what, "whom": what})
    elif kind == "company":
        company = next((each for each in scene.companies if str(each.id) == what), None)
        if company is None:
            draft.toast(draft.say("press.dead"))
        else:
            _ask_uses(draft, {"company_id": company.id, "whom": company.name})
    else:
        found = next((each for each in scene.open_invitations if str(each.id) == what), None)
        if found is None:
            draft.toast(draft.say("invite.gone"))
            return
        say = draft.say
        meant = [("yes", say("invite.withdraw_yes")), ("no", say("invite.withdraw_no"))]
        shown = whom(say, found.role, found.whom)
        text = say("invite.withdraw_sure", whom=shown)
        _ask(draft, "revoke", text, meant=meant, data={"invitation": found.id, "whom": shown})


def _ask_uses(draft: Draft, data: dict[str, Any]) -> None:
    say = draft.say
    _ask(
        draft,
        "uses",
        say("invite.uses", whom=data["whom"]),
        meant=[(key, say(text)) for key, text in USES.items()],
        data=data,
    )


def _take_uses(draft: Draft, text: str) -> None:
    dialogue = draft.scene.dialogue
    assert dialogue is not None
    try:
        uses = None if text == _ANY else desk.read_uses(text)
    except ValueError:
        draft.reply(draft.say("invite.uses_unclear"))
        return
    _plan(
        draft, {**{key: dialogue.data[key] for key in ("company", "company_id") if key in dialogue.data}, "uses": uses}
    )


def _revoke(draft: Draft, key: str) -> None:
    scene, say = draft.scene, draft.say
    dialogue = scene.dialogue
    assert dialogue is not None
    draft.record(DialogueEnded(), PromptsClosed())
    number = dialogue.data["invitation"]
    if key != "yes":
        draft.reply(say("invite.kept"))
    elif number not in {each.id for each in scene.open_invitations}:
        draft.reply(say("invite.gone"))
    else:
        draft.record(Ordered(command=desk.RevokeInvitation(invitation=number), actor=scene.actor))
        draft.reply(say("invite.withdrawn", whom=dialogue.data["whom"]))


def _plan(draft: Draft, what: dict[str, Any]) -> None:
    scene = draft.scene
    data = {**what, "actor": scene.actor, "language": draft.say.language}
    draft.record(
        DialogueEnded(),
        PromptsClosed(),
        JobPlanned(job=scene.next_id(), kind=TEAM_JOB if what.get("role") else JOB, data=data),
    )
    draft.reply(draft.say("invite.making"))


def _ask(
    draft: Draft,
    step: str,
    text: str,
    *,
    meant: list[tuple[str, str]],
    hint: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    """Ask; `meant`: what each choice stands for, and its label. Of what is long, buttons carry the place alone."""
    scene = draft.scene
    choices = [
        [what if len(what) <= _SHORT else f"c{place}", label] for place, (what, label) in enumerate(meant, start=1)
    ]
    shown = {"step": step, "choices": choices, "meant": [what for what, _ in meant]}
    prompt = NewPrompt(id=PromptId(scene.next_id()), kind="dialogue", data=shown)
    draft.record(DialogueMoved(name=DIALOGUE, step=step, data=data or {}, expires_at=scene.now + WITHIN))
    message = menu_message(text, prompt, where=draft.say("invite.title"))
    draft.reply(OutboundMessage(where=message.where, text=text, hint=hint, choices=message.choices), prompt)


def _picked(scene: Scene, *, step: str) -> str | None:
    content = scene.message.content
    prompt = scene.referred if isinstance(content, Pressed) else scene.current
    if prompt is None or not prompt.current or prompt.data.get("step") != step:
        return None
    choices = [(key, label) for key, label in prompt.data["choices"]]
    key = content.choice if isinstance(content, Pressed) else None
    if isinstance(content, Said):
        key = pick(choices, content.text)
    meant = {each: what for (each, _), what in zip(choices, prompt.data["meant"], strict=True)}
    return meant.get(key or "")
