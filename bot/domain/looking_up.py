"""Looking up companies in a chat: what a message asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.choosing import pick
from bot.domain.commands import typed_command
from bot.domain.directory import Wanted
from bot.domain.menus import chosen_of_menu
from bot.domain.messages import Pressed, Said
from bot.domain.scene import Prompt, Scene

LIST, ONE, MERGE = "companies", "company", "company_merge"
KINDS = frozenset({LIST, ONE, MERGE})
"""The kinds of prompts: a list, one company, two that are to become one."""
DIALOGUE = "company"
"""The dialogue in which a tag, a note, or the other company of a merge is written."""


def meant(scene: Scene) -> tuple[Prompt, str] | None:
    """Return the prompt about companies that a press or a typed choice refers to, and the key picked."""
    content = scene.message.content
    if isinstance(content, Pressed):
        prompt = scene.referred
        return (prompt, content.choice) if prompt is not None and prompt.kind in KINDS else None
    prompt = scene.current
    if not isinstance(content, Said) or prompt is None or prompt.kind not in KINDS:
        return None
    key = pick([(key, label) for key, label in prompt.data.get("choices", ())], content.text)
    return None if key is None else (prompt, key)


def wanted(scene: Scene) -> Wanted:
    """Return what has to be looked up for a message."""
    content = scene.message.content
    if isinstance(content, Said) and (typed := typed_command(content.text)) is not None:
        return Wanted(search=typed.argument)
    if chosen_of_menu(scene) == "companies":
        return Wanted(search="")
    found = meant(scene)
    if found is not None:
        return _by_choice(*found)
    if scene.dialogue is not None and scene.dialogue.name == DIALOGUE and isinstance(content, Said):
        company = scene.dialogue.data["company"]
        return Wanted(company=company, search=content.text if scene.dialogue.step == "merge" else None)
    return Wanted()


def _keys(data: Mapping[str, Any]) -> list[str]:
    return [key for key, _ in data["choices"]]


def _by_choice(prompt: Prompt, key: str) -> Wanted:
    data = prompt.data
    if prompt.kind == ONE:
        return Wanted(search="") if key == "list" else Wanted(company=data["company"])
    if prompt.kind == MERGE:
        return Wanted(company=data["source"], other=data["target"])
    source = data.get("merging")
    if key in ("more", "less"):
        page = max(0, data["page"] + (1 if key == "more" else -1))
        return Wanted(search=data["search"], page=page, company=source)
    number = dict(zip(_keys(data), data["ids"], strict=False)).get(key)
    return Wanted(company=number) if source is None else Wanted(company=source, other=number)
