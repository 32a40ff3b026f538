"""What typed words mean: choices, commands, names, codes, addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.choosing import folded, pick
from bot.domain.codes import ALPHABET, LENGTH, new_code, plain_code
from bot.domain.commands import COMMANDS, by_name, typed_command, usable
from bot.domain.messages import Address
from bot.domain.people import clean_name, hub_language

MENU = [("yes", "Einverstanden"), ("no", "Nicht einverstanden"), ("notice", "Ganzer Hinweis")]
PAGE = [("9", "Größe: 10"), ("10", "Branche: Bau"), ("next", "Weiter ›")]


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("1", "yes"),
        ("2.", "no"),
        ("03", "notice"),
        ("einverstanden", "yes"),
        ("EINVERSTANDEN!", "yes"),
        ("ganzer  hinweis", "notice"),
        ("ja", "yes"),
        ("J", "yes"),
        ("ok", "yes"),
        ("No", "no"),
        ("nein", "no"),
    ],
)
def test_a_choice_is_picked_by_number_label_or_yes_and_no(typed: str, key: str) -> None:
    assert pick(MENU, typed) == key


@pytest.mark.parametrize("typed", ["0", "4", "99999999999", "", "…", "vielleicht", "einver"])
def test_what_means_no_choice_picks_none(typed: str) -> None:
    assert pick(MENU, typed) is None


def test_where_keys_are_numbers_the_number_shown_counts() -> None:
    assert pick(PAGE, "9") == "9" and pick(PAGE, "10") == "10"
    assert pick(PAGE, "1") is None and pick(PAGE, "2") is None
    assert pick(PAGE, "weiter") == "next"


def test_yes_means_nothing_where_there_is_no_yes() -> None:
    assert pick([("survey", "Fragebogen"), ("help", "Hilfe")], "ja") is None


@given(st.text(max_size=40))
def test_any_text_can_be_looked_up(text: str) -> None:
    assert pick(MENU, text) in (None, "yes", "no", "notice")
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("/survey", "survey"),
        ("/umfrage", "survey"),
        ("/UMFRAGE", "survey"),
        ("/Zurück", "back"),
        ("/zuru\u0308ck", "back"),
        ("/zurueck", "back"),
        ("/menü", "menu"),
        ("!hilfe", "help"),
        ("  /pause  ", "pause"),
        ("/help@hubtalk_bot", "help"),
        ("/start ABC", "start"),
        ("/Übersicht", "review"),
        ("/next", "skip"),
        ("/frageboegen", "forms"),
        ("/Fragebögen", "forms"),
    ],
)
def test_a_command_is_read_in_any_case_and_with_umlauts(typed: str, name: str) -> None:
    found = typed_command(typed)
    assert found is not None and found.command is not None and found.command.name == name


@pytest.mark.parametrize("text", ["", "/", "!", "umfrage", "/ umfrage", "!wow", "!!!", "/1", "/…", "a /help", "1/2"])
def test_what_is_no_command_is_text(text: str) -> None:
    assert typed_command(text) is None


@pytest.mark.parametrize(
    ("typed", "argument"),
    [("/review 7", "7"), ("/start  7KQ2-9F0D ", "7KQ2-9F0D"), ("/language\nen", "en"), ("/help", "")],
)
def test_a_command_may_have_an_argument(typed: str, argument: str) -> None:
    found = typed_command(typed)
    assert found is not None and found.argument == argument


def test_an_unknown_command_has_a_nearest_one_or_none() -> None:
    near, far = typed_command("/umfrge"), typed_command("/qqqqqq")
    assert near is not None and near.command is None and near.nearest[0].name == "survey"
    assert far is not None and far.command is None and far.nearest == ()


@pytest.mark.parametrize(
    ("typed", "name"),
    [("!hlep", "help"), ("!hilf", "help"), (" !Umfrge ", "survey"), ("!zurük", "back"), ("!wieter", "skip")],
)
def test_a_lone_word_after_an_exclamation_mark_that_looks_like_a_command_is_a_misspelt_one(
    typed: str, name: str
) -> None:
    found = typed_command(typed)
    assert found is not None and found.command is None and found.sign == "!"
    assert found.nearest[0].name == name


@pytest.mark.parametrize(
    "text",
    ["!!! wichtig", "!Achtung bitte", "!wichtig", "!Zeit", "!genau", "!Ende", "!hlep bitte", "!hlep\nbitte", "!!hlep"],
)
def test_other_texts_with_an_exclamation_mark_are_text(text: str) -> None:
    assert typed_command(text) is None


def test_every_command_is_found_by_each_of_its_names() -> None:
    for command in COMMANDS:
        for name in (command.name, command.german, *command.aliases):
            found = typed_command(f"/{name}")
            assert found is not None and found.command is command
        assert by_name(command.name) is command
        assert command.german.isascii() and command.german == command.german.lower()


def test_rights_decide_which_commands_one_sees() -> None:
    everybody, admin = usable(()), usable(("admin",))
    assert all(command.right is None for command in everybody)
    assert {command.name for command in admin} - {command.name for command in everybody} >= {"forms"}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("  Ada   Muster ", "Ada Muster"),
        ("Ada\nMuster", "Ada Muster"),
        ("Ada\u202e Muster\u200b", "Ada Muster"),
        ("Ada\x00\x07 Muster", "Ada Muster"),
        ("A\u0308nne O'Neill-Groß", "Änne O'Neill-Groß"),
        ("\u2028\u00a0", ""),
        ("\ud800", ""),
    ],
)
def test_a_name_is_one_clean_line(typed: str, name: str) -> None:
    assert clean_name(typed) == name


@given(st.text(max_size=60))
def test_a_clean_name_stays_as_it_is(text: str) -> None:
    name = clean_name(text)
    assert clean_name(name) == name and "\n" not in name and "  " not in name


@pytest.mark.parametrize(
    ("hint", "code"), [("de", "de"), ("de-AT", "de"), ("EN_gb", "en"), ("fr", None), ("", None), (None, None)]
)
def test_a_platforms_hint_means_one_of_the_hubs_languages(hint: str | None, code: str | None) -> None:
    assert hub_language(hint, ("de", "en")) == code


@given(st.integers(min_value=0, max_value=2**70))
def test_a_code_survives_being_typed_badly(number: int) -> None:
    code = new_code(number)
    plain = plain_code(code)
    assert len(plain) == LENGTH and set(plain) <= set(ALPHABET)
    misread = code.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert plain_code(f" {misread} ") == plain


@pytest.mark.parametrize("text", ["", "ABC", "7KQ2-9F0D-XW3", "7KQ2-9F0D-XW3TT", "7KQ2-9F0D-XW3U", "7KQ2/9F0D/XW3T"])
def test_what_cannot_be_a_code_is_none(text: str) -> None:
    assert plain_code(text) == ""


def test_an_address_is_divided_at_its_first_colon() -> None:
    address = Address.parse(" Matrix:@ada:example.org ")
    assert (address.channel, address.chat) == ("matrix", "@ada:example.org")
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize("text", ["", "telegram", "telegram:", ":4711"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="an address looks like"):
        Address.parse(text)
