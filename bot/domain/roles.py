"""`/roles`: who may run the hub; a role is given, or taken, and whoever it concerns is told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from bot.domain.choosing import folded, pick
from bot.domain.commands import typed_command
from bot.domain.desk.roles import GrantRole, RevokeRole
from bot.domain.holders import Holder, Known
from bot.domain.messages import Address, Choice, OutboundMessage, Pressed, PromptId, Said
from bot.domain.outcomes import DialogueEnded, DialogueMoved, Ordered, PromptsClosed
from bot.domain.people import ROLES, ContactId, Role
from bot.domain.scene import Draft, NewPrompt, Prompt, Scene
from bot.domain.speech import Speaker

DIALOGUE = "roles"
WITHIN = timedelta(minutes=15)
SHOWN = 8  # people that a search shows; more of the name finds fewer
LISTED = 15  # lines of roles in one message

_GIVE = frozenset({"grant", "give", "geben"})
_TAKE = frozenset({"revoke", "take", "nehmen", "entziehen"})
_ADDRESS = re.compile(r"(telegram|matrix|terminal|memory):\S+", re.IGNORECASE)


def address_in(text: str) -> Address | None:
    """Return the address that a text is, such as `telegram:4711`."""
    return Address.parse(text) if _ADDRESS.fullmatch(text.strip()) else None


def looked_for(scene: Scene) -> tuple[str, ContactId | None]:
    """Return what part of a name (or which address) is looked for, or which contact; nothing for other messages."""
    if not scene.may("grant"):
        return "", None
    content = scene.message.content
    prompt = scene.referred if isinstance(content, Pressed) else scene.current
    if prompt is not None and prompt.kind == "roles":
        contact = _contact_at(prompt, _key(scene, prompt))
        if contact is not None:
            return "", contact
    if not isinstance(content, Said):
        return "", None
    typed = typed_command(content.text, roles=scene.roles)
    if typed is not None:
        asked = _asked(typed.argument) if typed.command is not None and typed.command.name == "roles" else None
        return (asked[1], None) if asked is not None and asked[0] == "give" else ("", None)
    if scene.dialogue is not None and scene.dialogue.name == DIALOGUE:
        return content.text.partition(",")[0].strip(), None
    return "", None


def _key(scene: Scene, prompt: Prompt) -> str | None:
    content = scene.message.content
    if isinstance(content, Pressed):
        return content.choice
    return pick([(key, label) for key, label in prompt.data.get("choices", ())], content.text) if isinstance(
        content, Said
    ) else None  # fmt: skip


def _contact_at(prompt: Prompt, key: str | None) -> ContactId | None:
    """Return whom a choice is about."""
    people = prompt.data.get("people", ())
    if prompt.data.get("step") == "role":
        return ContactId(prompt.data["contact"]) if prompt.data.get("contact") else None
    if key is not None and key.isdigit() and 1 <= int(key) <= len(people):
        return ContactId(people[int(key) - 1])
    return None


def _asked(argument: str) -> tuple[str, str, Role | None] | None:
    """Read `grant telegram:4711 organiser`: what to do, with whom, which role (None: not said)."""
    word, _, rest = argument.strip().partition(" ")
    way = "give" if word.lower() in _GIVE else "take" if word.lower() in _TAKE else ""
    if not way:
        return None
    who, _, last = rest.strip().rpartition(" ")
    role = _role_called(last)
    return way, (who if role is not None else rest).strip(), role


def _role_called(text: str) -> Role | None:
    called: dict[str, Role] = {"organisator": "organiser", "organisatorin": "organiser", "organizer": "organiser"}
    called |= {role: role for role in ROLES}
    return called.get(folded(text))


# --- the list --------------------------------------------------------------------------------------------------------


def show(draft: Draft) -> None:
    """`/roles`: who holds which role; `/roles grant …` and `/roles revoke …` do it at once."""
    content = draft.scene.message.content
    typed = typed_command(content.text) if isinstance(content, Said) else None
    asked = _asked(typed.argument) if typed is not None else None
    if asked is None:
        _list(draft)
        return
    way, who, role = asked
    if way == "give":
        _whom(draft, who, role)
    else:
        _whose(draft, who, role)


def _list(draft: Draft) -> None:
    say, staff = draft.say, draft.scene.staff
    lines = [_line(holder, say) for holder in staff[:LISTED]]
    if len(staff) > LISTED:
        lines.append(say("forms.preview_more", number=len(staff) - LISTED))
    choices = [["give", say("roles.give")], ["take", say("roles.take")]]
    _ask(draft, "\n".join(lines), choices=[Choice(key, label) for key, label in choices], step="list")


def _line(holder: Holder, say: Speaker) -> str:
    by = say("roles.by", name=holder.by) if holder.by else say(f"roles.from_{holder.source}")
    role = say(f"roles.{holder.role}")
    return say("roles.line", who=called(holder), role=role, day=say.day(holder.since), by=by)


def called(holder: Holder) -> str:
    """Return what people call the holder: the name, else the address."""
    return holder.known.name if holder.known is not None and holder.known.name else str(holder.person)


def _ask(
    draft: Draft,
    text: str,
    *,
    step: str,
    choices: Sequence[Choice] = (),
    dialogue: bool = False,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Ask for the next thing. The prompt remembers ids, no names: an erasure leaves nothing of anybody in it.

    about: contact, person, role, people: what the answer will be about.
    """
    data = {
        "step": step,
        "choices": [[choice.key, "" if choice.key.isdigit() else choice.label] for choice in choices],
        **(about or {}),
    }
    prompt = NewPrompt(id=PromptId(draft.scene.next_id()), kind="roles", data=data)
    if dialogue:
        draft.record(DialogueMoved(name=DIALOGUE, step=step, data={}, expires_at=draft.scene.now + WITHIN))
    elif draft.scene.dialogue is not None and draft.scene.dialogue.name == DIALOGUE:
        draft.record(DialogueEnded())
    draft.reply(OutboundMessage(where=draft.say("roles.title"), text=text, choices=tuple(choices)), prompt)


