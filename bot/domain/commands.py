"""The commands people type: their names in each language, who may use them, and how a typed one is read."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from bot.domain.people import Role
from bot.domain.rights import Right, rights_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command. Names are ASCII, as Telegram demands; `right` None: for everyone.

    listed: whether `/help` and the menus show it; `aliases` are understood but not shown.
    companies: only for contacts of companies, there is nothing in it for staff.
    """

    name: str
    german: str
    right: Right | None = None
    listed: bool = True
    companies: bool = False
    aliases: tuple[str, ...] = ()

    def in_language(self, language: str) -> str:
        """Return the name to show, without the slash."""
        return self.german if language == "de" else self.name


COMMANDS: tuple[Command, ...] = (
    Command(name="survey", german="umfrage", companies=True, aliases=("fragebogen",)),
    Command(name="back", german="zurueck", companies=True),
    Command(name="skip", german="weiter", companies=True, aliases=("ueberspringen", "next")),
    Command(name="pause", german="pause", companies=True),
    Command(name="review", german="uebersicht", companies=True, aliases=("antworten", "answers")),
    Command(name="ask", german="fragen", companies=True),
    Command(name="inbox", german="posteingang", right="send"),
    Command(name="progress", german="fortschritt", right="send"),
    Command(name="broadcast", german="rundnachricht", right="send", aliases=("nachricht",)),
    Command(name="invite", german="einladen", right="send"),
    Command(name="companies", german="unternehmen", right="send"),
    Command(name="forms", german="frageboegen", right="forms"),
    Command(name="roles", german="rollen", right="grant"),
    Command(name="menu", german="menue"),
    Command(name="language", german="sprache"),
    Command(name="link", german="verbinden"),
    Command(name="privacy", german="datenschutz"),
    Command(name="mydata", german="meinedaten"),
    Command(name="stop", german="stopp"),
    Command(name="forget", german="vergessen"),
    Command(name="cancel", german="abbrechen"),
    Command(name="help", german="hilfe"),
    Command(name="start", german="start", listed=False),
)


def _by_typed_name(commands: Iterable[Command]) -> dict[str, Command]:
    return {typed: command for command in commands for typed in (command.name, command.german, *command.aliases)}


_BY_NAME = _by_typed_name(COMMANDS)
# Nobody writes "/" for another reason; "!Zeit" and "!genau" are answers, though a little like `!weiter` and `!menu`.
_ALIKE = {"/": 0.6, "!": 0.7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A message that is meant as a command. `command` None: there is no such command.

    nearest: what looks like it, the best first.
    sign: what the person wrote before the word, "/" or "!".
    """

    command: Command | None
    argument: str = ""
    sign: str = "/"
    nearest: tuple[Command, ...] = field(default=())


def typed_command(text: str, *, roles: Iterable[Role] | None = None) -> Typed | None:
    """Read `/word …` or `!word …`; None if the text is no command.

    roles: of who wrote it: what these may not use does not exist, neither as itself nor as what looks like it. None:
    all commands there are.

    Letter case and umlauts do not matter (`/Zurück` is `/zurueck`). People write "!" for other reasons too: `!word`
    counts if that word exists, or if it stands alone and looks like one that does (`!hlep`).
    """
    written = _written(text)
    if written is None:
        return None
    sign, name, argument = written
    known = _BY_NAME if roles is None else _known_to(frozenset(roles))
    command = known.get(name)
    if command is not None:
        return Typed(command=command, argument=argument, sign=sign)
    if sign == "!" and argument:
        return None
    near = difflib.get_close_matches(name, known, n=3, cutoff=_ALIKE[sign])
    if sign == "!" and not near:
        return None
    return Typed(command=None, nearest=tuple(dict.fromkeys(known[word] for word in near)), sign=sign)


@lru_cache(maxsize=16)
def _known_to(roles: frozenset[Role]) -> dict[str, Command]:
    return _by_typed_name(command for command in COMMANDS if may_use(command, roles))


def command_in(text: str) -> Command | None:
    """Return the command that a text is, without a look at what a misspelt one may have meant."""
    written = _written(text)
    return _BY_NAME.get(written[1]) if written is not None else None


def _written(text: str) -> tuple[str, str, str] | None:
    """Return sign, plain word and argument of what looks like a command."""
    stripped = text.strip()
    if stripped[:1] not in ("/", "!") or not stripped[1:2].isalpha():
        return None
    word, _, argument = stripped[1:].partition(" ")
    word, _, more = word.partition("\n")
    return stripped[0], _plain(word), (more or argument).strip()


def _plain(word: str) -> str:
    lowered = unicodedata.normalize("NFC", word).lower().partition("@")[0]
    for umlaut, ascii_form in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        lowered = lowered.replace(umlaut, ascii_form)
    return lowered


def by_name(name: str) -> Command:
    """Return the command of that (English) name."""
    return _BY_NAME[name]


def named(name: str) -> Command | None:
    """Return the command of that name, None if there is none."""
    return _BY_NAME.get(name)


def may_use(command: Command, roles: Iterable[Role]) -> bool:
    """Whether somebody with these roles may use a command."""
    return command.right is None or command.right in rights_of(roles)


def usable(roles: Iterable[Role], *, staff: bool = False) -> list[Command]:
    """Return the commands that somebody with these roles sees; staff answer no questionnaire."""
    return [
        command
        for command in COMMANDS
        if command.listed and not (staff and command.companies) and may_use(command, roles)
    ]
