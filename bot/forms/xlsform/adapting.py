"""What a chat needs of a blueprint beyond pyxform's XForm: proposals, and texts in every language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from bot.forms.blueprint import Blueprint, Part
from bot.forms.model import Form
from bot.forms.outline import proposes

_UNTRANSLATED = (Part("-"),)
"""What pyxform writes where a language lacks a text."""


def for_chat(blueprint: Blueprint, *, form: Form) -> Blueprint:
    """Return the blueprint that answers a chat: a shown calculation gives way to an answer, and no text is a dash."""
    giving_way = {question.path for question in form.questions if proposes(question)}
    entries = tuple(replace(entry, proposes=True) if entry.path in giving_way else entry for entry in blueprint.entries)
    return replace(blueprint, entries=entries, texts=_with_fallbacks(blueprint))


def _with_fallbacks(blueprint: Blueprint) -> Mapping[str, Mapping[str, tuple[Part, ...]]]:
    """Let a language that lacks a text say it in the default language, else in any."""
    order = blueprint.languages

    def said(name: str, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        if parts != _UNTRANSLATED:
            return parts
        others = (blueprint.texts[language].get(name, _UNTRANSLATED) for language in order)
        return next((other for other in others if other != _UNTRANSLATED), parts)

    return MappingProxyType(
        {
            language: MappingProxyType({name: said(name, parts) for name, parts in texts.items()})
            for language, texts in blueprint.texts.items()
        }
    )
