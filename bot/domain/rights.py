"""What staff may do: roles are bundles of rights. Who has no right to a thing does not learn that it exists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from bot.domain.people import Role

Right = Literal["send", "names", "events", "forms", "export", "erase", "grant"]
"""May write to people and invite them; may see who answered what; may change events and milestones; may change forms;
may take data out; may erase people; may give and take roles.
"""

BUNDLES: Mapping[Role, frozenset[Right]] = {
    "organiser": frozenset({"send", "names", "events"}),
    "admin": frozenset({"send", "names", "events", "forms", "export", "erase", "grant"}),
}


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """Return all that somebody with these roles may do."""
    return frozenset(right for role in roles for right in BUNDLES[role])


PROMPTS: Mapping[str, Right] = {
    "form": "forms",
    "roles": "grant",
    "progress": "send",
    "newcomer": "send",
    "newcomers": "send",
    "broadcasts": "send",
    "broadcast_preview": "send",
    "broadcast_live": "send",
    "broadcast_sure": "send",
}
"""What it takes to choose something of what staff were shown, by the prompt's kind: who has lost the right meets an old
list of theirs as one whose choices are gone.
"""
