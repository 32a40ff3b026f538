"""What hubtalk may cost, said beside what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bench.questionnaire import Results

MEMORY_MB = 20.0
READY_S = 2.0
HELP_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A figure with its limit: `at` most or least. `aim` is the better figure we work towards."""

    what: str
    value: float | None
    at: Literal["most", "least"]
    limit: float
    aim: float | None = None
    unit: str = ""

    def line(self) -> str:
        """Say the figure, the limit and whether it is met."""
        shown = "–" if self.value is None else f"{self.value:.2f}{self.unit}"
        aim = "" if self.aim is None else f" (aim {self.aim:g}{self.unit}: {self._verdict(self.aim)})"
        limit = f"at {self.at} {self.limit:g}{self.unit}"
        return f"{self.what:<62} {shown:>10}   {limit:<16} {self._verdict(self.limit)}{aim}"

    def _verdict(self, limit: float) -> str:
        if self.value is None:
            return "not measured"
        met = self.value <= limit if self.at == "most" else self.value >= limit
        return "met" if met else "MISSED"


def questionnaire_budgets(results: Mapping[str, Results]) -> list[Budget]:
    """Return the budgets of the questionnaire, by the results of each scenario that ran."""
    budgets = []
    if fifty := results.get("chats50"):
        for peer, limit, aim in (("ptb", 1 / 4, 1 / 8), ("aiogram", 1 / 2, None), ("raw", 4.0, 2.0)):
            value = fifty.ratio("hubtalk", peer, "cpu_us")
            what = f"CPU an answer against {peer}, 50 chats"
            budgets.append(Budget(what=what, value=value, at="most", limit=limit, aim=aim, unit=" ×"))
    if late := results.get("delay"):
        for peer, limit in (("ptb", 20.0), ("raw", 0.7)):
            value = late.ratio("hubtalk", peer, "rate")
            what = f"answers/s against {peer}, 50 chats, 50 ms delay"
            budgets.append(Budget(what=what, value=value, at="least", limit=limit, unit=" ×"))
    if fifty and (crowd := results.get("chats1000")):
        value = _held(fifty, crowd, "hubtalk")
        what = "answers/s at 1,000 chats against 50 chats"
        budgets.append(Budget(what=what, value=value, at="least", limit=0.8, unit=" ×"))
    return budgets


def _held(fifty: Results, crowd: Results, contender: str) -> float | None:
    few, many = fifty.median(contender, "rate"), crowd.median(contender, "rate")
    return many / few if few and many else None
