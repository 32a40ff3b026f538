"""What a chat needs of a blueprint beyond pyxform's XForm: texts in every language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from bot.forms.blueprint import Blueprint, Part

_UNTRANSLATED = (Part("-"),)
"""What pyxform writes where a language lacks a text."""


def for_chat(blueprint: Blueprint) -> Blueprint:
    """Return the blueprint that answers a chat: no text is a dash."""
    return replace(blueprint, texts=_with_fallbacks(blueprint))


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
