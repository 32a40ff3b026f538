"""From the first word to a contact who can take part: language, notice, consent, company, name."""

from __future__ import annotations

from bot.domain.admission import ask_team
from bot.domain.asking import menu_message
from bot.domain.codewords import note_guess, where_to_ask, why_not
from bot.domain.commands import by_name
from bot.domain.messages import OutboundMessage, PromptId, Way
from bot.domain.outcomes import (
    CompanyClaimed,
    CompanyJoined,
    ConsentPurpose,
    ContactJoined,
    ContactNamed,
    DialogueEnded,
    DialogueMoved,
    InvitationOpened,
    InvitationUsed,
    RoleGranted,
    VisitorLeft,
    VisitorSeen,
)
from bot.domain.people import NAME_LIMIT, Company, CompanyId, Contact, ContactId, clean_name, hub_language
from bot.domain.scene import Draft, NewPrompt, Scene

DIALOGUE = "joining"
MENU_AFTER = ("survey", "later")


def arrive(draft: Draft, *, code: str) -> None:
    """Greet somebody who is not known yet; strangers are turned away where an invitation is needed."""
    scene = draft.scene
    invited = scene.invitation is not None and scene.invitation.alive
    language = scene.visitor.language if scene.visitor else scene.language
    note_guess(draft)
    if scene.tried is not None and not invited and scene.visitor is not None and scene.visitor.code_hash:
        draft.reply(why_not(scene, draft.say))  # they came by a good one, and that is kept
        return
    if scene.hub.registration == "invitation" and not invited and not scene.roles:
        draft.record(VisitorSeen(language=language, code_hash="", step="turned_away"))
        _turn_away(draft, code=code)
        return
    kept = scene.invitation.code_hash if scene.invitation is not None and invited else ""
    if code and not invited:
        draft.reply("\n".join([why_not(scene, draft.say), draft.say("code.not_needed")]))
    if kept and scene.invitation is not None and (scene.visitor is None or scene.visitor.code_hash != kept):
        draft.record(InvitationOpened(scene.invitation.id))
    known = scene.visitor is not None and scene.visitor.step == "consent"
    if known or hub_language(scene.message.language, scene.hub.languages):
        _welcome(draft, ask=False)
        ask_consent(draft, language=language, code_hash=kept)
    elif len(scene.hub.languages) == 1:
        _welcome(draft, ask=False)
        ask_consent(draft, language=scene.hub.languages[0], code_hash=kept)
    else:
        draft.record(VisitorSeen(language=language, code_hash=kept, step="language"))
        _welcome(draft, ask=True)


def _turn_away(draft: Draft, *, code: str) -> None:
    scene = draft.scene
    # A platform that tells no language: nobody has been asked for theirs yet, so all of them are spoken.
    told = scene.visitor is not None and scene.visitor.step != "turned_away"
    knows = told or hub_language(scene.message.language, scene.hub.languages)
    speakers = [draft.say] if knows else [scene.catalogue.speaker(language) for language in scene.hub.languages]
    draft.reply(
        OutboundMessage(
            where=scene.hub.name,
            text="\n\n".join(
                "\n".join([why_not(scene, say), where_to_ask(scene, say)])
                if code
                else say("stranger.needs_invitation", hub=scene.hub.name)
                for say in speakers
            ),
            hint="\n".join(say("stranger.address", address=scene.written_by) for say in speakers),
        )
    )


