"""A form's expressions as closures, in an order in which each finds ready what it reads; made once a Form object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.errors import FormError
from bot.forms.expressions.closures import Run, Truth, as_truth
from bot.forms.expressions.compiler import compile_expression
from bot.forms.expressions.scopes import ROOT, Names, Scope
from bot.forms.expressions.syntax import ExpressionError
from bot.forms.model import Expression, Form, Group, Question

_KEY = "_program"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One group or question when its turn comes: relevant if its parent is and its own expression holds."""

    path: str
    parent: str | None
    relevant: Truth | None = None
    calculation: Run | None = None
    question: Question | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A constraint; reads_itself: it names its own question, not only `.`."""

    holds: Truth
    reads_itself: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """All closures of a form."""

    steps: tuple[Step, ...]
    required: Mapping[str, Truth]
    constraints: Mapping[str, Constraint]
    dynamic_defaults: Mapping[str, Run]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An expression that cannot be used: whose (path), in which field of the model, why."""

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


def program_of(form: Form) -> Program:
    """Return the form's program, built at the first call and kept beside the form's fields.

    Raises:
        FormError: an expression is broken, which `compile_source` would have said.
    """
    known = form.__dict__.get(_KEY)
    if isinstance(known, Program):
        return known
    program, findings = build(form)
    if program is None:
        what = str(findings.faults[0].error) if findings.faults else f"cycle: {' > '.join(findings.ring)}"
        raise FormError(f"form {form.name} cannot be run: {what}")
    form.__dict__[_KEY] = program
    return program


def build(form: Form, *, ignored: Mapping[str, str] | None = None) -> tuple[Program | None, Findings]:
    """Compile all expressions of a form; the program is None if there are faults or a cycle.

    Args:
        form: what to compile.
        ignored: names that stand in the source but carry no value, with the reason, for better messages.
    """
    findings = Findings()
    maker = _Maker(form, ignored=ignored or {}, findings=findings)
    steps = {step.path: step for step in maker.steps()}
    required = {
        question.path: truth
        for question in form.questions
        if (truth := maker.truth(question.path, "required", question.required)) is not None
    }
    constraints = dict(maker.constraints())
    defaults = {
        question.path: run
        for question in form.questions
        if (run := maker.run(question.path, "dynamic_default", question.dynamic_default)) is not None
    }
    if findings.faults:
        return None, findings
    order, findings.ring = _ordered(steps, reads=maker.reads)
    if findings.ring:
        return None, findings
    return (
        Program(
            steps=tuple(steps[path] for path in order),
            required=required,
            constraints=constraints,
            dynamic_defaults=defaults,
        ),
        findings,
    )


class _Maker:
    """Compiles one form's expressions and notes who reads what."""

    def __init__(self, form: Form, *, ignored: Mapping[str, str], findings: Findings) -> None:
        self._form = form
        self._ignored = ignored
        self._findings = findings
        self._names = Names(
            (question.path for question in form.questions),
            groups=(group.path for group in form.groups),
            root=form.settings.get("name") or ROOT,
            labels=self._label,
        )
        self.reads: dict[str, set[str]] = {}

    def _label(self, path: str, name: str, language: str) -> str:
        question = self._form.by_path.get(path)
        labels = [choice.label for choice in question.choices if choice.name == name] if question else []
        return self._form.say(labels[0], language) if labels else ""

    def steps(self) -> Iterator[Step]:
        for item in in_document_order(self._form):
            path, parents = item.path, item.parents if isinstance(item, Group) else item.groups
            reads = self.reads[path] = set(parents[-1:])
            relevant = self.truth(path, "relevant", item.relevant, reads=reads)
            calculation = None
            if isinstance(item, Question):
                calculation = self.run(path, "calculation", item.calculation, reads=reads)
            yield Step(
                path=path,
                parent=parents[-1] if parents else None,
                relevant=relevant,
                calculation=calculation,
                question=item if isinstance(item, Question) else None,
            )

    def constraints(self) -> Iterator[tuple[str, Constraint]]:
        for question in self._form.questions:
            reads: set[str] = set()
            holds = self.truth(question.path, "constraint", question.constraint, reads=reads)
            if holds is not None:
                yield question.path, Constraint(holds=holds, reads_itself=question.path in reads)

    def truth(
        self, path: str, column: str, expression: Expression | None, *, reads: set[str] | None = None
    ) -> Truth | None:
        scope = self._scope(path, column)
        return self._compiled(path, column, expression, scope=scope, truth=True, reads=reads)  # type: ignore[return-value]  # `truth` says so

    def run(
        self, path: str, column: str, expression: Expression | None, *, reads: set[str] | None = None
    ) -> Run | None:
        return self._compiled(path, column, expression, scope=self._scope(path, column), truth=False, reads=reads)

    def _scope(self, path: str, column: str) -> Scope:
        return Scope(names=self._names, at=path, here=column == "constraint", ignored=self._ignored)

    def _compiled(
        self,
        path: str,
        column: str,
        expression: Expression | None,
        *,
        scope: Scope,
        truth: bool,
        reads: set[str] | None,
    ) -> Run | None:
        if expression is None:
            return None
        try:
            closure = compile_expression(expression.text, scope=scope)
        except ExpressionError as error:
            self._findings.faults.append(Fault(path=path, column=column, error=error))
            return None
        if truth and closure.kind == "node":
            scope.warnings.append("a question alone is always true here; compare it, for instance with != ''")
        for doubt in scope.warnings:
            self._findings.doubts.append(Fault(path=path, column=column, error=ExpressionError(doubt)))
        self._findings.depends[path, column] = closure.depends
        if reads is not None:
            reads |= closure.depends
        return as_truth(closure) if truth else closure.run


def in_document_order(form: Form) -> Iterator[Group | Question]:
    """Yield groups and questions, each group before what is in it."""
    seen: set[str] = set()
    for question in form.questions:
        for path in question.groups:
            if path not in seen:
                seen.add(path)
                yield form.group_by_path[path]
        yield question
    yield from (group for group in form.groups if group.path not in seen)


def _ordered(paths: Iterable[str], *, reads: Mapping[str, set[str]]) -> tuple[list[str], tuple[str, ...]]:
    """Return the paths so that each comes after what it reads, near to the given order; or the ring that forbids it.

    Walks with its own stack: a chain of 500 calculations must not meet the interpreter's recursion limit.
    """
    done: dict[str, None] = {}
    for first in paths:
        trail: list[str] = []
        stack: list[tuple[str, Iterator[str]]] = []
        _enter(first, trail=trail, stack=stack, done=done, reads=reads)
        while stack:
            path, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                trail.pop()
                done[path] = None
            elif following in trail:
                return [], tuple(_ring(trail[trail.index(following) :]))
            else:
                _enter(following, trail=trail, stack=stack, done=done, reads=reads)
    return list(done), ()


def _enter(
    path: str,
    *,
    trail: list[str],
    stack: list[tuple[str, Iterator[str]]],
    done: Mapping[str, None],
    reads: Mapping[str, set[str]],
) -> None:
    if path not in done:
        trail.append(path)
        stack.append((path, iter(sorted(reads.get(path, ())))))


def _ring(paths: Sequence[str]) -> Sequence[str]:
    return (*paths, paths[0])
