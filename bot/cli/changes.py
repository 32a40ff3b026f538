"""What a new version of a form changes, and what becomes of responses, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain.desk import Outlook
    from bot.forms.differences import Change, Why

REASONS: Mapping[Why, str] = MappingProxyType({
    "removed": "the question is gone",
    "repeated": "the question is in another repeat, or in none any more",
    "retyped": "the answer is none of the question's new type",
    "reworded": "the question reads otherwise",
    "choice_removed": "a choice that was given is gone",
    "choice_reworded": "a choice that was given reads otherwise",
    "choice_added": "the ranking lacks a choice",
})  # fmt: skip


def lines(outlook: Outlook, *, migrate: bool) -> Iterator[str]:
    """Yield what there is to say about a new version, a line each."""
    if outlook.differences is not None:
        changes = outlook.differences.changes
        yield f"{_counted(len(changes), 'change')} since the version before" + (":" if changes else "")
        said: set[str] = set()
        for change in changes:
            yield f"  {_words(change)}"
            if change.what == "question" and change.kind not in said:  # once a kind is enough
                said.add(change.kind)
                yield f"    running: {change.running}; submitted: {change.submitted}"
    yield f"{_counted(outlook.submitted, 'submitted response')} on earlier versions: as they are"
    yield from _running(outlook, migrate=migrate)


def _running(outlook: Outlook, *, migrate: bool) -> Iterator[str]:
    running = f"{_counted(outlook.running, 'running response')} on earlier versions"
    stays = outlook.running - outlook.moves
    if outlook.moved:
        yield f"{running}: {outlook.moves} moved over, {stays} stayed"
    elif migrate:
        yield f"{running}: {outlook.moves} would move over, {stays} would stay"
    else:
        yield f"{running}: as they are" + (f"; --migrate moves {outlook.moves} over" if outlook.moves else "")
        return
    for stay in outlook.stays:
        yield f"  {stay.responses} on version {stay.version}: {stay.path}: {REASONS[stay.why]}"


def as_json(outlook: Outlook | None) -> dict[str, object]:
    """Return the fields for `--json`; none for a form's first version."""
    if outlook is None:
        return {}
    changes = outlook.differences.changes if outlook.differences is not None else ()
    return {
        "changes": [_change(change) for change in changes],
        "submitted": outlook.submitted,
        "running": outlook.running,
        "moves": outlook.moves,
        "moved": outlook.moved,
        "stays": [
            {"version": stay.version, "path": stay.path, "why": stay.why, "responses": stay.responses}
            for stay in outlook.stays
        ],
    }


def _change(change: Change) -> dict[str, object]:
    return {
        "kind": change.kind,
        "what": change.what,
        "path": change.path,
        "before": change.before or None,
        "after": change.after or None,
        "names": change.names,
        "running": change.running,
        "submitted": change.submitted,
    }


def _words(change: Change) -> str:
    detail = ", ".join(change.names) or " -> ".join(part for part in (change.before, change.after) if part)
    kind = change.kind.replace("_", " ")
    return f"{kind}: {change.what} {change.path}" + (f" ({detail})" if detail else "")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
