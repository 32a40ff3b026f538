"""Everything a visitor does, and the joining dialogue after the consent."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.domain import admission, onboarding
from bot.domain.choosing import folded, pick
from bot.domain.codes import code_within
from bot.domain.codewords import note_guess, why_not
from bot.domain.commands import typed_command
from bot.domain.desk import AdmitContact, public_id
from bot.domain.messages import Edited, Pressed, Said
from bot.domain.onboarding import DIALOGUE, arrive, choose_language, consent, refuse, show_notice
from bot.domain.outcomes import (
    DialogueEnded,
    InvitationOpened,
    InvitationUsed,
    Ordered,
    PromptAnswered,
    PushesSet,
    RoleGranted,
)
from bot.domain.people import Company, Contact, Invitation, folded_company
from bot.domain.questionnaire import resume
from bot.domain.scene import Draft, Prompt, Scene

__all__ = ["DIALOGUE", "again", "choose_language", "code_in", "dialogue", "start", "visitor"]


def code_in(scene: Scene) -> str:
    """Return the invitation code that a message carries: `/start CODE`, or from somebody who has not consented a code
    or link as it is, words around it or not.
    """
    content = scene.message.content
    if not isinstance(content, Said):
        return ""
    typed = typed_command(content.text)
    if typed is not None:
        carries = typed.command is not None and typed.command.name in ("start", "link")
        return code_within(typed.argument) or typed.argument if carries else ""
    if scene.contact is not None:
        return ""  # words of theirs answer something else
    if found := code_within(content.text):
        return found
    if scene.visitor is not None and scene.visitor.step != "turned_away":
        return ""  # what is typed here picks a language or answers the notice
    text = content.text.strip()
    signs = text.replace("-", "").replace(" ", "")
    # As long as a code, give or take what one mistypes.
    looks_like_a_code = 8 <= len(signs) <= 16 and signs.isalnum() and any(sign.isdigit() for sign in signs)
    return text if looks_like_a_code else ""


def visitor(draft: Draft) -> None:
    """Take whatever somebody without consent writes or presses."""
    scene = draft.scene
    known = scene.visitor
    content = scene.message.content
    key = _picked(scene)
    prompt = scene.referred or scene.current
    code = code_in(scene)
    if known is None or known.step == "turned_away" or code:
        arrive(draft, code=code)
    elif prompt is not None and prompt.kind == "language" and key is not None:
        choose_language(draft, key)
    elif known.step == "consent" and key is not None and prompt is not None and prompt.kind == "consent":
        _consent_choice(draft, key)
    elif isinstance(content, Said) and _language_named(scene, content.text) is not None:
        choose_language(draft, _language_named(scene, content.text) or scene.language)
    elif known.step == "consent":
        draft.reply(draft.say("consent.unclear"))
        onboarding.ask_consent(draft, language=known.language, code_hash=known.code_hash)
    else:
        arrive(draft, code=known.code_hash)


def visitor_start(draft: Draft) -> None:
    """`/start` by a visitor: begin again, with the code if it brings one."""
    scene = draft.scene
    kept = scene.visitor.code_hash if scene.visitor else ""
    arrive(draft, code=code_in(scene) or kept)


def _consent_choice(draft: Draft, key: str) -> None:
    match key:
        case "yes":
            consent(draft)
        case "no":
            refuse(draft)
        case _:
            show_notice(draft)


def _picked(scene: Scene) -> str | None:
    content = scene.message.content
    if isinstance(content, Pressed):
        return content.choice if scene.referred is not None else None
    if isinstance(content, Said) and scene.current is not None:
        return pick(_choices(scene.current), content.text)
    return None


def _choices(prompt: Prompt) -> list[tuple[str, str]]:
    return [(key, label) for key, label in prompt.data.get("choices", ())]


def _language_named(scene: Scene, text: str) -> str | None:
    wanted = folded(text)
    for code in scene.hub.languages:
        if wanted in {code, folded(scene.catalogue.speaker(code)("language.name"))}:
            return code
    return None


def start(draft: Draft) -> None:
    """`/start` by a contact: pushes are on again, a code may bring a role, then where they are."""
    scene = draft.scene
    contact = scene.contact
    assert contact is not None
    if not contact.pushes:
        draft.record(PushesSet(contact=contact.id, wanted=True))
        draft.reply(draft.say("stop.undone"))
    if code_in(scene):
        if scene.waits and scene.invitation is not None and scene.invitation.alive and scene.invitation.role is None:
            _let_in(draft, contact, scene.invitation)
            return
        if (company := _company_by_code(scene, contact)) is not None:
            onboarding.come_to_company(draft, contact, company)
            return
        _code_of_contact(draft, contact)
    if onboarding.still_joining(scene):
        onboarding.step_again(draft, contact)
    else:
        start_again(draft, contact)


def start_again(draft: Draft, contact: Contact) -> None:
    """Say where the contact stands."""
    scene = draft.scene
    if scene.waits:
        admission.wait(draft)
    elif scene.interview is not None and scene.interview.form_state == "closed":
        draft.reply(draft.say("survey.closed"))
    elif scene.interview is not None:
        resume(draft, scene.interview)
    else:
        draft.reply(draft.say("start.back", name=contact.name, hub=scene.hub.name))


def _company_by_code(scene: Scene, contact: Contact) -> Company | None:
    """Return the company to which a code brings somebody who has none, or one that they typed by the same name."""
    invitation = scene.invitation
    if invitation is None or not invitation.alive or invitation.person is not None or onboarding.still_joining(scene):
        return None
    company, before = invitation.company, contact.company
    if company is None or contact.staff or before == company:
        return None
    typed = before is not None and before.state == "claimed"
    same = before is None or (typed and folded_company(before.name) == folded_company(company.name))
    return company if same else None


def _code_of_contact(draft: Draft, contact: Contact) -> None:
    invitation = draft.scene.invitation
    if invitation is None or not invitation.alive:
        note_guess(draft)
        draft.reply("\n".join([why_not(draft.scene, draft.say), draft.say("code.still_in")]))
    elif invitation.role is not None:
        if invitation.role not in draft.scene.roles:
            used = InvitationUsed(invitation=invitation.id, contact=contact.id)
            draft.record(InvitationOpened(invitation.id), used, RoleGranted(invitation.role))
        draft.reply(draft.say(f"code.role_{invitation.role}"))
    elif contact.company is not None and invitation.company is not None and invitation.company.id != contact.company.id:
        draft.reply(draft.say("code.other_company", company=contact.company.name))


def _let_in(draft: Draft, contact: Contact, invitation: Invitation) -> None:
    """Who waits for the team brings an invitation: that is the nod, and says to which company they belong."""
    scene = draft.scene
    company = invitation.company
    draft.record(
        InvitationOpened(invitation.id),
        InvitationUsed(invitation=invitation.id, contact=contact.id),
        Ordered(
            command=AdmitContact(contact=contact.id, company=company.id if company is not None else None),
            actor=public_id("I", invitation.id),
        ),
    )
    if not onboarding.still_joining(scene):
        draft.reply(*admission.admitted_message(draft.say, scene.next_id(), hub=scene.hub.name, invited=True))
    elif company is not None:
        onboarding.ask_name(draft, contact=contact.id)
    else:
        onboarding.step_again(draft, contact)


def again(draft: Draft) -> None:
    """Ask the open step once more."""
    assert draft.scene.contact is not None
    onboarding.step_again(draft, draft.scene.contact)


_CONFIRMS: Mapping[str, Callable[[Draft, Contact, bool], None]] = {
    "confirm_company": lambda draft, contact, right: onboarding.confirm_company(draft, contact, right=right),
    "confirm_name": lambda draft, contact, right: onboarding.confirm_name(draft, contact, right=right),
}


def dialogue(draft: Draft) -> None:
    """An answer within the joining dialogue."""
    scene = draft.scene
    contact, content = scene.contact, scene.message.content
    assert contact is not None and scene.dialogue is not None
    if not onboarding.still_joining(scene):  # it was ended from another address
        draft.record(DialogueEnded())
        start_again(draft, contact)
        return
    step = scene.dialogue.step
    if step in _CONFIRMS:
        key = _picked(scene)
        if key in ("yes", "no"):
            _CONFIRMS[step](draft, contact, key == "yes")
        else:
            again(draft)
    elif not isinstance(content, Said):
        again(draft)
    else:
        if scene.current is not None and scene.message.message_id is not None:
            draft.record(PromptAnswered(prompt=scene.current.id, message_id=scene.message.message_id))
        _take(draft, contact, step, content.text)


def _take(draft: Draft, contact: Contact, step: str, text: str) -> None:
    if step == "company":
        onboarding.take_company(draft, contact, text)
    else:
        onboarding.take_name(draft, contact, text)


def corrected(draft: Draft) -> None:
    """An edited message of the joining dialogue: a name can be corrected, a company only by the team."""
    scene, content = draft.scene, draft.scene.message.content
    assert isinstance(content, Edited) and scene.contact is not None and scene.answered is not None
    if scene.answered.data.get("step") == "name":
        onboarding.correct_name(draft, scene.contact, content.text)
    else:
        draft.reply(draft.say("edit.too_late"))
