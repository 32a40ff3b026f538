"""Who got a broadcast, who did not, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.broadcasts.model import DeliveryStates

WORDS: Mapping[DeliveryStates, str] = {
    "planned": "report.is_planned",
    "claimed": "report.is_planned",
    "sending": "report.is_planned",
    "sent": "report.is_sent",
    "failed": "report.is_failed",
    "unknown": "report.is_unknown",
    "skipped": "report.is_skipped",
    "cancelled": "report.is_cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One contact of a broadcast's audience. contact: the public id; reason: why it is so, as a code.

    edition: of the text that they have, -1 once it was taken back; kept: why they keep an older one.
    """

    contact: str
    name: str
    company: str
    channel: str
    state: DeliveryStates
    reason: str
    finished_at: datetime | None
    attempts: int
    edition: int = 0
    kept: str = ""
