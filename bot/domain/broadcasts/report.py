"""How a broadcast goes, as one message that shows what became of everybody, and what can be done about it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from textwrap import shorten

from bot.domain.broadcasts.model import ALIVE, Broadcast, Counts
from bot.domain.broadcasts.reasons import in_words
from bot.domain.messages import Choice, OutboundMessage
from bot.domain.speech import Speaker

PAUSE, GO_ON, CANCEL, FAILED, UNKNOWN, WHO, EDIT, RECALL, CORRECT = (str(number) for number in range(1, 10))
"""What can be done. The keys are the numbers that are shown, and each keeps its meaning: the message changes by itself,
and what somebody types about the state before must mean what they saw."""

LABELS = {
    PAUSE: "report.pause",
    GO_ON: "report.go_on",
    CANCEL: "report.cancel",
    FAILED: "report.again_failed",
    UNKNOWN: "report.again_unknown",
    WHO: "report.who",
    EDIT: "report.edit",
    RECALL: "report.recall",
    CORRECT: "report.correct",
}
_BAR = 10
_EXCERPT = 40
_STATES = {
    "draft": "report.draft",
    "scheduled": "report.scheduled",
    "planning": "report.planning",
    "running": "report.running",
    "paused": "report.paused",
    "done": "report.done",
    "cancelled": "report.cancelled",
}
_STOPPED = {
    "organiser": "report.stopped_by_organiser",
    "errors": "report.stopped_by_errors",
    "audience": "report.stopped_by_audience",
    "restored": "report.stopped_by_restore",
}


def possible(broadcast: Broadcast, counts: Counts) -> tuple[str, ...]:
    """Return what can be done about a broadcast as it is now."""
    states, found = counts.states, []
    if broadcast.state in ("scheduled", "planning", "running"):
        found += [PAUSE, CANCEL]
    if broadcast.state == "paused":
        found += [GO_ON, CANCEL]
    if broadcast.planned_at is None:
        return tuple(found)
    if broadcast.state in ("running", "paused", "done") and not broadcast.recalled:
        found += [FAILED] if states.get("failed", 0) > _blocked(counts) else []
        found += [UNKNOWN] if states.get("unknown") else []
    if counts.audience:
        found.append(WHO)
    if states.get("sent") and not broadcast.recalled:
        found += [EDIT, RECALL]
    if states.get("sent"):
        found.append(CORRECT)
    return tuple(found)


def _blocked(counts: Counts) -> int:
    """Return how many cannot be reached before they come back; sending again is of no use."""
    return sum(counts.reasons.get(("failed", reason), 0) for reason in ("blocked", "kicked", "deactivated"))


def offered(say: Speaker) -> list[list[str]]:
    """Return all that can ever be picked under the message, as its prompt remembers it."""
    return [[key, say(label)] for key, label in LABELS.items()]


def progress(
    broadcast: Broadcast,
    counts: Counts,
    say: Speaker,
    *,
    expected: int = 0,
    trouble: Mapping[str, datetime] | None = None,
) -> OutboundMessage:
    """Return the message that shows how it goes.

    expected: how many are to get it, as long as nothing is planned; trouble: channels that do not answer, and when
    they are tried again.
    """
    where = say("report.title", number=broadcast.id, state=state_of(broadcast, say))
    lines = _lines(broadcast, counts, say, expected=expected)
    if broadcast.state == "running" and counts.open:
        lines += [
            say("report.trouble", channel=channel.capitalize(), time=say.clock(until))
            for channel, until in sorted((trouble or {}).items())
        ]
    return OutboundMessage(
        where=where,
        text="\n".join(lines),
        choices=tuple(Choice(key, say(LABELS[key])) for key in possible(broadcast, counts)),
        prompt=broadcast.prompt,
        language=say.language,
    )


def state_of(broadcast: Broadcast, say: Speaker) -> str:
    """Say in a word in which state it is."""
    return say("report.recalled" if broadcast.recalled else _STATES[broadcast.state])


def line_of(broadcast: Broadcast, say: Speaker) -> str:
    """Return a broadcast as one line of a list, without its number."""
    text = broadcast.content.texts.get(say.language) or next(iter(broadcast.content.texts.values()), "")
    excerpt = shorten(text, _EXCERPT, placeholder="…") or text[: _EXCERPT - 1] + "…"
    return f"{state_of(broadcast, say)} · {excerpt}"


def why_stopped(reason: str, say: Speaker) -> str:
    """Say why a broadcast was stopped, and what to do about it."""
    return say(_STOPPED.get(reason, "report.stopped_by_errors"))


def _lines(broadcast: Broadcast, counts: Counts, say: Speaker, *, expected: int) -> list[str]:
    states = counts.states
    lines = []
    if broadcast.state == "paused":
        lines.append(why_stopped(broadcast.reason, say))
    if not counts.audience:
        return [*lines, *_before(broadcast, say, expected=expected)]
    sent = states.get("sent", 0)
    bar = _bar(counts.audience - counts.open, counts.audience) if broadcast.state in ALIVE else ""
    lines.append(f"{bar}{say('report.sent', sent=sent, audience=counts.audience)}")
    if failed := states.get("failed", 0):
        blocked = _blocked(counts)
        key = "report.failed_blocked" if blocked else "report.failed"
        lines.append(say(key, number=failed, **({"blocked": blocked} if blocked else {})))
    if unknown := states.get("unknown", 0):
        lines.append(say("report.unknown", number=unknown))
    if skipped := states.get("skipped", 0):
        lines.append(say("report.skipped", number=skipped, why=_why(counts, say)))
    if left := counts.open:
        later = sum(counts.reasons.get(("planned", reason), 0) for reason in ("quiet_hours", "frequency_cap"))
        key = "report.open_later" if later else "report.open"
        lines.append(say(key, number=left, **({"later": later} if later else {})))
    if cancelled := states.get("cancelled", 0):
        lines.append(say("report.not_sent", number=cancelled))
    if broadcast.recalled:
        lines.append(say("report.taken_back", number=counts.recalled, sent=sent))
    elif broadcast.edition:
        lines.append(say("report.edited", number=counts.edited, sent=sent))
    return lines


def _before(broadcast: Broadcast, say: Speaker, *, expected: int) -> Sequence[str]:
    if broadcast.state == "scheduled" and broadcast.start_at is not None and broadcast.start_at > broadcast.created_at:
        at = broadcast.start_at
        return [say("report.begins", day=say.day(at), time=say.clock(at))]
    if broadcast.state in ("done", "cancelled"):
        return [say("report.nobody")]
    return [say.count("report.soon", expected)] if expected else [say("report.begins_now")]


def _why(counts: Counts, say: Speaker) -> str:
    found = [
        f"{in_words(reason, say)} {number}"
        for (state, reason), number in sorted(counts.reasons.items(), key=lambda item: -item[1])
        if state == "skipped"
    ]
    return ", ".join(found)


def _bar(done: int, whole: int) -> str:
    full = done * _BAR // whole
    return f"{'█' * full}{'░' * (_BAR - full)} "
