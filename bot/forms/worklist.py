"""What waits to be worked out, in an order in which each finds ready what it reads."""

from __future__ import annotations

import heapq

from bot.errors import FormError
from bot.forms.expressions.nodes import Instance
from bot.forms.program import Step

MAX_ROUNDS = 100
"""How often one answer may work out the same place: calculations that feed each other for ever end here."""


class Worklist:
    """Steps by number, each with the instances in which it is due."""

    def __init__(self) -> None:
        self._heap: list[int] = []
        self._due: dict[int, dict[Instance, None] | None] = {}
        self._rounds: dict[int, int] = {}

    def __bool__(self) -> bool:
        return bool(self._heap)

    def clear(self) -> None:
        """Forget everything, as before an answer."""
        self._heap.clear()
        self._due.clear()
        self._rounds.clear()

    def push(self, step: Step, instance: Instance | None) -> None:
        """Have a step worked out in an instance, or wherever it stands (None)."""
        number = step.number
        if number not in self._due:
            heapq.heappush(self._heap, number)
            self._due[number] = None if instance is None else {instance: None}
            return
        due = self._due[number]
        if instance is None:
            self._due[number] = None
        elif due is not None:
            due[instance] = None

    def pop(self) -> tuple[int, list[Instance] | None]:
        """Return the first step that is due, and where (None: everywhere).

        Raises:
            FormError: it has been due too often.
        """
        number = heapq.heappop(self._heap)
        rounds = self._rounds[number] = self._rounds.get(number, 0) + 1
        if rounds > MAX_ROUNDS:
            raise FormError("the form's calculations do not come to rest")
        due = self._due.pop(number)
        return number, None if due is None else [*due]
