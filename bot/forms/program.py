"""A blueprint's expressions as closures, and who reads whom: made once a form, run by every state of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.forms.blueprint import Action, Blueprint, Entry, Itemset
from bot.forms.codecs import Decode, decoder
from bot.forms.expressions.closures import Closure, Nodes, Number, Run, Text, Truth, as_number, as_text, as_truth
from bot.forms.expressions.compiler import compile_expression
from bot.forms.expressions.nodes import Instance, ListNode
from bot.forms.expressions.scopes import Names, Scope
from bot.forms.expressions.shape import Shape, Spec
from bot.forms.expressions.syntax import ExpressionError
from bot.forms.model import Value
from bot.forms.ordering import ordered

_CHANCE = re.compile(r"\b(?:random|uuid|randomize)\s*\(")
_NOT_OF_ITSELF = frozenset({"relevant", "required"})
"""Columns that cannot ask for `.`, as we tell authors: they decide whether there is an answer at all."""


@dataclass(slots=True, kw_only=True)
class Step:
    """One place when its turn comes.

    of_range: of a repeat as a whole, whose number of instances it keeps; parent: path that must be relevant;
    near, far: what it reads in the same instance or around it, and anywhere; path: what others that read it call it;
    choosing, options: of all choices, and if it is worked out which of them there are; names: of those always there;
    by_chance: its calculation gives something else each time; gives_number: it gives numbers;
    is_plain: it stands in no repeat, and neither calculates nor filters.
    """

    spec: Spec
    entry: Entry
    number: int = 0
    of_range: bool = False
    home: Spec
    parent: str | None = None
    decode: Decode
    relevant: Truth | None = None
    calculation: Run | None = None
    gives_number: bool = False
    count: Number | None = None
    choosing: Choosing | None = None
    options: Choosing | None = None
    names: tuple[str, ...] = ()
    near: set[str] = field(default_factory=set)
    far: set[str] = field(default_factory=set)
    triggers: list[Firing] = field(default_factory=list)
    path: str = field(init=False)
    is_question: bool = field(init=False)
    is_hidden: bool = field(init=False)
    by_chance: bool = field(init=False)
    is_plain: bool = False

    def __post_init__(self) -> None:
        self.by_chance = _CHANCE.search(self.entry.calculation) is not None
        self.path = f"{self.spec.path}#" if self.of_range else self.spec.path
        self.is_question = self.spec.is_question
        self.is_hidden = self.is_question and not self.entry.control


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """A compiled itemset: its nodes; name and label are worked out for each of them."""

    nodes: Nodes
    name: Text
    label: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A compiled action: what is set, to what."""

    action: Action
    target: Spec
    value: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A constraint; reads_itself: it names its own question, not only `.`."""

    holds: Truth
    reads_itself: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An expression that cannot be used: whose (path), in which column, why."""

    path: str
    column: str
    error: ExpressionError


@dataclass(slots=True)
class Findings:
    """What building found; `ring` is the paths of a cycle, `doubts` what is legal but surely not meant."""

    faults: list[Fault] = field(default_factory=list)
    doubts: list[Fault] = field(default_factory=list)
    ring: tuple[str, ...] = ()
    depends: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Program:
    """All closures of a form.

    dependents: path -> steps that read it, and whether only near it; steps_within: path of a repeat -> its steps;
    guarded: paths that read-only may forbid, their own or that of a group around them;
    in_chat: people answer it, so a moment that is due as a date becomes one; languages: code -> what the form calls it.
    """

    blueprint: Blueprint
    shape: Shape
    names: Names
    entries: Mapping[str, Entry]
    lists: Mapping[str, ListNode]
    steps: tuple[Step, ...] = ()
    dependents: dict[str, list[tuple[Step, bool]]] = field(default_factory=dict)
    step_of: dict[str, Step] = field(default_factory=dict)
    steps_within: dict[str, list[Step]] = field(default_factory=dict)
    required: dict[str, Truth] = field(default_factory=dict)
    read_only: dict[str, Truth] = field(default_factory=dict)
    guarded: frozenset[str] = frozenset()
    constraints: dict[str, Constraint] = field(default_factory=dict)
    firings: list[Firing] = field(default_factory=list)
    strict: bool = False
    in_chat: bool = False
    languages: dict[str, str] = field(default_factory=dict)

    def scope(self, path: str, *, here: bool = True) -> Scope:
        """Return where an expression at a path stands."""
        return Scope(names=self.names, at=path, here=here, strict=self.strict)


