"""What one evaluation can see: the answers, the moment, the language, the lists of the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo

from bot.errors import FormError
from bot.forms.expressions.nodes import Instance, ListNode, Node
from bot.forms.model import Value

MAX_VISITS = 2_000_000
"""Nodes that the expressions of one answer may walk over: about a second; real forms stay below 50,000."""


class Surroundings:
    """What all frames of one form share.

    lists: name -> a list's own element, whose child is `root`; label: of a choice (its question, its name);
    text: of a translation's id; visits: how many nodes may still be walked over; chance: what shuffles lists that name
    no seed, None for a new order each time.
    """

    __slots__ = ("chance", "label", "lists", "text", "visits")

    def __init__(
        self,
        *,
        lists: Mapping[str, ListNode],
        label: Callable[[Node, str], str],
        text: Callable[[str], str],
    ) -> None:
        self.lists = lists
        self.label = label
        self.text = text
        self.visits = MAX_VISITS
        self.chance: int | None = None

    def spend(self, visits: int) -> None:
        """Count nodes that are walked over.

        Raises:
            FormError: more than one answer may cost.
        """
        self.visits -= visits
        if self.visits < 0:
            raise FormError("the form's expressions take too long")


class Frame:
    """The surroundings of an evaluation, handed to every closure; one an instance, or made anew for every settling.

    values: path -> value of what is relevant and has a value; what is missing reads as empty.
    here: the value that `.` and once() mean.
    item, position, size: the node that a predicate judges, and its place among the others.
    """

    __slots__ = (
        "_instance",
        "_today",
        "here",
        "item",
        "language",
        "now",
        "position",
        "size",
        "values",
        "world",
        "zone",
    )

    def __init__(
        self, values: Mapping[str, Value], *, now: datetime, zone: tzinfo, language: str,
        world: Surroundings | None = None, instance: Instance | None = None,
    ) -> None:  # fmt: skip
        self.values = values
        self.now = now
        self.zone = zone
        self.language = language
        self.world = world
        self.here: Value | None = None
        self.item: Node | None = None
        self.position = 1
        self.size = 1
        self._instance = instance
        self._today: datetime | None = None

    @property
    def instance(self) -> Instance:
        """The instance whose values these are; made when the first path asks where only values were given."""
        if self._instance is None:
            self._instance = Instance(None)
            self._instance.values = self.values  # type: ignore[assignment]  # it is only read
        return self._instance

    @property
    def today(self) -> datetime:
        """Midnight of the present day in the person's zone."""
        if self._today is None:
            local = self.now.astimezone(self.zone)
            self._today = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        return self._today

    def spend(self, visits: int) -> None:
        """Count nodes that are walked over (see `Surroundings.spend`)."""
        if self.world is not None:
            self.world.spend(visits)
