"""What people read: every text that code asks for exists, every command that a text names exists, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.commands import COMMANDS, typed_command
from bot.forms.differences import MEANING
from bot.texts import load_texts
from config.settings import SHIPPED_CONTENT

ROOT = Path(__file__).parents[2]
LANGUAGES = ("de", "en")
TEXTS = load_texts(LANGUAGES, timezone=ZoneInfo("Europe/Berlin"))
KEY = re.compile(r"[a-z_]+\.[a-z_0-9]+|greetings")
# Keys that are put together at run time: what stands before the field decides.
MADE = (
    "expected.",
    "media.",
    "help.",
    "forms.",
    "changes.",
    "code.role_",
    "emoji.",
    "file.",
    "roles.",
    "progress.",
    "language.",
    "broadcast.in_",
    "broadcast.to_",
    "preview.change_",
    "reason.",
)


def spoken() -> dict[str, dict[str, str]]:
    """Return all texts by language and key, plural forms joined."""
    return {
        language: dict(TEXTS.speaker(language)._texts)
        | {key: " ".join(forms) for key, forms in TEXTS.speaker(language)._plurals.items()}
        for language in LANGUAGES
    }


def strings(folder: str) -> Iterator[str]:
    """Yield every string constant of the code below a folder."""
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_text_is_asked_for_somewhere() -> None:
    asked = {text for folder in ("bot", "handlers") for text in strings(folder)}
    idle = {key for key in spoken()["de"] if key not in asked and not key.startswith(MADE)}
    assert idle == set()


def test_every_change_of_a_form_has_its_line() -> None:
    for language in LANGUAGES:
        assert {key for key in spoken()[language] if key.startswith("changes.")} == {
            f"changes.{kind}" for kind in MEANING
        }


def test_every_command_has_its_line_in_the_help() -> None:
    for language in LANGUAGES:
        for command in COMMANDS:
            assert not command.listed or spoken()[language][f"help.{command.name}"]


def test_command_names_are_what_telegram_allows() -> None:
    for command in COMMANDS:
        for name in (command.name, command.german, *command.aliases):
            assert re.fullmatch(r"[a-z0-9_]{1,32}", name), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_named_in_a_text_exists_in_its_language(language: str) -> None:
    content = {path.name: path.read_text(encoding="utf-8") for path in SHIPPED_CONTENT.rglob(f"*.{language}.md")}
    for key, text in (spoken()[language] | content).items():
        for name in re.findall(r"(?<![\w/.:])/([a-z]+)\b", text):
            typed = typed_command(f"/{name}")
            assert typed is not None, (key, name)
            assert typed.command is not None, (key, name)
            assert name == typed.command.in_language(language), f"{key} says /{name} in {language}"


TAPPED = re.compile(
    r"\b(\w*tipp(en|e|t)\b|kn[oö]pf\w*|klick\w*|taste\w*|buttons?|tap\w*|click\w*|press(es|ed)?)\b", re.IGNORECASE
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_assumes_that_there_are_buttons(language: str) -> None:
    content = {path.name: path.read_text(encoding="utf-8") for path in SHIPPED_CONTENT.rglob(f"*.{language}.md")}
    form = {"needs": (SHIPPED_CONTENT / "forms" / "needs.md").read_text(encoding="utf-8")}
    assert {key: text for key, text in (spoken()[language] | content | form).items() if TAPPED.search(text)} == {}


@pytest.mark.parametrize(
    "text", ["Bitte tippen Sie eine an", "Antippen ändert", "per Knopf", "please tap one", "press Done"]
)
def test_words_of_buttons_are_recognised(text: str) -> None:
    assert TAPPED.search(text)


def test_german_texts_say_sie() -> None:
    for key, text in spoken()["de"].items():
        assert not re.search(r"\b(du|dir|dich|dein\w*|euch|euer\w*)\b", text), key
