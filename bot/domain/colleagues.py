"""Who answers a company's response together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.messages import Address
from bot.domain.people import CompanyId, ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody who takes part in a shared response. `address` None: nothing is said to them of our own accord."""

    id: ContactId
    name: str
    language: str
    address: Address | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What a response is that a company's contacts share. Who was erased since is None, and no colleague."""

    company: CompanyId
    started_at: datetime
    begun_by: ContactId | None
    submitted_by: ContactId | None
    colleagues: Mapping[ContactId, Colleague]
