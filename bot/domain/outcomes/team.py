"""Facts about what the team does from a chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.domain.desk.command import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """A command of the desk, carried out with the turn and written into the audit log.

    The turn has looked whether it can be done; if things changed meanwhile, storage refuses (Conflict) and the turn is
    decided anew. actor: see `Scene.actor`.
    """

    command: Command[Any]
    actor: str


TeamOutcome = Ordered  # a union, once there is more than one
