"""The form engine's figures as text, with their budgets."""

from __future__ import annotations

from collections.abc import Sequence

from bench.budgets import Budget
from bench.forms.answers import LARGE, MESSAGE, Answered, Prepared
from bench.forms.expressions import Figures
from bench.forms.sheets import EXPRESSIONS_A_QUESTION
from bench.tables import table

EXPRESSION_US = 3.0
TIMES_QUICKER = 20.0
ANSWER_MS = 1.0
MESSAGE_MS = 2.0  # our own limit: the rows of all answers are read at every message, so it grows with them
COMPILE_S = 1.5


def expressions_table(measured: Sequence[Figures]) -> str:
    """Lay out one evaluation of each sample."""
    rows = [
        [figures.sample.name, f"{figures.ours:.2f}", f"{figures.library:.1f}", f"{figures.ratio:.0f} ×"]
        for figures in measured
    ]
    return table(["µs, median", "hubtalk", "elementpath, parsed", "quicker"], rows)


def answers_table(measured: Sequence[Answered]) -> str:
    """Lay out answers by way and size of the form."""
    rows = [
        [f"{one.way}, {one.questions} questions", f"{one.median:.3f}", f"{one.p95:.3f}"]
        for one in sorted(measured, key=lambda one: (one.way, one.questions))
    ]
    return table(["ms an answer", "median", "p95"], rows)


def size() -> str:
    """Say how large the large form is."""
    return f"A form of {LARGE} questions and {LARGE * EXPRESSIONS_A_QUESTION:,} expressions"


def preparing_table(took: Prepared) -> str:
    """Lay out what comes before the first answer."""
    rows = [
        ["the sheet as a whole, pyxform included", f"{took.sheet:.2f}"],
        ["its expressions and who reads whom", f"{took.program:.3f}"],
        ["reading it back as it is stored, expressions included", f"{took.stored:.3f}"],
        ["beginning a response", f"{took.opened:.4f}"],
        ["reading back a response that is half answered", f"{took.restored:.4f}"],
    ]
    return table(["seconds, median", ""], rows)


def budgets(expressions: Sequence[Figures], answers: Sequence[Answered], took: Prepared) -> list[Budget]:
    """Return the budgets of the form engine."""
    slowest = max(figures.ours for figures in expressions)
    least = min(figures.ratio for figures in expressions)
    found = [
        Budget(what="an expression, the slowest median", value=slowest, at="most", limit=EXPRESSION_US, unit=" µs"),
        Budget(what="… against elementpath, the least", value=least, at="least", limit=TIMES_QUICKER, unit=" ×"),
    ]
    for one in answers:
        if one.questions == LARGE:
            what = f"an answer of {LARGE} questions, {one.way}"
            limit, aim = (MESSAGE_MS, ANSWER_MS) if one.way == MESSAGE else (ANSWER_MS, None)
            for name, value in ((f"{what}, median", one.median), ("… p95", one.p95)):
                found.append(Budget(what=name, value=value, at="most", limit=limit, aim=aim, unit=" ms"))
    found.append(Budget(what=f"compile {LARGE} questions", value=took.program, at="most", limit=COMPILE_S, unit=" s"))
    found.append(Budget(what="… with pyxform, once a version", value=took.sheet, at="most", limit=COMPILE_S, unit=" s"))
    return found
