"""Who orders, when; and the line that each order leaves in the audit log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.domain import desk
from storage.statements import Steps, change, insert
from storage.tables import audit_log

AUDIT = insert(audit_log)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who orders, when, and where new ids come from."""

    actor: str
    now: int
    number: Callable[[], int]

    def note(self, action: str, *, subject: str = "", detail: str = "") -> Steps[None]:
        """Write a line into the audit log."""
        yield from change(
            AUDIT,
            id=self.number(),
            actor=self.actor,
            action=action,
            subject=subject,
            detail=detail,
            done_at=self.now,
        )


Does = Callable[[Order, Any], Steps[Any]]
"""How one kind of command is carried out; gives what the command's class names."""

Doers = dict[type[desk.Command[Any]], Does]
"""By the command's class."""