def _welcome(draft: Draft, *, ask: bool) -> None:
    """Greet; `ask`: the language is not known, so the greeting speaks all of them and waits for a choice."""
    scene = draft.scene
    languages = scene.hub.languages
    prompt = NewPrompt(
        id=PromptId(scene.next_id()),
        kind="language",
        data={"choices": [[language, scene.catalogue.speaker(language)("language.name")] for language in languages]},
    )
    greeting = " / ".join(scene.catalogue.speaker(language)("welcome.greeting") for language in languages)
    if ask:
        text = "\n".join(
            [greeting, " / ".join(scene.catalogue.speaker(language)("welcome.which") for language in languages)]
        )
    else:
        text = "\n\n".join(part for part in (greeting, scene.hub.text("welcome", draft.say.language)) if part)
    if len(languages) == 1:
        draft.reply(OutboundMessage(where=scene.hub.name, text=text))
    elif ask:
        draft.reply(menu_message(text, prompt, where=scene.hub.name), prompt)
    else:
        # Not as numbered choices: the consent that follows has numbers of its own, and a "2" must not refuse it.
        command = by_name("language")
        ways = tuple(Way(code, name, f"/{command.in_language(code)} {code}") for code, name in prompt.data["choices"])
        draft.reply(OutboundMessage(where=scene.hub.name, text=text, ways=ways), prompt)


def choose_language(draft: Draft, language: str) -> None:
    """A visitor picks a language; the notice follows in it."""
    visitor = draft.scene.visitor
    draft.speak(language)
    if visitor is None or visitor.step == "language":
        text = draft.scene.hub.text("welcome", language)
        if text:
            draft.reply(OutboundMessage(where=draft.say("welcome.about"), text=text))
    ask_consent(draft, language=language, code_hash=visitor.code_hash if visitor else "")


def ask_consent(draft: Draft, *, language: str, code_hash: str) -> None:
    """Show the short notice and ask; nothing is stored before but the visitor's row."""
    scene = draft.scene
    draft.speak(language)
    draft.record(VisitorSeen(language=language, code_hash=code_hash, step="consent"))
    say = draft.say
    choices = [["yes", say("consent.yes")], ["no", say("consent.no")]]
    if purpose_of(scene) == "staff":
        text = scene.hub.text("notice/staff", language)  # it is short enough to be shown whole
    else:
        choices.append(["notice", say("consent.notice")])
        here = scene.address.channel
        names = ["short", here, *(f"also-{channel}" for channel in scene.hub.channels if channel != here)]
        parts = [scene.hub.text(f"notice/{name}", language) for name in names]
        if _needs_nod(scene):
            parts.append(f"· {say('consent.approval')}")
        text = "\n".join(part.strip() for part in parts if part)
    prompt = NewPrompt(id=PromptId(scene.next_id()), kind="consent", data={"choices": choices})
    draft.reply(menu_message(text, prompt, where=say("consent.title")), prompt)


def show_notice(draft: Draft) -> None:
    """Show the whole notice, then ask again."""
    scene = draft.scene
    name = "notice/staff" if purpose_of(scene) == "staff" else "notice/privacy"
    draft.reply(OutboundMessage(where=draft.say("privacy.title"), text=scene.hub.text(name, scene.language)))
    ask_consent(draft, language=scene.language, code_hash=scene.visitor.code_hash if scene.visitor else "")


def purpose_of(scene: Scene) -> ConsentPurpose:
    """Return whether this person joins to run the hub or to take part in it."""
    by_code = scene.invitation is not None and scene.invitation.alive and scene.invitation.role is not None
    return "staff" if scene.roles or by_code else "study"


def _needs_nod(scene: Scene) -> bool:
    """Whether the team has to let in who joins: neither an invitation nor a role does."""
    invited = scene.invitation is not None and scene.invitation.alive
    return scene.hub.registration == "approval" and not invited and purpose_of(scene) == "study"


def refuse(draft: Draft) -> None:
    """No consent: what was stored goes, and the person hears how to come back."""
    draft.record(VisitorLeft())
    draft.reply(draft.say("consent.refused"))


