"""Texts of a form in the language that is spoken, with the answers they mention; labels of choices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bot.forms.blueprint import Label, Part
from bot.forms.expressions.closures import Text, as_text
from bot.forms.expressions.compiler import compile_expression
from bot.forms.expressions.nodes import AnswerNode, Instance, Node
from bot.forms.expressions.syntax import ExpressionError
from bot.forms.program import Choosing, Program
from bot.forms.xlsform.languages import name_of

if TYPE_CHECKING:
    from bot.forms.state import State


def named_in(program: Program, code: str) -> str:
    """Return what a form calls a language, as in `Deutsch (de)`; its default where it does not speak it."""
    if code not in program.languages:
        program.languages[code] = name_of(code, names=program.blueprint.languages)
    return program.languages[code]


class Labels:
    """The texts of one state."""

    def __init__(self, program: Program, *, language: str) -> None:
        self._program = program
        self._outputs: dict[tuple[str, str], Text] = {}
        self.language = language

    def plain(self, name: str) -> str:
        """Return a translation without what it mentions."""
        return "".join(part.text for part in self._translated(name) if not part.is_output)

    def _translated(self, name: str) -> tuple[Part, ...]:
        return self._program.blueprint.texts.get(self.language, {}).get(name, ())

    def say(self, state: State, label: Label, path: str, instance: Instance) -> str:
        """Return a text as it reads where a question stands."""
        if label.expression:
            return self._output(state, label.expression, path, instance)
        parts: Iterable[Part] = self._translated(label.translation) if label.translation else label.parts
        return "".join(
            self._output(state, part.text, path, instance) if part.is_output else part.text for part in parts
        )

    def _output(self, state: State, expression: str, path: str, instance: Instance) -> str:
        run = self._outputs.get((path, expression))
        if run is None:
            try:
                run = as_text(compile_expression(expression, scope=self._program.scope(path)))
            except ExpressionError:  # a text with a broken mention is still a text
                run = _nothing
            self._outputs[path, expression] = run
        frame = state.frame(instance)
        frame.here = instance.values.get(path)
        return run(frame)

    def names(self, state: State, choosing: Choosing, instance: Instance) -> tuple[str, ...]:
        """Return the names of the choices that there are now."""
        return tuple(name for name, _ in self._chosen(state, choosing, instance))

    def _chosen(self, state: State, choosing: Choosing, instance: Instance) -> list[tuple[str, Node]]:
        frame = state.frame(instance)
        found: list[tuple[str, Node]] = []
        saved = frame.item
        try:
            for node in choosing.nodes(frame):
                frame.item = node
                found.append((choosing.name(frame), node))
        finally:
            frame.item = saved
        return found

    def choice(self, state: State, node: Node, name: str) -> str:
        """Return the label of a question's choice, "" if there is none of that name."""
        if not isinstance(node, AnswerNode) or not node.spec.is_question:
            return ""
        step = self._program.step_of[node.spec.path]
        if step.choosing is not None:
            return self._chosen_label(state, step.choosing, node, name)
        option = next((option for option in step.entry.options if option.name == name), None)
        return self.say(state, option.label, node.spec.path, node.instance) if option is not None else ""

    def _chosen_label(self, state: State, choosing: Choosing, node: AnswerNode, name: str) -> str:
        frame = state.frame(node.instance)
        found = next((item for other, item in self._chosen(state, choosing, node.instance) if other == name), None)
        if found is None or choosing.label is None:
            return name if found is not None else ""
        saved, frame.item = frame.item, found
        try:
            return choosing.label(frame)
        finally:
            frame.item = saved


def _nothing(_: object) -> str:
    return ""
