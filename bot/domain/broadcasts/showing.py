"""A broadcast before it goes out: what would happen, and what can be done with the draft. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.asking import menu_message
from bot.domain.broadcasts import report
from bot.domain.broadcasts.board import LIVE, PREVIEW
from bot.domain.broadcasts.model import TYPED_ABOVE, Broadcast, Preview
from bot.domain.broadcasts.problems import Problem, sentence
from bot.domain.messages import Choice, OutboundMessage, PromptId
from bot.domain.scene import NewPrompt
from bot.domain.speech import Speaker

_EXCLUDED = {
    "no_consent": "preview.no_consent",
    "waiting": "preview.waiting",
    "opted_out": "preview.opted_out",
    "blocked": "preview.blocked",
    "no_address": "preview.no_address",
    "same_person": "preview.same_person",
}
_LATER = {"quiet_hours": "preview.quiet_hours", "frequency_cap": "preview.frequency_cap"}
_MINUTE, _HOUR = 60, 3600


def shown_preview(
    broadcast: Broadcast, preview: Preview, problems: Sequence[Problem], say: Speaker, *, prompt: PromptId
) -> tuple[OutboundMessage, NewPrompt]:
    """Return the preview with its choices, and the prompt that knows what was shown."""
    sendable = preview.sendable and not problems
    choices = _choices(broadcast, preview, say, sendable=sendable)
    data: Mapping[str, Any] = {
        "broadcast": broadcast.id,
        "revision": broadcast.revision,
        "recipients": preview.recipients if sendable else 0,
        "choices": choices,
    }
    new = NewPrompt(id=prompt, kind=PREVIEW, data=data)
    lines = [*_lines(broadcast, preview, say), *(f"! {sentence(problem, say)}" for problem in problems)]
    message = menu_message("\n".join(lines), new, where=say("preview.title", number=broadcast.id))
    hint = ""
    if not sendable:
        hint = say("preview.not_sendable")
    elif preview.recipients > TYPED_ABOVE:
        hint = say("preview.type_number", number=preview.recipients)
    shown = OutboundMessage(
        where=message.where,
        text=message.text,
        hint=hint,
        choices=message.choices,
        prompt=prompt,
        language=say.language,
    )
    return shown, new


def _choices(broadcast: Broadcast, preview: Preview, say: Speaker, *, sendable: bool) -> list[list[str]]:
    choices = []
    if sendable and preview.recipients <= TYPED_ABOVE:
        choices.append(["send", say.count("preview.send", preview.recipients)])
    choices.append(["test", say("preview.test")])
    choices += [[what, say(f"preview.change_{what}")] for what in ("text", "audience", "extras")]
    choices.append(["time", say("preview.time")])
    if "quiet_hours" in preview.later and not broadcast.hurry:
        choices.append(["hurry", say("preview.hurry")])
    if broadcast.hurry:
        choices.append(["calm", say("preview.calm")])
    return [*choices, ["save", say("preview.save")], ["drop", say("preview.drop")]]


def _lines(broadcast: Broadcast, preview: Preview, say: Speaker) -> list[str]:
    if not preview.recipients:
        lines = [say("preview.nobody")]
    elif preview.companies:
        lines = [say.count("preview.goes_to", preview.recipients, companies=preview.companies)]
    else:
        lines = [say.count("preview.goes_to_people", preview.recipients)]
    if excluded := [f"{number} {say(_EXCLUDED[why])}" for why, number in preview.excluded.items() if number]:
        lines.append(say("preview.without", who=", ".join(excluded)))
    if preview.recipients:
        lines.append(_in_which_way(preview, say))
    lines += [
        say("preview.instead", number=number, theirs=say(f"language.{theirs}"), other=say(f"language.{other}"))
        for (theirs, other), number in preview.instead.items()
        if number
    ]
    if preview.nameless:
        lines.append(say.count("preview.nameless", preview.nameless))
    if broadcast.start_at is not None:
        lines.append(say("preview.begins", day=say.day(broadcast.start_at), time=say.clock(broadcast.start_at)))
    lines += [
        say(_LATER[why], number=number, day=say.day(since), time=say.clock(since))
        for why, (number, since) in preview.later.items()
        if number and not (broadcast.hurry and why == "quiet_hours")
    ]
    if broadcast.hurry:
        lines.append(say("preview.hurries"))
    return lines


def _in_which_way(preview: Preview, say: Speaker) -> str:
    languages = ", ".join(f"{say(f'language.{name}')} {number}" for name, number in preview.languages.items() if number)
    lasts = ", ".join(
        say("preview.lasts", channel=channel.capitalize(), time=duration(preview.seconds.get(channel, 0.0), say))
        for channel, number in preview.channels.items()
        if number
    )
    return " · ".join(part for part in (languages, lasts) if part)


def duration(seconds: float, say: Speaker) -> str:
    """Say about how long something takes."""
    if seconds < _MINUTE:
        return say.count("preview.seconds", max(1, round(seconds)))
    if seconds < _HOUR:
        return say.count("preview.minutes", round(seconds / _MINUTE))
    return say.count("preview.hours", round(seconds / _HOUR))


def stopped(broadcast: Broadcast, reason: str, say: Speaker, *, prompt: PromptId) -> tuple[OutboundMessage, NewPrompt]:
    """Return what its organiser hears when a broadcast has stopped by itself: why, and what can be done."""
    data = {"broadcast": broadcast.id, "choices": report.offered(say)}
    new = NewPrompt(id=prompt, kind=LIVE, data=data)
    choices = [Choice(key, say(report.LABELS[key])) for key in (report.GO_ON, report.CANCEL)]
    where = say("report.title", number=broadcast.id, state=say("report.paused"))
    text = report.why_stopped(reason, say)
    return OutboundMessage(where=where, text=text, choices=tuple(choices), prompt=prompt, language=say.language), new