def consent(draft: Draft) -> None:
    """The visitor agrees and becomes a contact; if their invitation has died meanwhile, they hear that instead."""
    scene = draft.scene
    invited = scene.invitation is not None and scene.invitation.alive
    code = scene.visitor.code_hash if scene.visitor else ""
    if not invited and (code or (scene.hub.registration == "invitation" and not scene.roles)):
        arrive(draft, code=code)
        return
    purpose = purpose_of(scene)
    notice = "notice/staff" if purpose == "staff" else "notice/privacy"
    invitation = scene.invitation if scene.invitation is not None and scene.invitation.alive else None
    person = invitation.person if invitation is not None else None
    contact = person.id if person is not None else ContactId(scene.next_id())
    wording = scene.hub.hashes.get((notice, scene.language), "")
    draft.record(
        ContactJoined(
            contact=contact,
            consent=scene.next_id(),
            language=scene.language,
            staff=purpose == "staff",
            admitted=not _needs_nod(scene),
            purpose=purpose,
            version=scene.hub.notice_version,
            hash=wording,
            entered=person is not None,
        )
    )
    if invitation is not None:
        draft.record(InvitationUsed(invitation=invitation.id, contact=contact))
        if invitation.role is not None:
            draft.record(RoleGranted(invitation.role))
    called = person.name if person is not None else ""
    if purpose == "staff":
        ask_name(draft, contact=contact)
    elif invitation is not None and invitation.company is not None:
        company = invitation.company
        _confirm_company(draft, contact=contact, company=company.id, name=company.name, called=called)
    else:
        _ask_company(draft, contact=contact, called=called)


def _confirm_company(draft: Draft, *, contact: ContactId, company: CompanyId, name: str, called: str = "") -> None:
    """Ask whether the invitation's company is theirs. `called`: the name by which an organiser has entered them."""
    say = draft.say
    data = {"contact": contact, "company": company, "company_name": name, "called": called}
    prompt = _step_prompt(
        draft, "confirm_company", choices=[["yes", say("joining.company_yes")], ["no", say("joining.company_no")]]
    )
    draft.record(DialogueMoved(name=DIALOGUE, step="confirm_company", data=data))
    draft.reply(menu_message(say("joining.company_right", company=name), prompt), prompt)


def _ask_company(draft: Draft, *, contact: ContactId, called: str = "") -> None:
    prompt = _step_prompt(draft, "company")
    draft.record(DialogueMoved(name=DIALOGUE, step="company", data={"contact": contact, "called": called}))
    draft.reply(OutboundMessage(text=draft.say("joining.company"), hint=draft.say("joining.company_hint")), prompt)


def _ask_or_confirm_name(draft: Draft, *, contact: ContactId, called: str) -> None:
    if not called:
        ask_name(draft, contact=contact)
        return
    say = draft.say
    choices = [["yes", say("joining.company_yes")], ["no", say("joining.name_no")]]
    prompt = _step_prompt(draft, "confirm_name", choices=choices)
    draft.record(DialogueMoved(name=DIALOGUE, step="confirm_name", data={"contact": contact, "called": called}))
    draft.reply(menu_message(say("joining.name_right", name=called), prompt), prompt)


def ask_name(draft: Draft, *, contact: ContactId, called: str = "") -> None:
    """Ask for the name, the last step of joining."""
    prompt = _step_prompt(draft, "name")
    draft.record(DialogueMoved(name=DIALOGUE, step="name", data={"contact": contact, "called": called}))
    draft.reply(OutboundMessage(text=draft.say("joining.name")), prompt)


def _step_prompt(draft: Draft, step: str, *, choices: list[list[str]] | None = None) -> NewPrompt:
    data = {"step": step, "choices": choices or []}
    return NewPrompt(id=PromptId(draft.scene.next_id()), kind="dialogue", data=data)


def step_again(draft: Draft, contact: Contact) -> None:
    """Ask the open step of the joining dialogue once more (after /start, /help or a sticker)."""
    dialogue = draft.scene.dialogue
    assert dialogue is not None
    match dialogue.step:
        case "confirm_company":
            _confirm_company(
                draft,
                contact=contact.id,
                company=CompanyId(dialogue.data["company"]),
                name=dialogue.data["company_name"],
                called=_called(draft),
            )
        case "company":
            _ask_company(draft, contact=contact.id, called=_called(draft))
        case "confirm_name":
            _ask_or_confirm_name(draft, contact=contact.id, called=_called(draft))
        case _:
            ask_name(draft, contact=contact.id, called=_called(draft))