def offered(value: Value, *, step: Step, instance: Instance) -> Value | None:
    """Return what the choices leave of an answer; a ranking takes in the choices that are new."""
    control = step.entry.control
    if control not in ("select", "select1", "rank"):
        return value
    names = instance.options.get(step.spec.path, step.names)
    if isinstance(value, str):
        return value if value in names else None
    kept = [name for name in value if name in names] if isinstance(value, tuple) else []
    if control == "rank" and value:
        kept = [*dict.fromkeys([*kept, *names])]
    return tuple(kept) or None


def build(blueprint: Blueprint, *, strict: bool = False) -> tuple[Program, Findings]:
    """Compile every expression; the program is of use only if nothing is wrong (`Findings`).

    Args:
        blueprint: what to compile.
        strict: whether names that lead nowhere are mistakes, and `.` is for constraints (as we tell authors); the ODK
            engine, which is not strict, reads them as empty.
    """
    shape = Shape(((entry.path, entry.sort, entry.type) for entry in blueprint.entries), root=blueprint.root)
    program = Program(
        blueprint=blueprint, shape=shape, names=Names(shape), strict=strict, lists=_lists(blueprint),
        entries={entry.path: entry for entry in blueprint.entries},
    )  # fmt: skip
    maker = _Maker(program)
    steps = [step for entry in blueprint.entries for step in maker.steps(entry)]
    maker.others()
    if not maker.findings.faults:
        by_path = {step.path: step for step in steps}
        maker.firings(by_path)
        order, maker.findings.ring = ordered(
            by_path, reads={step.path: (step.near | step.far) - {step.path} for step in steps}
        )
        program.steps = tuple(by_path[path] for path in order if path in by_path) if order else tuple(steps)
        _connect(program)
    return program, maker.findings


def _lists(blueprint: Blueprint) -> Mapping[str, ListNode]:
    made: dict[str, ListNode] = {}
    for number, (name, rows) in enumerate(blueprint.lists.items()):
        made[name] = ListNode("instance", order=number)
        root = ListNode("root", parent=made[name])
        for row in rows:
            item = ListNode("item", parent=root)
            for column, text in row:
                ListNode(column, text=text, parent=item)
    return made


def _connect(program: Program) -> None:
    by_path = program.shape.by_path
    program.guarded = frozenset(below.path for path in program.read_only for below in by_path[path].everything())
    for number, step in enumerate(program.steps):
        step.number = number
        step.is_plain = not step.of_range and not step.home.depth and step.calculation is None and step.options is None
        if not step.of_range:
            program.step_of[step.spec.path] = step
        program.steps_within.setdefault(step.home.path, []).append(step)
        for path in step.near | step.far:
            program.dependents.setdefault(path, []).append((step, path not in step.far))


_OF_A_LIST = re.compile(r"\s*(?:randomize\s*\(\s*)?instance\s*\(")
_WHOLE_LIST = re.compile(r"\s*instance\(\s*'([^']+)'\s*\)/root/item\s*")


def _all_of(blueprint: Blueprint, itemset: Itemset) -> tuple[str, ...] | None:
    """Return the names of a whole list; None where an expression takes some of them, or changes their order."""
    whole = _WHOLE_LIST.fullmatch(itemset.nodes)
    rows = blueprint.lists.get(whole[1]) if whole is not None else None
    if rows is None:
        return None
    names = tuple(dict(row).get(itemset.name, "") for row in rows)
    return names if all(names) else None


