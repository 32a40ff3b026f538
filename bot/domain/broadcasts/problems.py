"""What keeps a broadcast from being sent as it is, said before anybody gets it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from bot.domain.broadcasts.content import FIELDS, label_of, render, unknown_fields
from bot.domain.broadcasts.model import Button, Content
from bot.domain.messages import Abilities, OutboundMessage
from bot.domain.speech import Catalogue, Speaker
from bot.errors import UsageError

LABEL_LIMIT = 40
"""Characters of a button's label; phones show no more of it."""

LINK_LIMIT = 2000
"""Characters of a web address that every browser takes."""

Kind = Literal["empty", "field", "too_long", "too_large", "link", "label", "form"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that has to be mended first.

    what: the field, file, address, label or form that it is about; over: by how many characters (in the channel's
    unit) or bytes.
    """

    kind: Kind
    what: str = ""
    language: str = ""
    channel: str = ""
    over: int = 0


def problems(
    content: Content,
    *,
    languages: Sequence[str],
    catalogue: Catalogue,
    hub: str,
    limits: Mapping[str, Abilities],
    longest: tuple[str, str] = ("", ""),
    forms: Collection[str] | None = None,
) -> list[Problem]:
    """Return all that is wrong with it.

    Args:
        content: what is to be sent.
        languages: the hub's.
        catalogue: texts, for what stands around it.
        hub: the hub's name.
        limits: what each channel takes, by its name.
        longest: the longest name of a contact and of a company, which have to fit as well.
        forms: the names of the open forms, None if they are not known.
    """
    written = [language for language in languages if content.texts.get(language, "").strip()]
    if not written:
        return [Problem(kind="empty")]
    found = [
        Problem(kind="field", what=name, language=language)
        for language in written
        for name in unknown_fields(content.texts[language])
    ]
    found += [problem for button in content.buttons for problem in _of_button(button, languages, forms)]
    for language in written:
        say = catalogue.speaker(language)
        message = render(content, language=language, params=longest, hub=hub, broadcast=0, say=say)
        for channel, abilities in sorted(limits.items()):
            if (over := excess(message, abilities)) > 0:
                found.append(Problem(kind="too_long", language=language, channel=channel, over=over))
    found += [
        Problem(kind="too_large", what=file.name, channel=channel, over=file.size - abilities.file_limit)
        for file in content.files
        for channel, abilities in sorted(limits.items())
        if 0 < abilities.file_limit < file.size
    ]
    return found


def refuse_unknown_fields(texts: Mapping[str, str]) -> None:
    """Refuse texts with a field that there is not.

    Raises:
        UsageError: there is one.
    """
    for text in texts.values():
        if unknown := unknown_fields(text):
            possible = ", ".join(f"{{{name}}}" for name in FIELDS)
            raise UsageError(f"{{{unknown[0]}}} means nothing in a broadcast; possible are {possible}")


def excess(message: OutboundMessage, abilities: Abilities) -> int:
    """Return how much longer a push is than the channel takes in one message; below one if it fits."""
    if not abilities.text_limit:  # none is too long there
        return 0
    lines = [message.text, message.hint]
    if not abilities.buttons:
        lines += [f"{link.label}: {link.url}" for link in message.links]
        lines += [f"{way.label}: {way.command}" for way in message.ways]
    return abilities.measure("\n".join(line for line in lines if line)) - abilities.text_limit


def is_web_address(text: str) -> bool:
    """Whether it is an address that may be offered as a link."""
    if len(text) > LINK_LIMIT or any(sign.isspace() or sign in '<>"' for sign in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:  # brackets that are no address
        return False
    return parts.scheme.lower() in ("http", "https") and "." in (parts.hostname or "").strip(".")


def _of_button(button: Button, languages: Sequence[str], forms: Collection[str] | None) -> list[Problem]:
    labels = dict.fromkeys(label_of(button, language) for language in languages)
    found = [
        Problem(kind="label", what=label, over=len(label) - LABEL_LIMIT)
        for label in labels
        if len(label) > LABEL_LIMIT and label != button.target
    ]
    if button.kind == "link" and not is_web_address(button.target):
        found.append(Problem(kind="link", what=button.target))
    if button.kind == "form" and forms is not None and button.target not in forms:
        found.append(Problem(kind="form", what=button.target))
    return found


def sentence(problem: Problem, say: Speaker) -> str:
    """Say what is wrong and what to do about it."""
    match problem.kind:
        case "empty":
            return say("broadcast.problem_empty")
        case "field":
            named = ", ".join(f"{{{name}}}" for name in FIELDS)
            return say("broadcast.problem_field", field=f"{{{problem.what}}}", fields=named)
        case "too_long":
            return say.count(
                "broadcast.problem_too_long",
                problem.over,
                language=say(f"language.{problem.language}"),
                channel=problem.channel.capitalize(),
            )
        case "too_large":
            return say(
                "broadcast.problem_too_large",
                file=problem.what,
                channel=problem.channel.capitalize(),
                over=f"{problem.over / 1000**2:.1f}",
            )
        case "link":
            return say("broadcast.problem_link", link=problem.what)
        case "label":
            return say.count("broadcast.problem_label", problem.over, label=problem.what)
        case "form":
            return say("broadcast.problem_form", form=problem.what)