# --- a choice, or a name typed ---------------------------------------------------------------------------------------


def choose(draft: Draft, prompt: Prompt, key: str) -> None:
    """Take what was picked of the list, of people found, of roles, or a yes."""
    if not prompt.current:
        draft.toast(draft.say("press.dead"))
        return
    match prompt.data.get("step"), key:
        case "list", "give":
            _ask(draft, draft.say("roles.who"), step="who", dialogue=True)
        case "list", "take":
            _ask_whose(draft, draft.scene.staff)
        case "people", _ if key.isdigit():
            known = next(iter(draft.scene.found), None)
            _which_role(draft, known) if known is not None else draft.toast(draft.say("press.unknown"))
        case "role", ("organiser" | "admin") as role:
            _give_picked(draft, prompt, role)
        case "whose", _ if key.isdigit() and 1 <= int(key) <= len(draft.scene.staff):
            _sure(draft, _same(draft.scene.staff, prompt, int(key)))
        case "sure", "yes":
            _take(draft, _meant(draft.scene.staff, prompt))
        case "sure", "no":
            draft.record(PromptsClosed())
            draft.reply(draft.say("roles.kept"))
        case _:
            draft.toast(draft.say("press.unknown"))


def typed(draft: Draft) -> None:
    """A name or an address, typed where one was asked for."""
    scene, content = draft.scene, draft.scene.message.content
    assert isinstance(content, Said) and scene.dialogue is not None
    if scene.dialogue.step == "whose":
        _whose(draft, content.text, None)
    else:
        _whom(draft, content.text, None)


def _whom(draft: Draft, text: str, role: Role | None) -> None:
    """Find whom a role is for."""
    say, found = draft.say, draft.scene.found
    person = address_in(text)
    if len(found) == 1:
        _give(draft, found[0].person, found[0], role) if role is not None else _which_role(draft, found[0])
    elif person is not None:
        _give(draft, person, None, role) if role is not None else _which_role(draft, None, person=person)
    elif not found:
        _ask(draft, say("roles.nobody"), step="who", dialogue=True)
    else:
        shown = found[:SHOWN]
        choices = [Choice(str(place), _in_full(known)) for place, known in enumerate(shown, start=1)]
        text = say("roles.which") if len(found) <= SHOWN else say("roles.which_more", number=SHOWN)
        people = [known.contact for known in shown]
        _ask(draft, text, step="people", dialogue=True, choices=choices, about={"people": people})


def _in_full(known: Known) -> str:
    return f"{known.name}, {known.company}" if known.company else known.name


def _which_role(draft: Draft, known: Known | None, *, person: Address | None = None) -> None:
    say = draft.say
    name = known.name if known is not None else str(person)
    choices = [Choice(role, say(f"roles.{role}")) for role in ROLES]
    about = {"person": str(person)} if known is None else {"contact": known.contact}
    _ask(draft, say("roles.which_role", name=name), step="role", choices=choices, about=about)


def _give_picked(draft: Draft, prompt: Prompt, role: Role) -> None:
    known = next(iter(draft.scene.found), None)
    if prompt.data.get("contact") and known is None:  # erased meanwhile
        draft.toast(draft.say("press.unknown"))
        return
    person = known.person if known is not None else Address.parse(prompt.data["person"])
    _give(draft, person, known, role)


