"""How far a form has come: whom it reached, where they stand, at which question they stopped (docs/progress.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.forms.model import Texts

Stage = Literal["invited", "opened", "consented", "started", "submitted"]
STAGES: tuple[Stage, ...] = ("invited", "opened", "consented", "started", "submitted")
"""Each of them is reached by way of those before it, and so counts no more people than they do."""

By = Literal["company", "tag", "channel"]
STALLED_AFTER = timedelta(days=3)
"""Without a word in a response that is begun: longer than a weekend away, shorter than forgotten."""

QUESTIONS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many contacts (or companies) have come at least so far."""

    invited: int = 0
    opened: int = 0
    consented: int = 0
    started: int = 0
    submitted: int = 0

    def of(self, stage: Stage) -> int:
        """Return how many have come at least so far."""
        number: int = getattr(self, stage)
        return number

    def percent(self, stage: Stage) -> int:
        """Return the share of all invited, whole percent; 100 only when none is missing, 0 only when there is none."""
        if not self.invited:
            return 0
        exact = 100 * self.of(stage) / self.invited
        return min(max(round(exact), int(exact > 0)), 100 if exact == 100 else 99)

    @classmethod
    def adding_up(cls, standing: dict[int, int]) -> Counts:
        """Make counts of how many stand at each stage (0: invited) and have come no further."""
        return cls(**{
            stage: sum(count for place, count in standing.items() if place >= number)
            for number, stage in enumerate(STAGES)
        })  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """A question at which responses stand still. label: by language; path "": all is answered and not sent in."""

    path: str
    label: Texts
    responses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The counts of one company, value of a tag, or channel; name "": those who have none."""

    name: str
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Absentee:
    """Somebody invited who has not submitted; since: when they came to where they stand."""

    contact: int
    name: str
    company: str
    stage: Stage
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FormShown:
    """The form that is looked at, and all there are: (name, title, state), the newest open one first."""

    id: int
    version: int
    name: str
    title: Texts
    state: str
    all: tuple[tuple[str, Texts, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The whole of a form's progress in figures.

    waiting: entered and not invited yet; tags: what can be grouped by.
    """

    form: FormShown
    counts: Counts
    waiting: int
    stalled: tuple[Stall, ...]
    tags: tuple[str, ...] = ()

    @property
    def standing_still(self) -> int:
        """How many responses were not touched for days."""
        return sum(stall.responses for stall in self.stalled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """One page of the groups of a form's progress, of `total`; whole: by company, how many of them came how far."""

    form: FormShown
    by: By
    key: str
    groups: tuple[Group, ...]
    total: int
    page: int = 1
    whole: Counts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """One page of those who are missing, of `total`."""

    form: FormShown
    people: tuple[Absentee, ...]
    total: int
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """What one may look at next: the tags of companies, or the forms there are."""

    form: FormShown
    tags: tuple[str, ...] = ()


Figures = Choosing | Overview | Grouped | Absent
