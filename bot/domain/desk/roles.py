"""What staff order about roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.domain.desk.command import Command
from bot.domain.messages import Address
from bot.domain.people import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRole(Command[bool]):
    """Give a person a role, also before they have written; False: they had it."""

    person: Address
    role: Role
    source: Literal["command", "chat"] = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """A role that is gone; `admins_left` counts those who remain, by settings too: never none after an admin's."""

    admins_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeRole(Command[Revoked]):
    """Take a role from a person, at all of their addresses."""

    person: Address
    role: Role
