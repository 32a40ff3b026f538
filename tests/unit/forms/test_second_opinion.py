"""Random XPath gives what a published library (elementpath, XPath 1.0) gives.

Left out is what ODK means otherwise on purpose (texts that are dates count as numbers, sums of nothing are no number,
positions count through all nodes that a step found), and where the library is wrong (division by zero, mod below zero,
a node-set equal to a boolean or a number, an empty text with a number).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement

import elementpath
from elementpath.xpath1 import XPath1Parser

from bot.forms.blueprint import Blueprint, Entry, Seed
from bot.forms.expressions.closures import as_number, as_text, as_truth
from bot.forms.expressions.compiler import compile_expression
from bot.forms.program import build
from bot.forms.state import State

ROUNDS = 600

LEAVES = {"a": "3", "b": "", "c": "tea", "g/d": "5", "g/e": "tea", "g/h/f": "0.5"}
REPEAT = [("x", "1", "red"), ("y", "2", "blue"), ("x", "", "red")]


def state() -> State:
    paths = ["a", "b", "c", "g", "g/d", "g/e", "g/h", "g/h/f", "r", "r/n", "r/m", "r/k"]
    sorts = {"g": "group", "g/h": "group", "r": "repeat"}
    entries = tuple(Entry(path=path, sort=sorts.get(path, "question")) for path in paths)  # type: ignore[arg-type]  # of a dict
    rows = tuple(
        Seed(name="r", children=(Seed(name="n", text=n), Seed(name="m", text=m), Seed(name="k", text=k)))
        for n, m, k in REPEAT
    )
    group = Seed(
        name="g",
        children=(
            Seed(name="d", text="5"), Seed(name="e", text="tea"),
            Seed(name="h", children=(Seed(name="f", text="0.5"),)),
        ),
    )  # fmt: skip
    first = tuple(Seed(name=name, text=LEAVES[name]) for name in "abc")
    program, findings = build(
        Blueprint(root="data", entries=entries, beginning=Seed(name="data", children=(*first, group, *rows)))
    )
    assert not findings.faults
    return State.opened(program, now=datetime(2026, 1, 31, tzinfo=UTC), zone=UTC)


def document() -> Element:
    root = Element("data")
    for name in "abc":
        SubElement(root, name).text = LEAVES[name]
    group = SubElement(root, "g")
    SubElement(group, "d").text = "5"
    SubElement(group, "e").text = "tea"
    SubElement(SubElement(group, "h"), "f").text = "0.5"
    for row in REPEAT:
        made = SubElement(root, "r")
        for name, text in zip("nmk", row, strict=True):
            SubElement(made, name).text = text
    return root


PATHS = [
    "/data/a", "/data/b", "/data/c", "/data/g/d", "/data/g/h/f", "/data/r/m", "/data/r/n", "//k", "//f/..",
    "/data/*", "/data/g/*", "/data/r[2]/n", "/data/r[last()]/k", "/data/r[n = 'x']/m", "/data/r[m > 1]/k",
    "//*[. = 'tea']", "/data/r[position() = 2]/following-sibling::r/k", "/data/g/h/ancestor::g/d",
    "/data/g/descendant::f", "/data/r[2]/preceding-sibling::r/n", "/data/nobody", "/data/a | /data/c",
    "/data/r[not(m = '2')]/n", "//r[k = 'red']/m", "/data/g/self::g/e", "/data/r[count(m[. != '']) = 1]/n",
    "/data/g/h/f/ancestor-or-self::*", "/data/c/following::n", "/data/g/d/preceding::c",
    "//r/descendant-or-self::*[. = 'blue']", "/data/r/m[. = /data/r[2]/m]", "/data/g/child::e",
    "/data/r[n = /data/r[1]/n]/k", "/data/*[self::a or self::c]", "//*[. = '5']", "(//n)[2]",
    "/data/r/k/parent::r/n",
]  # fmt: skip


def number(rnd: random.Random, depth: int) -> str:
    if depth <= 0:
        return rnd.choice(["0", "1", "2.5", "-3", f"number({rnd.choice(PATHS)})", f"count({rnd.choice(PATHS)})"])
    made: list[Callable[[], str]] = [
        lambda: f"({number(rnd, depth - 1)} {rnd.choice(['+', '-', '*'])} {number(rnd, depth - 1)})",
        lambda: f"({number(rnd, depth - 1)} div {rnd.choice(['2', '-4', '0.5'])})",
        lambda: f"(count({rnd.choice(PATHS)}) mod 2)",
        lambda: f"{rnd.choice(['floor', 'ceiling'])}({number(rnd, depth - 1)})",
        lambda: f"string-length({text(rnd, depth - 1)})",
        lambda: f"-({number(rnd, depth - 1)})",
        lambda: "sum(/data/g/d | /data/g/h/f)",
    ]
    return rnd.choice(made)()


def text(rnd: random.Random, depth: int) -> str:
    if depth <= 0:
        return rnd.choice(["''", "'tea'", "'red'", f"string({rnd.choice(PATHS)})"])
    made: list[Callable[[], str]] = [
        lambda: f"concat({text(rnd, depth - 1)}, {text(rnd, depth - 1)})",
        lambda: f"substring({text(rnd, depth - 1)}, {rnd.choice(['1', '2', '0', '1.5'])}, 2)",
        lambda: f"substring-before({text(rnd, depth - 1)}, 'e')",
        lambda: f"substring-after({text(rnd, depth - 1)}, 'e')",
        lambda: f"translate({text(rnd, depth - 1)}, 'ae', 'x')",
        lambda: f"normalize-space({text(rnd, depth - 1)})",
        lambda: f"name({rnd.choice(PATHS)})",
    ]
    return rnd.choice(made)()


def truth(rnd: random.Random, depth: int) -> str:
    sign = rnd.choice(["=", "!=", "<", "<=", ">", ">="])
    equal, order = rnd.choice(["=", "!="]), rnd.choice(["<", "<=", ">", ">="])
    if depth <= 0:
        return f"{rnd.choice(PATHS)} {sign} {rnd.choice(PATHS)}"
    made: list[Callable[[], str]] = [
        lambda: f"{rnd.choice(PATHS)} {equal} {text(rnd, depth - 1)}",
        lambda: f"{rnd.choice(PATHS)} {order} {number(rnd, depth - 1)}",
        lambda: f"({truth(rnd, depth - 1)} {rnd.choice(['and', 'or'])} {truth(rnd, depth - 1)})",
        lambda: f"not({truth(rnd, depth - 1)})",
        lambda: f"boolean({rnd.choice(PATHS)})",
        lambda: f"{text(rnd, depth - 1)} {equal} {text(rnd, depth - 1)}",
        lambda: f"contains({text(rnd, depth - 1)}, 'e')",
        lambda: f"({truth(rnd, depth - 1)}) {equal} boolean({rnd.choice(PATHS)})",
    ]
    return rnd.choice(made)()


def same(ours: object, theirs: object) -> bool:
    if isinstance(ours, float) and isinstance(theirs, int | float):
        return math.isclose(ours, theirs) or (math.isnan(ours) and math.isnan(theirs))
    return ours == theirs


def test_random_expressions_give_what_the_library_gives(rng: random.Random, seed: int) -> None:
    root, made = document(), state()
    kinds: list[tuple[Callable[[random.Random, int], str], Callable[..., Callable[..., object]], str]] = [
        (number, as_number, "number"), (text, as_text, "string"), (truth, as_truth, "boolean"),
    ]  # fmt: skip
    compared = 0
    for _ in range(ROUNDS):
        write, convert, kind = rng.choice(kinds)
        expression = write(rng, rng.randrange(3))
        closure = compile_expression(expression, scope=made.program.scope(""))
        ours = convert(closure)(made.frame(made.top))
        try:
            theirs = elementpath.select(root, f"{kind}({expression})", parser=XPath1Parser)
        except (
            elementpath.ElementPathError
        ):  # it refuses to order texts that are no numbers, where XPath 1.0 says false
            continue
        compared += 1
        if theirs == "NaN":
            theirs = ""  # as the ODK engine writes it
        assert same(ours, theirs), f"seed {seed}: {expression}: {ours!r}, the library says {theirs!r}"
    assert compared > ROUNDS * 0.7
