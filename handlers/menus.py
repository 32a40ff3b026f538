"""Menus: a pressed or typed choice, and the command or step it stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.domain import reporting, roles
from bot.domain.commands import by_name, may_use, named
from bot.domain.menus import MENU, chosen_of_menu
from bot.domain.messages import Pressed, Said
from bot.domain.outcomes import PromptsClosed
from bot.domain.rights import PROMPTS
from bot.domain.scene import Draft, Prompt, Scene
from handlers import account, basics, forms, onboarding, people_lists, questionnaire, surveys


def leads_to(name: str, *, pressed: bool) -> Callable[[Scene], bool]:
    """Return whether a press (or a typed message) picks this command from a menu, by somebody who may use it."""
    command = by_name(name)

    def is_it(scene: Scene) -> bool:
        way = isinstance(scene.message.content, Pressed) is pressed
        return way and chosen_of_menu(scene) == name and may_use(command, scene.roles)

    return is_it


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
    if not _offered(draft.scene, prompt, key):
        draft.toast(draft.say("press.unknown"))
    elif prompt.kind == "consent":  # consented long ago: an old button of the notice
        draft.toast(draft.say("press.stands"))
    elif prompt.kind == "language":
        _language(draft, key)
    elif prompt.kind == "form":
        forms.decided(draft, prompt, key)
    elif prompt.kind == people_lists.KIND:
        people_lists.decided(draft, prompt, key)
    elif prompt.kind == reporting.KIND:
        reporting.choose(draft, prompt, key)
    elif prompt.kind == "roles":
        roles.choose(draft, prompt, key)
    elif prompt.response is not None:
        interview = draft.scene.interviews.get(prompt.response)
        if interview is None:
            basics.dead_button(draft)
        else:
            questionnaire.choose(draft, prompt, key, interview)
    else:
        _menu(draft, prompt, key)


def _offered(scene: Scene, prompt: Prompt, key: str) -> bool:
    """Whether the choice is there for who picks it: a role may be gone since it was shown."""
    right = PROMPTS.get(prompt.kind)
    if right is not None and not scene.may(right):
        return False
    command = named(key) if prompt.kind == MENU else None
    return command is None or may_use(command, scene.roles)


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
            surveys.open_form(draft, forms_shown[int(key) - 1])
            return
    handle = _OF_MENUS.get(key)
    if handle is None:
        draft.toast(draft.say("press.unknown"))
    else:
        handle(draft)


def _later(draft: Draft) -> None:
    draft.record(PromptsClosed())
    draft.reply(draft.say("joining.later_done"))


_OF_MENUS: Mapping[str, Callable[[Draft], None]] = {
    "survey": surveys.survey,
    "review": questionnaire.review_,
    "later": _later,
    "mydata": account.my_data,
    "privacy": account.privacy,
    "language": basics.language,
    "help": basics.help_,
    "forms": forms.list_,
    "progress": reporting.show,
    "roles": roles.show,
    "start": onboarding.start,
}
