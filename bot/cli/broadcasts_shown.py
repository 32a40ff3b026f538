"""How `hubtalk broadcast` shows a broadcast: as JSON, as a line, as a few lines, as a bar that moves."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import tzinfo
from typing import Any

import typer

from bot.cli.opening import local
from bot.domain.broadcasts.model import STATES, Broadcast, Counts, Preview

OVER = frozenset({"done", "cancelled"})
_SHORT = 40


def document(broadcast: Broadcast, counts: Counts) -> dict[str, Any]:
    """Return the fields of docs/json.md."""
    return {
        "id": broadcast.id,
        "state": broadcast.state,
        "reason": broadcast.reason or None,
        "audience": counts.audience,
        "states": {state: counts.states.get(state, 0) for state in STATES},
        "reasons": [
            {"state": state, "reason": reason, "many": many} for (state, reason), many in sorted(counts.reasons.items())
        ],
        "rules": list(broadcast.audience),
        "texts": dict(broadcast.content.texts),
        "files": [file.name for file in broadcast.content.files],
        "now": broadcast.hurry,
        "corrects": broadcast.corrects,
        "edition": broadcast.edition,
        "recalled": broadcast.recalled,
        "amended": {"edited": counts.edited, "recalled": counts.recalled, "kept": counts.kept},
        "created_by": broadcast.created_by,
        "created_at": broadcast.created_at,
        "confirmed_at": broadcast.confirmed_at,
        "start_at": broadcast.start_at,
        "not_after": broadcast.not_after,
        "planned_at": broadcast.planned_at,
        "finished_at": broadcast.finished_at,
    }


def line(broadcast: Broadcast, counts: Counts, zone: tzinfo) -> tuple[Any, ...]:
    """Return a broadcast as a row of the list."""
    text = " ".join(next(iter(broadcast.content.texts.values()), "").split())
    return (
        broadcast.id,
        broadcast.state,
        local(broadcast.start_at, zone) if broadcast.start_at is not None else "",
        counts.audience if broadcast.planned_at is not None else "",
        counts.states.get("sent", 0),
        counts.open,
        counts.states.get("failed", 0) + counts.states.get("unknown", 0),
        text if len(text) <= _SHORT else text[: _SHORT - 1] + "…",
    )


def told(broadcast: Broadcast, counts: Counts, zone: tzinfo) -> str:
    """Return a broadcast in a few lines."""
    reason = f" ({broadcast.reason})" if broadcast.reason else ""
    lines = [f"broadcast {broadcast.id} is {broadcast.state}{reason}"]
    if broadcast.start_at is not None and broadcast.planned_at is None:
        lines.append(f"begins {local(broadcast.start_at, zone)}")
    lines.append(f"audience {counts.audience}: {_states(counts)}")
    lines += [
        f"  {state}, {reason}: {many}"
        for (state, reason), many in sorted(counts.reasons.items())
        if reason != state  # of what was cancelled there is nothing more to say
    ]
    if broadcast.edition or broadcast.recalled:
        lines.append(f"edited {counts.edited}, taken back {counts.recalled}, could not be changed {counts.kept}")
    lines += [f"[{language}] {text}" for language, text in broadcast.content.texts.items()]
    return "\n".join(lines)


def _states(counts: Counts) -> str:
    return ", ".join(f"{state} {counts.states[state]}" for state in STATES if counts.states.get(state)) or "nobody yet"


async def follow(look: Callable[[], Awaitable[tuple[Broadcast, Counts]]], *, every: float) -> None:
    """Show how it moves until it is over; a bar on a terminal, else a line whenever something has changed."""
    if sys.stdout.isatty():
        await _bar(look, every=every)
    last = ""
    while True:
        broadcast, counts = await look()
        now = f"{broadcast.state}: {_states(counts)}"
        if now != last:
            typer.echo(now)
            last = now
        if broadcast.state in OVER:
            return
        if broadcast.state == "paused":
            typer.echo(f"it is paused ({broadcast.reason}); `hubtalk broadcast resume {broadcast.id}` lets it go on")
            return
        await asyncio.sleep(every)


async def _bar(look: Callable[[], Awaitable[tuple[Broadcast, Counts]]], *, every: float) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("waiting", total=None)
        while True:
            broadcast, counts = await look()
            total = counts.audience if broadcast.planned_at is not None else None
            ended = counts.audience - counts.open
            progress.update(task, description=broadcast.state, total=total, completed=ended)
            if broadcast.state in OVER or broadcast.state == "paused":
                return
            await asyncio.sleep(every)


def foreseen(preview: Preview, *, zone: tzinfo) -> str:
    """Return a preview as an operator reads it."""
    lines = [f"goes to {_people(preview.recipients)}, companies: {preview.companies}"]
    if preview.excluded:
        why = ", ".join(f"{many} {_WHY[reason]}" for reason, many in sorted(preview.excluded.items()))
        lines.append(f"not to: {why}")
    lines += [
        f"later: {many} {'by the courtesy hours' if kind == 'quiet_hours' else 'by the frequency cap'}, "
        f"from {local(first, zone)}"
        for kind, (many, first) in preview.later.items()
    ]
    if preview.languages:
        lines.append("languages: " + ", ".join(f"{name} {many}" for name, many in sorted(preview.languages.items())))
    lines += [
        f"{many} who read {theirs} get the text in {other}" for (theirs, other), many in sorted(preview.instead.items())
    ]
    if preview.nameless:
        lines.append(f"{preview.nameless} have no company; the text says “your company” to them")
    lines += [
        f"{channel or 'nowhere'}: {many}, about {_lasting(preview.seconds.get(channel, 0.0))}"
        for channel, many in sorted(preview.channels.items())
    ]
    for language, sample in preview.samples.items():
        lines += ["", f"--- {language} ---", sample.text, sample.hint]
        lines += [f"[{way.label}]" for way in sample.ways]
        lines += [f"[{file.name}]" for file in sample.attachments]
    lines += [
        f"too long for {each.channel} in {each.language}: {each.over} characters over" for each in preview.too_long
    ]
    lines += [f"{name} is too large for {channel}: {over} bytes over" for channel, name, over in preview.too_large]
    return "\n".join(lines)


def preview_document(preview: Preview) -> dict[str, Any]:
    """Return a preview as fields of docs/json.md."""
    return {
        "recipients": preview.recipients,
        "companies": preview.companies,
        "excluded": dict(preview.excluded),
        "later": [{"reason": kind, "many": many, "from": first} for kind, (many, first) in preview.later.items()],
        "languages": dict(preview.languages),
        "instead": [
            {"language": theirs, "reads": other, "many": many} for (theirs, other), many in preview.instead.items()
        ],
        "channels": dict(preview.channels),
        "seconds": dict(preview.seconds),
        "samples": {language: sample.text for language, sample in preview.samples.items()},
    }


def _people(many: int) -> str:
    return "1 contact" if many == 1 else f"{many} contacts"


def _lasting(seconds: float) -> str:
    if seconds < 90:
        return "1 second" if seconds < 1.5 else f"{round(seconds)} seconds"
    return f"{round(seconds / 60)} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


_WHY = {
    "no_consent": "who have not joined",
    "waiting": "who wait for the team's nod",
    "opted_out": "who said /stop",
    "blocked": "who cannot be reached any more",
    "no_address": "without an address",
    "same_person": "twice the same person",
}
