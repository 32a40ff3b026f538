"""Carries out what staff order (`bot.domain.desk`), and writes it into the audit log in the same transaction."""

from __future__ import annotations

from typing import Any

from bot.domain import desk
from storage.desk import (
    admission,
    audiences,
    broadcasts,
    companies,
    company_merges,
    content,
    forms,
    inquiries,
    invitations,
    merging,
    people,
    roles,
    trying,
)
from storage.desk.order import Doers, Order
from storage.statements import Steps

__all__ = ["Order", "carry_out"]

_ROOMS = (
    admission,
    audiences,
    broadcasts,
    companies,
    company_merges,
    content,
    forms,
    inquiries,
    invitations,
    merging,
    people,
    roles,
    trying,
)
_DOERS: Doers = {kind: does for room in _ROOMS for kind, does in room.DOERS.items()}


def carry_out(order: Order, command: desk.Command[Any]) -> Steps[Any]:
    """Carry out one command; returns what the command's class names.

    Raises:
        UsageError: it cannot be done as things are; nothing was changed.
    """
    return (yield from _DOERS[type(command)](order, command))
