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
    """An invitation that was made. `company`: its name as stored; `known`: it was there before; `contact`: for whom.

    claimed: companies of the same name that contacts typed and nobody has confirmed or merged yet.
    """

    company: str | None = None
    company_id: int | None = None
    known: bool = False
    claimed: tuple[int, ...] = ()
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite(Command[Invited]):
    """Let people of a company, or staff, in, or one person who was entered before. `uses` None: any number.

    Of the code only its keyed hash is stored. company_id: a confirmed one, in place of its name.
    contact: who is to join by it; such an invitation is good once.
    """

    code_hash: str
    company: str | None = None
    company_id: int | None = None
    role: Role | None = None
    contact: int | None = None
    uses: int | None = 1
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeInvitation(Command[str]):
    """Let nobody in any more by an invitation; gives whom it was for. Who has joined by it stays."""

    invitation: int
