"""The rows that a batch gathers before they are written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.messages import Abilities, Outgoing
from bot.domain.outcomes import Ordered, PersonErased
from bot.domain.scene import Scene
from storage.apply.order import AFTER_ORDERS, ORDER
from storage.statements import Statement


class Rows:
    """The rows that a batch gathers, by statement."""

    def __init__(self, *, owner: str, leased_until: int, abilities: Mapping[str, Abilities]) -> None:
        self.by_statement: dict[Statement, list[dict[str, Any]]] = {
            statement: [] for statement in (*ORDER, *AFTER_ORDERS)
        }
        self.links: list[tuple[str, int]] = []
        self.uses: list[tuple[int, int]] = []
        self.entered: list[tuple[int, int]] = []
        self.orders: list[tuple[Scene, Ordered]] = []
        self.erased: list[tuple[Scene, PersonErased]] = []
        self.deliveries: list[dict[str, Any]] = []
        self.tells: list[dict[str, Any]] = []
        self.outgoing: list[tuple[Outgoing, bool]] = []
        self.owner = owner
        self.leased_until = leased_until
        self.abilities = abilities

    def add(self, statement: Statement, **row: Any) -> None:
        """Note a row of one statement."""
        self.by_statement[statement].append(row)
