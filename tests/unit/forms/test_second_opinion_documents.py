"""Random XPath over random answers gives what a published library (elementpath, XPath 1.0) gives on the same document.

Shape, number of instances, answers, place and expression are all random. Left out is what `test_second_opinion.py`
names, and what leads to text nodes, which there are none here (`node()`, `//..`). Positions stand only where one node
is left to start from, since ODK counts them through all nodes that a step found.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from xml.etree.ElementTree import Element, ElementTree, SubElement, tostring

import elementpath
from elementpath.xpath1 import XPath1Parser

from bot.forms.blueprint import Blueprint, Entry, Seed
from bot.forms.expressions.closures import as_number, as_text, as_truth
from bot.forms.expressions.compiler import compile_expression
from bot.forms.expressions.nodes import Instance
from bot.forms.expressions.shape import Spec
from bot.forms.expressions.values import to_text
from bot.forms.program import build
from bot.forms.state import State

DOCUMENTS, EACH = 50, 40
NAMES = ("a", "b", "c", "n", "m")
ANSWERS = ("", "", "x", "y", "tea", "3", "10", "0.5", "-2", "007", "a b", "X", "1e3", "3.0", ".5", "5.", "true")


@dataclass(slots=True)
class Document:
    """Answers as the engine holds them and as XML, and where each question stands in both."""

    state: State
    root: Element
    places: list[tuple[str, Instance, Element]] = field(default_factory=list)


def document(rnd: random.Random) -> Document:
    entries: list[Entry] = []
    children = tuple(_children(rnd, entries, path="", depth=0))
    blueprint = Blueprint(root="data", entries=tuple(entries), beginning=Seed(name="data", children=children))
    program, findings = build(blueprint)
    assert not findings.faults
    state = State.opened(program, now=datetime(2026, 1, 31, tzinfo=UTC), zone=UTC)
    made = Document(state, Element("data"))
    _draw(made, program.shape.root, state.top, made.root)
    return made


def _children(rnd: random.Random, entries: list[Entry], *, path: str, depth: int) -> Iterator[Seed]:
    """Enter what stands at a path, and yield the answers with which it begins."""
    inner: list[tuple[str, str]] = [(name, "question") for name in rnd.sample(NAMES, rnd.randrange(1, 4))]
    if depth < 3:
        inner += [
            (name, rnd.choice(("group", "repeat", "repeat"))) for name in rnd.sample(("g", "r", "s"), rnd.randrange(3))
        ]
    rnd.shuffle(inner)
    for name, sort in inner:
        here = f"{path}/{name}".strip("/")
        entries.append(Entry(path=here, sort=sort))  # type: ignore[arg-type]  # one of its literals
        if sort == "question":
            yield Seed(name=name, text=rnd.choice(ANSWERS))
            continue
        before = len(entries)
        yield Seed(name=name, children=tuple(_children(rnd, entries, path=here, depth=depth + 1)))
        shape = entries[before:]
        for _ in range(rnd.randrange(3) if sort == "repeat" else 0):
            yield Seed(name=name, children=tuple(_again(rnd, shape, path=here)))


def _again(rnd: random.Random, shape: list[Entry], *, path: str) -> Iterator[Seed]:
    """Yield the answers of another instance of the same shape."""
    for entry in shape:
        above, _, name = entry.path.rpartition("/")
        if above != path:
            continue
        if entry.sort == "question":
            yield Seed(name=name, text=rnd.choice(ANSWERS))
        else:
            for _ in range(rnd.randrange(1, 3) if entry.sort == "repeat" else 1):
                yield Seed(name=name, children=tuple(_again(rnd, shape, path=entry.path)))


def _draw(made: Document, spec: Spec, instance: Instance, element: Element) -> None:
    for child in spec.children:
        if child.sort == "repeat":
            for inner in instance.ranges.get(child.path, ()):
                _draw(made, child, inner, SubElement(element, child.name))
        elif child.is_question:
            leaf = SubElement(element, child.name)
            leaf.text = to_text(instance.values.get(child.path))
            made.places.append((child.path, instance, leaf))
        else:
            _draw(made, child, instance, SubElement(element, child.name))


class Author:
    """Writes expressions at random."""

    def __init__(self, rnd: random.Random) -> None:
        self._rnd = rnd

    def path(self, *, depth: int = 1, first: bool = False) -> str:
        """Return a location path; `first`: what it leads to first in the document is all that matters.

        There the library takes the first that it finds, which is another one after a step to nodes within one another.
        """
        rnd = self._rnd
        start = rnd.choice(("/data", "/data", ".", "..", "../..", "/"))
        written, single = ("" if start == "/" else start), start != "/"
        for number in range(rnd.randrange(1, 4)):
            if start == "/" and number == 0:
                written += f"//{self._name()}"
            else:
                if not first and rnd.random() < 0.1:
                    written, single = f"{written}//{self._name()}", False
                    continue
                step, single = self._step(single=single, depth=depth, first=first)
                written += f"/{step}"
            if first and ("//" in written or "::" in written):
                break
        if depth > 0 and rnd.random() < 0.1:
            written = f"{written} | {self.path(depth=0, first=first)}"
        return written

    def _step(self, *, single: bool, depth: int, first: bool) -> tuple[str, bool]:
        rnd = self._rnd
        chance = rnd.random()
        if chance < 0.12 and (single or not first):
            return "..", single
        if chance < 0.3 and (single or not first):
            axis = rnd.choice(
                ("descendant", "descendant-or-self", "ancestor", "ancestor-or-self", "following-sibling",
                 "preceding-sibling", "following", "preceding", "self", "parent", "child")
            )  # fmt: skip
            test = rnd.choice((self._name(), "*"))
            step = f"{axis}::{test}"
        else:
            step = rnd.choice((self._name(), self._name(), self._name(), "*"))
        if single and rnd.random() < 0.25:
            place = rnd.choice(
                ("1", "2", "last()", "position() = 2", "position() < 2", "last() - 1", "position() != last()")
            )
            return f"{step}[{place}]", place in ("1", "2", "last()", "last() - 1", "position() = 2", "position() < 2")
        if depth > 0 and rnd.random() < 0.3:
            step += f"[{self.truth(depth=0, inside=True)}]"
        return step, False

    def _name(self) -> str:
        return self._rnd.choice((*NAMES, "g", "r", "s"))

    def _any_path(self, *, inside: bool, first: bool = False) -> str:
        return self.path(depth=0 if inside else 1, first=first)

    def number(self, *, depth: int, inside: bool = False) -> str:
        """Return an expression that gives a number."""
        rnd, path = self._rnd, partial(self._any_path, inside=inside)
        if depth <= 0:
            return rnd.choice(
                ("0", "1", "2.5", "-3", f"number({self._any_path(inside=inside, first=True)})", f"count({path()})")
            )
        made: list[Callable[[], str]] = [
            lambda: f"({self.number(depth=depth - 1)} {rnd.choice('+-*')} {self.number(depth=depth - 1)})",
            lambda: f"({self.number(depth=depth - 1)} div {rnd.choice(('2', '-4', '0.5'))})",
            lambda: f"(count({path()}) mod 3)",
            lambda: f"{rnd.choice(('floor', 'ceiling'))}({self.number(depth=depth - 1)})",
            lambda: f"string-length({self.text(depth=depth - 1)})",
            lambda: f"-({self.number(depth=depth - 1)})",
            lambda: f"count({path()}[{self.truth(depth=0, inside=True)}])",
        ]
        return rnd.choice(made)()

    def text(self, *, depth: int, inside: bool = False) -> str:
        """Return an expression that gives a text."""
        rnd, path = self._rnd, partial(self._any_path, inside=inside, first=True)
        if depth <= 0:
            return rnd.choice(("''", "'tea'", "'x'", f"string({path()})", f"name({path()})"))
        inner = partial(self.text, depth=depth - 1)
        made: list[Callable[[], str]] = [
            lambda: f"concat({inner()}, {inner()})",
            lambda: f"substring({inner()}, {rnd.choice(('1', '2', '0', '1.5', '-1'))}, {rnd.choice('123')})",
            lambda: f"substring-before({inner()}, 'e')",
            lambda: f"substring-after({inner()}, 'e')",
            lambda: f"translate({inner()}, 'aex', 'x')",
            lambda: f"normalize-space({inner()})",
        ]
        return rnd.choice(made)()

    def truth(self, *, depth: int, inside: bool = False) -> str:
        """Return an expression that gives a truth."""
        rnd, path = self._rnd, partial(self._any_path, inside=inside)
        equal, order = rnd.choice(("=", "!=")), rnd.choice(("<", "<=", ">", ">="))
        if depth <= 0:
            return rnd.choice(
                (f"{path()} {equal} {path()}", f"{path()} {equal} '{rnd.choice(ANSWERS)}'", f"boolean({path()})",
                 f"not({path()})", f"count({path()}) {order} 1")
            )  # fmt: skip
        made: list[Callable[[], str]] = [
            lambda: f"{path()} {equal} {self.text(depth=depth - 1)}",
            lambda: f"({self.truth(depth=depth - 1)} {rnd.choice(('and', 'or'))} {self.truth(depth=depth - 1)})",
            lambda: f"not({self.truth(depth=depth - 1)})",
            lambda: f"{self.text(depth=depth - 1)} {equal} {self.text(depth=depth - 1)}",
            lambda: f"contains({self.text(depth=depth - 1)}, 'e')",
            lambda: f"starts-with({self.text(depth=depth - 1)}, 'x')",
            lambda: f"{self.number(depth=depth - 1)} {order} {self.number(depth=depth - 1)}",
        ]
        return rnd.choice(made)()


def same(ours: object, theirs: object) -> bool:
    if isinstance(ours, float) and isinstance(theirs, int | float):
        return math.isclose(ours, theirs) or (math.isnan(ours) and math.isnan(theirs))
    return ours == theirs


def test_random_expressions_over_random_answers_give_what_the_library_gives(rng: random.Random, seed: int) -> None:
    author = Author(rng)
    compared = telling = 0
    for _ in range(DOCUMENTS):
        made = document(rng)
        if not made.places:
            continue
        tree = ElementTree(made.root)
        for _ in range(EACH):
            path, instance, element = rng.choice(made.places)
            kind = rng.choice(("number", "string", "boolean"))
            write = {"number": author.number, "string": author.text, "boolean": author.truth}[kind]
            expression = write(depth=rng.randrange(3))
            ours = worked_out(made.state, path, instance, expression, kind=kind)
            try:
                theirs = elementpath.select(tree, f"{kind}({expression})", item=element, parser=XPath1Parser)
            except elementpath.ElementPathError:
                continue
            compared += 1
            telling += bool(theirs)
            if theirs == "NaN":
                theirs = ""  # as the ODK engine writes it
            assert same(ours, theirs), (
                f"seed {seed}: at {path}[{instance.index}]: {expression}: {ours!r}, the library says {theirs!r} of\n"
                f"{tostring(made.root, encoding='unicode')}"
            )
    assert compared > DOCUMENTS * EACH * 0.6
    assert telling > compared * 0.2


def test_children_of_nodes_that_hold_one_another_come_in_document_order() -> None:
    inner = Seed(name="g", children=(Seed(name="r", children=(Seed(name="a", text="first"),)),))
    outer = Seed(name="r", children=(Seed(name="a", text="second"),))
    entries = [Entry(path="g", sort="group"), Entry(path="g/r", sort="repeat"), Entry(path="g/r/a", sort="question")]
    entries += [Entry(path="r", sort="repeat"), Entry(path="r/a", sort="question"), Entry(path="z", sort="question")]
    program, _ = build(Blueprint(root="data", entries=tuple(entries), beginning=Seed(name="", children=(inner, outer))))
    state = State.opened(program, now=datetime(2026, 1, 31, tzinfo=UTC), zone=UTC)
    for expression in ("//r", "//r/a", "(//r)[1]/a", "/data//r/a", "(/data | //g)/r"):
        assert worked_out(state, "z", state.top, f"string({expression})", kind="string") == "first", expression


def worked_out(state: State, path: str, instance: Instance, expression: str, *, kind: str) -> object:
    closure = compile_expression(expression, scope=state.program.scope(path))
    frame = state.frame(instance)
    frame.here = instance.values.get(path)
    state.world.visits = 1_000_000
    match kind:
        case "number":
            return as_number(closure)(frame)
        case "string":
            return as_text(closure)(frame)
        case _:
            return as_truth(closure)(frame)
