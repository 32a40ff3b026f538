"""Help, the menu, the language, and what nobody understood."""

from __future__ import annotations

from bot.domain.asking import ask_again, menu_message
from bot.domain.choosing import pick
from bot.domain.commands import typed_command, usable
from bot.domain.menus import MENU
from bot.domain.messages import OutboundMessage, Pressed, PromptId, Said
from bot.domain.newcomers import MEANWHILE
from bot.domain.outcomes import DialogueEnded, LanguageChosen, PromptsClosed
from bot.domain.questionnaire import resume
from bot.domain.scene import Draft, NewPrompt
from handlers import inquiries, onboarding
from handlers.questionnaire import only_thanks


def help_(draft: Draft) -> None:
    """List the commands that the person may use."""
    say, contact = draft.say, draft.scene.contact
    staff = contact is not None and contact.staff
    lines = [
        f"/{command.in_language(say.language)} – {say(f'help.{command.name}')}"
        for command in usable(draft.scene.roles, staff=staff)
        if not draft.scene.waits or command.name in MEANWHILE
    ]
    draft.reply(OutboundMessage(where=say("help.title"), text="\n".join(lines), hint="" if staff else say("help.hint")))


def visitor_help(draft: Draft) -> None:
    """Before the consent there is little to do; say what this is and where the way on lies."""
    draft.reply(OutboundMessage(where=draft.scene.hub.name, text=draft.say("help.visitor")))


def menu(draft: Draft) -> None:
    """Show what one can do here."""
    say, scene = draft.say, draft.scene
    interview = scene.interview
    choices: list[list[str]] = []
    if interview is not None:
        choices += [["survey", say("menu.continue")], ["review", say("menu.review")]]
    elif scene.contact is not None and not scene.contact.staff and scene.forms:
        choices.append(["survey", say("menu.survey")])
    if scene.contact is not None and not scene.contact.staff:
        choices.append(["ask", say("menu.ask")])
    if scene.may("send"):
        choices += [
            ["inbox", say("menu.inbox")],
            ["progress", say("menu.progress")],
            ["broadcast", say("menu.broadcast")],
            ["invite", say("menu.invite")],
            ["companies", say("menu.companies")],
        ]
    if scene.may("forms"):
        choices.append(["forms", say("menu.forms")])
    if scene.may("grant"):
        choices.append(["roles", say("menu.roles")])
    choices += [
        ["mydata", say("menu.mydata")],
        ["privacy", say("menu.privacy")],
        ["language", say("menu.language")],
        ["help", say("menu.help")],
    ]
    prompt = NewPrompt(id=PromptId(scene.next_id()), kind=MENU, data={"choices": choices})
    name = scene.contact.name if scene.contact else ""
    draft.reply(
        menu_message(
            say("menu.title", name=name) if name else say("menu.title_nameless"), prompt, where=scene.hub.name
        ),
        prompt,
    )


def language(draft: Draft) -> None:
    """Ask for the language, or take it from the argument (`/language en`)."""
    scene = draft.scene
    typed = typed_command(scene.message.content.text) if isinstance(scene.message.content, Said) else None
    names = [[code, scene.catalogue.speaker(code)("language.name")] for code in scene.hub.languages]
    if typed is not None and typed.argument:
        picked = (
            typed.argument.lower()
            if typed.argument.lower() in scene.hub.languages
            else pick([(k, v) for k, v in names], typed.argument)
        )
        if picked is not None:
            switch_language(draft, picked)
            return
    prompt = NewPrompt(id=PromptId(scene.next_id()), kind="language", data={"choices": names})
    text = " / ".join(scene.catalogue.speaker(code)("welcome.which") for code in scene.hub.languages)
    draft.reply(menu_message(text, prompt), prompt)


def switch_language(draft: Draft, code: str) -> None:
    """Speak another language from now on; an open question is shown again in it."""
    scene = draft.scene
    if scene.contact is None:
        onboarding.choose_language(draft, code)
        return
    draft.record(LanguageChosen(contact=scene.contact.id, language=code))
    draft.speak(code)
    draft.reply(draft.say("language.chosen"))
    if scene.dialogue is not None and scene.dialogue.name == onboarding.DIALOGUE:
        onboarding.again(draft)
    elif scene.interview is not None and scene.interview.state == "open":
        ask_again(draft, scene.interview)


def cancel(draft: Draft) -> None:
    """End the current dialogue; answers are never touched."""
    scene = draft.scene
    if scene.dialogue is not None and scene.dialogue.name != onboarding.DIALOGUE:
        draft.record(DialogueEnded(), PromptsClosed())
        staff = scene.contact is not None and scene.contact.staff
        draft.reply(draft.say("cancel.done_staff" if staff else "cancel.done"))
        if scene.interview is not None and scene.interview.state == "open":
            ask_again(draft, scene.interview)
    elif scene.interview is not None and scene.interview.state == "open":
        draft.reply(draft.say("cancel.interview"))
    else:
        draft.reply(draft.say("cancel.nothing"))


def unknown_command(draft: Draft) -> None:
    """Say that there is no such command, and which one looks like it."""
    content = draft.scene.message.content
    typed = typed_command(content.text, roles=draft.scene.roles) if isinstance(content, Said) else None
    if typed is not None and typed.nearest:
        name = typed.nearest[0].in_language(draft.say.language)
        draft.reply(draft.say("unknown.near", command=f"{typed.sign}{name}"))
    else:
        draft.reply(draft.say("unknown.command"))


def missed(draft: Draft) -> None:
    """Old messages that nobody read in time: say that none of them counts, and show where the person stands."""
    scene, say = draft.scene, draft.say
    interview = scene.interview
    if scene.dialogue is not None and scene.dialogue.name == onboarding.DIALOGUE:
        draft.reply(say("missed.sorry"))
        onboarding.again(draft)
    elif interview is None:
        draft.reply("\n".join([say("missed.sorry"), say("missed.menu")]))
    elif interview.form_state == "closed":
        draft.reply("\n".join([say("missed.sorry"), say("survey.closed")]))
    else:
        draft.reply(say("missed.sorry"))
        ask_again(draft, interview)


def not_understood(draft: Draft) -> None:
    """Text that answers nothing: say where one is instead of guessing."""
    interview, content = draft.scene.interview, draft.scene.message.content
    if interview is not None:
        resume(draft, interview)
    elif isinstance(content, Said) and only_thanks(draft.scene, content.text):
        draft.reply(draft.say("thanks.welcome"))
    elif inquiries.may_be_meant(draft.scene):
        inquiries.offer(draft)
    else:
        menu(draft)


def dead_button(draft: Draft) -> None:
    """A button of a message that we do not know any more."""
    content = draft.scene.message.content
    draft.toast(draft.say("press.dead"))
    if isinstance(content, Pressed) and content.prompt is None:
        return
    draft.reply(draft.say("press.dead"))
