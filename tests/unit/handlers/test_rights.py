"""What somebody has no right to does not exist for them: not typed, not misspelt, not in help and menu, not pressed."""

from __future__ import annotations

import pytest

from bot.domain.commands import COMMANDS, Command, may_use, usable
from bot.domain.messages import PromptId, Said
from bot.domain.people import Role
from bot.domain.rights import BUNDLES, PROMPTS, rights_of
from bot.domain.scene import Draft, Prompt, Turn
from bot.runtime.router import find
from bot.texts import load_texts
from handlers import ROUTES
from tests.unit.handlers.test_routes import BERLIN, MENU, pressed, scene

EVERY: list[tuple[Role, ...]] = [(), ("organiser",), ("admin",), ("organiser", "admin")]


def turn(text: str, roles: tuple[Role, ...]) -> Turn:
    met = scene(Said(text), roles=frozenset(roles))
    draft = Draft(met)
    find(ROUTES, met).handle(draft)
    return draft.turn()


def said(text: str, roles: tuple[Role, ...]) -> list[str]:
    return [reply.message.text for reply in turn(text, roles).replies]


def name_of(given: object) -> str:
    return given.name if isinstance(given, Command) else "+".join(given) if isinstance(given, tuple) else str(given)


say = load_texts(("de",), timezone=BERLIN).speaker("de")
FORBIDDEN = [(roles, command) for roles in EVERY for command in COMMANDS if not may_use(command, roles)]


@pytest.mark.parametrize(("roles", "command"), FORBIDDEN, ids=name_of)
def test_a_forbidden_command_is_an_unknown_one_to_the_letter(roles: tuple[Role, ...], command: Command) -> None:
    unknown = say("unknown.command")
    # What an unknown word would be answered that happens to look like one that they may use.
    alike = {say("unknown.near", command=f"/{each.german}") for each in usable(roles)}
    for name in (command.name, command.german, *command.aliases):
        for text in (f"/{name}", f"/{name.upper()}", f"/{name} grant telegram:1 admin", f"!{name}x"):
            given = turn(text, roles)
            assert given.outcomes == () and given.tells == ()
            if text.startswith("/"):
                (reply,) = given.replies
                assert reply.message.text == unknown or reply.message.text in alike
        typed_wrong = name[:-1] + "q"
        assert not any(f"/{each}" in line for line in said(f"/{typed_wrong}", roles) for each in
                       (command.name, command.german))  # fmt: skip


@pytest.mark.parametrize("roles", EVERY, ids="+".join)
def test_help_and_menu_list_what_one_may_use(roles: tuple[Role, ...]) -> None:
    (text,) = said("/hilfe", roles)
    for command in COMMANDS:
        assert (f"/{command.german} –" in text) == (command in usable(roles)), command.name
    (menu,) = turn("/menue", roles).replies
    assert menu.prompt is not None
    for key, _ in menu.prompt.data["choices"]:
        command = next(command for command in COMMANDS if command.name == key)
        assert may_use(command, roles), key


def test_work_comes_before_what_concerns_oneself() -> None:
    (text,) = said("/hilfe", ("admin",))
    assert text.index("/rollen –") < text.index("/menue –") < text.index("/meinedaten –")
    (menu,) = turn("/menue", ("admin",)).replies
    assert menu.prompt is not None
    offered = [key for key, _ in menu.prompt.data["choices"]]
    work = ["inbox", "progress", "invite", "companies", "forms", "roles"]
    assert [key for key in offered if key in [*work, "mydata"]] == [*work, "mydata"]


@pytest.mark.parametrize("roles", EVERY, ids="+".join)
@pytest.mark.parametrize("kind", sorted(PROMPTS))
def test_an_old_list_of_staff_is_one_whose_choices_are_gone(kind: str, roles: tuple[Role, ...]) -> None:
    shown = Prompt(id=PromptId(4), kind=kind, data={"step": "list", "choices": [["1", ""]]})
    gone = said_by_press(Prompt(id=PromptId(5), kind="menu", data={"choices": [["1", ""]]}), roles)
    if PROMPTS[kind] not in rights_of(roles):
        assert said_by_press(shown, roles) == gone


def said_by_press(prompt: Prompt, roles: tuple[Role, ...]) -> tuple[object, ...]:
    met = scene(pressed(prompt), roles=frozenset(roles), referred=prompt)
    draft = Draft(met)
    find(ROUTES, met).handle(draft)
    given = draft.turn()
    return given.outcomes, given.replies, given.tells, given.toast


@pytest.mark.parametrize(("roles", "command"), FORBIDDEN, ids=name_of)
def test_a_forbidden_choice_of_an_old_menu_is_one_that_is_gone(roles: tuple[Role, ...], command: Command) -> None:
    menu = Prompt(id=MENU.id, kind="menu", data={"choices": [[command.name, "x"], ["nothing", "y"]]})
    for text, other in (("1", "2"),):
        heard = [[reply.message.text for reply in _typed(menu, each, roles).replies] for each in (text, other)]
        assert heard[0] == heard[1] == ["Das steht hier nicht mehr zur Wahl."]


def _typed(menu: Prompt, text: str, roles: tuple[Role, ...]) -> Turn:
    met = scene(Said(text), roles=frozenset(roles), current=menu)
    draft = Draft(met)
    find(ROUTES, met).handle(draft)
    return draft.turn()


def test_a_forbidden_word_is_answered_as_a_word_beside_it() -> None:
    assert said("/rollen", ()) == said("/rollxn", ()) == [say("unknown.command")]
    assert said("/frageboegen", ()) == said("/frageboegxn", ())  # which looks like /fragebogen


def test_every_bundle_has_what_the_one_below_has() -> None:
    assert BUNDLES["organiser"] < BUNDLES["admin"]
