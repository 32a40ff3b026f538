"""One evaluation of what relevances and constraints usually say, beside the XPath library that the tests ask too."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement

import elementpath
from elementpath.xpath1 import XPath1Parser

from bench.processes import BrokenBench
from bot.forms.blueprint import Blueprint, Entry, Seed
from bot.forms.expressions.closures import as_truth
from bot.forms.expressions.compiler import compile_expression
from bot.forms.program import build
from bot.forms.state import State

_ANSWERS = {"sector": "other", "needs": "advice tests", "staff": "40", "sites": "3", "name": "Ada", "wish": ""}
_FILL = 24  # more questions around these: about as many as a questionnaire in a chat has
_EVALUATIONS = 2_000  # in twenty runs
_TYPES = {"staff": "int", "sites": "int"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """An expression at a question, and how XPath 1.0 says it where ODK has a function of its own."""

    name: str
    at: str
    odk: str
    xpath: str = ""
    constraint: bool = False


SAMPLES = (
    Sample(name="one choice", at="wish", odk="/data/sector = 'other'"),
    Sample(
        name="choices and a number", at="wish",
        odk="/data/sector = 'other' and selected(/data/needs, 'tests') and /data/staff > 3",
        xpath="/data/sector = 'other' and contains(concat(' ', /data/needs, ' '), ' tests ') and /data/staff > 3",
    ),
    Sample(name="sum", at="wish", odk="(/data/staff + /data/sites) * 2 >= 10 or /data/sector != 'other'"),
    Sample(name="bounds", at="staff", odk=". >= 1 and . <= 1000", constraint=True),
    Sample(
        name="another answer and a length", at="name", constraint=True,
        odk="string-length(.) < 200 and not(. = /data/sector)",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Medians of one evaluation, in microseconds."""

    sample: Sample
    ours: float
    library: float

    @property
    def ratio(self) -> float:
        """How many times quicker ours is."""
        return self.library / self.ours


def measure(*, rounds: int, evaluations: int = _EVALUATIONS) -> list[Figures]:
    """Time each sample in both, in turns.

    Raises:
        BrokenBench: they disagree.
    """
    state, document = _state(), _document()
    measured = []
    for sample in SAMPLES:
        ours, library = _ours(state, sample), _library(document, sample)
        if ours() is not library():
            raise BrokenBench(f"the library says otherwise: {sample.odk}")
        taken = [
            (_microseconds(ours, evaluations=evaluations), _microseconds(library, evaluations=evaluations))
            for _ in range(rounds)
        ]
        mine, theirs = zip(*taken, strict=True)
        measured.append(Figures(sample=sample, ours=statistics.median(mine), library=statistics.median(theirs)))
    return measured


def _microseconds(evaluate: Callable[[], object], *, evaluations: int) -> float:
    """Return the median of twenty runs of many evaluations each; the loop around them counts too."""
    each = evaluations // 20
    runs = []
    for _ in range(20):
        began = time.perf_counter_ns()
        for _ in range(each):
            evaluate()
        runs.append((time.perf_counter_ns() - began) / each / 1_000)
    return statistics.median(runs)


def _paths() -> list[str]:
    return [*_ANSWERS, *(f"more{number}" for number in range(_FILL))]


def _state() -> State:
    """Return the answers as the engine holds them, with the samples among its closures."""
    entries = tuple(
        Entry(path=path, sort="question", type=_TYPES.get(path, "string"), control="input") for path in _paths()
    )
    seeds = tuple(Seed(name=name, text=text) for name, text in _ANSWERS.items())
    program, findings = build(Blueprint(root="data", entries=entries, beginning=Seed(name="data", children=seeds)))
    if findings.faults:
        raise BrokenBench(str(findings.faults[0].error))
    return State.opened(program, now=datetime(2026, 1, 31, tzinfo=UTC), zone=UTC)


def _ours(state: State, sample: Sample) -> Callable[[], bool]:
    """Return one evaluation of the compiled expression, as the engine does it: the frame is there, `.` is set."""
    truth = as_truth(compile_expression(sample.odk, scope=state.program.scope(sample.at)))
    frame = state.frame(state.top)
    here = state.top.values.get(sample.at)

    def evaluate() -> bool:
        frame.here = here
        return truth(frame)

    return evaluate


def _document() -> Element:
    root = Element("data")
    for path in _paths():
        SubElement(root, path).text = _ANSWERS.get(path, "")
    return root


def _library(document: Element, sample: Sample) -> Callable[[], bool]:
    """Return one evaluation by the library at its best: parsed before, its tree of nodes kept."""
    token = XPath1Parser().parse(f"boolean({sample.xpath or sample.odk})")
    tree = elementpath.get_node_tree(document)
    item = next(node for node in tree.children if getattr(node, "name", "") == sample.at)

    def evaluate() -> bool:
        return bool(token.evaluate(elementpath.XPathContext(root=tree, item=item)))

    return evaluate