def _give(draft: Draft, person: Address, known: Known | None, role: Role) -> None:
    scene, say = draft.scene, draft.say
    _over(draft)
    name = known.name if known is not None and known.name else str(person)
    if any(_is(holder, person, known) and holder.role == role for holder in scene.staff):
        draft.reply(say("roles.had", name=name, role=say(f"roles.{role}")))
        return
    draft.record(Ordered(command=GrantRole(person=person, role=role, source="chat"), actor=scene.actor))
    key = "roles.given" if known is not None else "roles.given_unknown"
    draft.reply(say(key, name=name, role=say(f"roles.{role}")))
    _tell(draft, known, f"roles.you_are_{role}")


def _is(holder: Holder, person: Address, known: Known | None) -> bool:
    same = known is not None and holder.known is not None and holder.known.contact == known.contact
    return same or holder.person == person


def _over(draft: Draft) -> None:
    draft.record(PromptsClosed())
    if draft.scene.dialogue is not None and draft.scene.dialogue.name == DIALOGUE:
        draft.record(DialogueEnded())


def _tell(draft: Draft, known: Known | None, key: str) -> None:
    """Tell whoever it concerns, unless it is the one who does it."""
    if known is None or (draft.scene.contact is not None and known.contact == draft.scene.contact.id):
        return
    speaker = draft.scene.catalogue.speaker(known.language)
    message = OutboundMessage(where=draft.scene.hub.name, text=speaker(key))
    draft.tell(known.chat, message, contact=known.contact, language=known.language)


# --- taking a role ---------------------------------------------------------------------------------------------------


def _ask_whose(draft: Draft, holders: Sequence[Holder]) -> None:
    say = draft.say
    shown = holders[:LISTED]
    labels = [say("roles.holder", who=called(each), role=say(f"roles.{each.role}")) for each in shown]
    choices = [Choice(str(place), label) for place, label in enumerate(labels, start=1)]
    _ask(draft, say("roles.whose"), step="whose", dialogue=True, choices=choices, about={"people": _marks(shown)})


def _marks(holders: Sequence[Holder]) -> list[ContactId]:
    return [holder.known.contact if holder.known is not None else ContactId(0) for holder in holders]


def _same(staff: Sequence[Holder], prompt: Prompt, number: int) -> Holder | None:
    """Return what stood at that place of the list, None if the list has changed since."""
    marks = prompt.data.get("people", ())
    return staff[number - 1] if marks == _marks(staff[:LISTED]) else None


def _whose(draft: Draft, text: str, role: Role | None) -> None:
    """Find whose role is to be taken, by name or address."""
    wanted = folded(text)
    fitting = [
        holder
        for holder in draft.scene.staff
        if (role is None or holder.role == role)
        and wanted
        and (wanted in folded(called(holder)) or wanted == folded(str(holder.person)))
    ]
    if len(fitting) == 1:
        _sure(draft, fitting[0])
    else:
        _ask_whose(draft, draft.scene.staff)


def _sure(draft: Draft, holder: Holder | None) -> None:
    """Ask once more, unless it cannot be done."""
    if holder is None:
        _ask_whose(draft, draft.scene.staff)
        return
    if _refused(draft, holder):
        return
    say = draft.say
    choices = [Choice("yes", say("roles.yes")), Choice("no", say("roles.no"))]
    text = say("roles.sure", who=called(holder), role=say(f"roles.{holder.role}"))
    _ask(draft, text, step="sure", choices=choices, about={"person": str(holder.person), "role": holder.role})


def _refused(draft: Draft, holder: Holder) -> bool:
    """Say why a role cannot be taken, if so."""
    key = ""
    if any(each.source == "settings" and each.role == holder.role for each in _of(draft.scene.staff, holder)):
        key = "roles.by_settings"
    elif holder.role == "admin" and last_admin(draft.scene.staff, holder):
        key = "roles.last_admin"
    if key:
        _over(draft)
        draft.reply(draft.say(key, who=called(holder)))
    return bool(key)


def _of(staff: Sequence[Holder], holder: Holder) -> list[Holder]:
    return [each for each in staff if _is(each, holder.person, holder.known)]


def last_admin(staff: Sequence[Holder], holder: Holder) -> bool:
    """Whether nobody else is an admin."""
    return all(_is(each, holder.person, holder.known) for each in staff if each.role == "admin")


def _meant(staff: Sequence[Holder], prompt: Prompt) -> Holder | None:
    """Return whom a confirmation is about, as they are now."""
    return next(
        (each for each in staff if (str(each.person), each.role) == (prompt.data["person"], prompt.data["role"])), None
    )


def _take(draft: Draft, holder: Holder | None) -> None:
    if holder is None:
        draft.toast(draft.say("press.unknown"))
        return
    if _refused(draft, holder):
        return
    _over(draft)
    scene, say = draft.scene, draft.say
    draft.record(Ordered(command=RevokeRole(person=holder.person, role=holder.role), actor=scene.actor))
    draft.reply(say("roles.taken", who=called(holder), role=say(f"roles.{holder.role}")))
    _tell(draft, holder.known, f"roles.you_are_no_{holder.role}")
