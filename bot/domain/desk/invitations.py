"""What staff order about invitations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.desk.command import Command
from bot.domain.people import Role

COMPANY_USES = 10  # contacts of one company who may use the same code, unless --uses says otherwise
ROLE_USES = 1  # whoever finds a used code of an organiser has nothing
INVITATION_LIFETIME = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invitation that was made. `company`: its name as stored; `known`: it was there before.

    claimed: companies of the same name that contacts typed and nobody has confirmed or merged yet.
    """

    company: str | None = None
    company_id: int | None = None
    known: bool = False
    claimed: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite(Command[Invited]):
    """Let people of a company, or staff, in. `uses` None: any number; of the code only its keyed hash is stored."""

    code_hash: str
    company: str | None = None
    role: Role | None = None
    uses: int | None = 1
    expires_at: datetime | None = None
