"""What staff order about those who ask to take part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.desk.command import Command

if TYPE_CHECKING:
    from bot.domain.scene import Tell


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmitContact(Command[str]):
    """Let somebody in who waits for it; gives the name. `company`: to which they belong, None: the one they typed.

    tells: what they are told of it, unless a turn sends it.
    """

    contact: int
    company: int | None = None
    tells: tuple[Tell, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineContact(Command[str]):
    """Turn somebody away who waits, and erase all about them but a bare proof; gives the name.

    keyed: makes the keyed hash by which somebody who was erased is known; tells: see `AdmitContact`.
    """

    contact: int
    keyed: Callable[[str], str]
    tells: tuple[Tell, ...] = ()