def confirm_company(draft: Draft, contact: Contact, *, right: bool) -> None:
    """The contact says whether the invitation's company is theirs."""
    dialogue = draft.scene.dialogue
    assert dialogue is not None
    if not right:
        _ask_company(draft, contact=contact.id, called=_called(draft))
        return
    draft.record(CompanyJoined(company=CompanyId(dialogue.data["company"]), contact=contact.id))
    _ask_or_confirm_name(draft, contact=contact.id, called=_called(draft))


def come_to_company(draft: Draft, contact: Contact, company: Company) -> None:
    """Somebody who has joined comes to a company by an invitation, and hears what became of what was before."""
    invitation, before, say = draft.scene.invitation, contact.company, draft.say
    assert invitation is not None
    draft.record(
        InvitationOpened(invitation.id),
        InvitationUsed(invitation=invitation.id, contact=contact.id),
        CompanyJoined(company=company.id, contact=contact.id),
    )
    shared = [say("code.company_before", company=before.name)] if before is not None else []
    draft.reply("\n".join([say("code.company_now", company=company.name), *shared]))


def confirm_name(draft: Draft, contact: Contact, *, right: bool) -> None:
    """Whom an organiser has entered says whether they are called so."""
    if right:
        _welcome_contact(draft, contact, name=_called(draft))
    else:
        ask_name(draft, contact=contact.id, called=_called(draft))


def still_joining(scene: Scene) -> bool:
    """Whether a question of the joining dialogue is open.

    Who has a name has joined, perhaps from another address; but for those whose name was known before.
    """
    dialogue = scene.dialogue
    if dialogue is None or dialogue.name != DIALOGUE or scene.contact is None:
        return False
    return not scene.contact.name or bool(dialogue.data.get("called"))


def _called(draft: Draft) -> str:
    dialogue = draft.scene.dialogue
    return str(dialogue.data.get("called", "")) if dialogue is not None else ""


def take_company(draft: Draft, contact: Contact, text: str) -> None:
    """A typed company name makes a claimed company, never joins one that exists."""
    name = clean_name(text)
    if not _is_a_name(name):
        draft.reply(draft.say("joining.company_unclear", limit=NAME_LIMIT))
        return
    draft.record(CompanyClaimed(company=CompanyId(draft.scene.next_id()), name=name, contact=contact.id))
    _ask_or_confirm_name(draft, contact=contact.id, called=_called(draft))


def take_name(draft: Draft, contact: Contact, text: str) -> None:
    """The contact says how they are called; then they hear what they can do here."""
    name = clean_name(text)
    if not _is_a_name(name):
        draft.reply(draft.say("joining.name_unclear", limit=NAME_LIMIT))
        return
    _welcome_contact(draft, contact, name=name)


def _welcome_contact(draft: Draft, contact: Contact, *, name: str) -> None:
    draft.record(ContactNamed(contact=contact.id, name=name), DialogueEnded())
    say, scene = draft.say, draft.scene
    if contact.staff:
        draft.reply(say("joining.done_staff", name=name))
        return
    if scene.waits:
        ask_team(draft, contact, name=name)
        return
    has_form = any(form.state == "open" for form in scene.forms)
    if not has_form:
        draft.reply(say("joining.done_no_form", name=name))
        return
    prompt = NewPrompt(
        id=PromptId(scene.next_id()),
        kind="menu",
        data={"choices": [[MENU_AFTER[0], say("joining.begin")], [MENU_AFTER[1], say("joining.later")]]},
    )
    draft.reply(menu_message(say("joining.done", name=name), prompt), prompt)


def correct_name(draft: Draft, contact: Contact, text: str) -> None:
    """An edited message corrects the name given before."""
    name = clean_name(text)
    if not _is_a_name(name):
        draft.reply(draft.say("joining.name_unclear", limit=NAME_LIMIT))
        return
    draft.record(ContactNamed(contact=contact.id, name=name))
    draft.reply(draft.say("joining.name_changed", name=name))


def _is_a_name(name: str) -> bool:
    return 1 <= len(name) <= NAME_LIMIT and any(character.isalnum() for character in name)