class _Maker:
    """Compiles one blueprint's expressions and notes who reads what."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.findings = Findings()

    def steps(self, entry: Entry) -> Iterator[Step]:
        spec = self._program.shape.by_path[entry.path]
        above, decode = spec.parent.path if spec.parent is not None and spec.parent.path else None, decoder(entry)
        if spec.sort == "repeat":
            home = spec.parent.home if spec.parent is not None else spec.home
            whole = Step(spec=spec, entry=entry, of_range=True, home=home, parent=above, decode=decode)
            whole.relevant = self._truth(entry, "relevant", entry.relevant, step=whole)
            count = self._closure(entry, "count", entry.count, step=whole)
            whole.count = as_number(count) if count is not None else None
            self._reads(whole, above)
            yield whole
        step = Step(spec=spec, entry=entry, home=spec.home, parent=above, decode=decode)
        step.relevant = self._truth(entry, "relevant", entry.relevant, step=step)
        self._reads(step, f"{spec.path}#" if spec.sort == "repeat" else above)
        if spec.is_question:
            calculation = self._closure(entry, "calculation", entry.calculation, step=step)
            step.calculation = calculation.run if calculation is not None else None
            step.gives_number = calculation is not None and calculation.kind == "number"
            self._options(step)
        yield step

    @staticmethod
    def _reads(step: Step, path: str | None) -> None:
        if path:
            step.near.add(path)

    def _options(self, step: Step) -> None:
        entry, itemset = step.entry, step.entry.itemset
        if itemset is None:
            step.names = tuple(option.name for option in entry.options)
            return
        nodes = self._closure(entry, "choice_filter", itemset.nodes, step=step)
        if nodes is None or nodes.nodes is None:
            return
        inner = Scope(names=self._program.names, strict=False, here=True)
        name, label = (self._inner(text, scope=inner) for text in (itemset.name, itemset.label.expression))
        step.choosing = Choosing(
            nodes=nodes.nodes, name=as_text(name or nodes), label=as_text(label) if label is not None else None
        )
        names = _all_of(self._program.blueprint, itemset)
        if names is not None:  # a list as it is in the sheet: nothing to work out
            step.names = names
            return
        step.options = step.choosing
        by_path = self._program.shape.by_path
        if not _OF_A_LIST.match(itemset.nodes) and any(
            by_path[path].depth for path in nodes.depends if path in by_path
        ):
            step.far |= self._below(nodes.depends) - {entry.path}

    def _below(self, paths: Iterable[str]) -> set[str]:
        """Return what stands in repeats whose instances are choices: their names are read there."""
        by_path = self._program.shape.by_path
        repeats = [by_path[path] for path in paths if path in by_path and by_path[path].sort == "repeat"]
        return {below.path for repeat in repeats for below in repeat.everything() if below.is_question}

    def _inner(self, text: str, *, scope: Scope) -> Closure | None:
        """Compile what is asked of an itemset's node: a path that begins there."""
        if not text:
            return None
        return compile_expression(text, scope=scope, of_item=True)

    def _truth(self, entry: Entry, column: str, text: str, *, step: Step | None = None) -> Truth | None:
        closure = self._closure(entry, column, text, step=step, truth=True)
        return as_truth(closure) if closure is not None else None

    def _closure(
        self, entry: Entry, column: str, text: str, *, step: Step | None = None, truth: bool = False
    ) -> Closure | None:
        if not text.strip():
            return None
        program = self._program
        depth = step.home.depth if step is not None and step.of_range else None
        scope = Scope(
            names=program.names, at=entry.path, depth=depth, here=column not in _NOT_OF_ITSELF or not program.strict,
            strict=program.strict,
        )  # fmt: skip
        try:
            closure = compile_expression(text, scope=scope)
        except ExpressionError as error:
            self.findings.faults.append(Fault(path=entry.path, column=column, error=error))
            return None
        if truth and closure.kind == "node":
            scope.warnings.append("a question alone is always true here; compare it, for instance with != ''")
        for doubt in scope.warnings:
            self.findings.doubts.append(Fault(path=entry.path, column=column, error=ExpressionError(doubt)))
        self.findings.depends[entry.path, column] = closure.depends
        if step is not None:
            self._note(step, closure)
        return closure

    def _note(self, step: Step, closure: Closure) -> None:
        """Write down what a step reads; of a repeat, how many instances it has."""
        by_path = self._program.shape.by_path
        if step.path in closure.far:  # by `.` or among others: worked out again until it stays the same
            step.far.add(step.path)
        for path in closure.depends:
            spec = by_path.get(path)
            if spec is not None and spec.sort == "repeat":
                path = f"{path}#"  # noqa: PLW2901 (the same thing under the name it is read by)
            if path not in (step.path, ""):
                (step.far if spec is None or spec.path in closure.far else step.near).add(path)

    def others(self) -> None:
        """Compile what nothing else reads: required, read-only, constraints."""
        program = self._program
        for entry in program.blueprint.entries:
            required = self._truth(entry, "required", entry.required)
            read_only = self._truth(entry, "read_only", entry.read_only)
            constraint = self._closure(entry, "constraint", entry.constraint, truth=True)
            if required is not None:
                program.required[entry.path] = required
            if read_only is not None:
                program.read_only[entry.path] = read_only
            if constraint is not None:
                program.constraints[entry.path] = Constraint(
                    holds=as_truth(constraint), reads_itself=entry.path in constraint.depends
                )

    def firings(self, by_path: Mapping[str, Step]) -> None:
        """Compile the actions; a target waits for its source."""
        program = self._program
        for action in program.blueprint.actions:
            entry, source = program.entries.get(action.target), by_path.get(action.source)
            value = self._closure(entry, "dynamic_default", action.value) if entry is not None else None
            if entry is None or value is None:
                continue
            firing = Firing(action=action, target=program.shape.by_path[entry.path], value=value.run)
            program.firings.append(firing)
            if source is not None:
                source.triggers.append(firing)
        order = {entry.path: number for number, entry in enumerate(program.blueprint.entries)}
        program.firings.sort(key=lambda firing: order[firing.target.path])
