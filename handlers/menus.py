"""Menus: a pressed or typed choice, and the command or step it stands for."""

from __future__ import annotations

from bot.domain.messages import Pressed, Said
from bot.domain.outcomes import PromptsClosed
from bot.domain.scene import Draft, Prompt
from handlers import account, basics, forms, onboarding, people_lists, questionnaire


def press(draft: Draft) -> None:
    """A button of a menu."""
    content, prompt = draft.scene.message.content, draft.scene.referred
    assert isinstance(content, Pressed) and prompt is not None
    _choose(draft, prompt, content.choice)


def choose_typed(draft: Draft) -> None:
    """A number or label typed while a menu is shown."""
    content, prompt = draft.scene.message.content, draft.scene.current
    assert isinstance(content, Said) and prompt is not None
    key = questionnaire.menu_key(draft.scene, content.text)
    assert key is not None
    _choose(draft, prompt, key)


def _choose(draft: Draft, prompt: Prompt, key: str) -> None:
    if prompt.kind == "consent":  # consented long ago: an old button of the notice
        draft.toast(draft.say("press.stands"))
    elif prompt.kind == "language":
        _language(draft, key)
    elif prompt.kind == "form":
        forms.decided(draft, prompt, key)
    elif prompt.kind == people_lists.KIND:
        people_lists.decided(draft, prompt, key)
    elif prompt.response is not None:
        interview = draft.scene.interviews.get(prompt.response)
        if interview is None:
            basics.dead_button(draft)
        else:
            questionnaire.choose(draft, prompt, key, interview)
    else:
        _menu(draft, prompt, key)


def _language(draft: Draft, key: str) -> None:
    if key in draft.scene.hub.languages:
        draft.record(PromptsClosed())
        basics.switch_language(draft, key)
    else:
        draft.toast(draft.say("press.unknown"))


def _menu(draft: Draft, prompt: Prompt, key: str) -> None:
    if key.isdigit():
        forms_shown = prompt.data.get("forms", ())
        if 1 <= int(key) <= len(forms_shown):
            questionnaire.open_form(draft, forms_shown[int(key) - 1])
            return
    match key:
        case "survey":
            questionnaire.survey(draft)
        case "review":
            questionnaire.review_(draft)
        case "later":
            draft.record(PromptsClosed())
            draft.reply(draft.say("joining.later_done"))
        case "mydata":
            account.my_data(draft)
        case "privacy":
            account.privacy(draft)
        case "language":
            basics.language(draft)
        case "help":
            basics.help_(draft)
        case "forms":
            forms.list_(draft)
        case "start":
            onboarding.start(draft)
        case _:
            draft.toast(draft.say("press.unknown"))
