"""Plays a form without a person: sets answers by path and tells what changed (`hubtalk forms simulate`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from typing import Any

from bot.errors import FormError, UsageError
from bot.forms.expressions.nodes import Instance
from bot.forms.expressions.shape import Spec
from bot.forms.expressions.values import decimal_text, to_text
from bot.forms.model import Value
from bot.forms.program import Program, offered
from bot.forms.rules import is_read_only, is_required
from bot.forms.state import State

Shown = dict[str, Any]
_PLACE = re.compile(r"([^\[\]]+)(?:\[(\d+)\])?")
_HIDDEN = "meta"


class Simulation:
    """One form that is being played."""

    def __init__(self, program: Program, *, now: datetime, zone: tzinfo, language: str = "") -> None:
        if language and language not in program.blueprint.languages:
            raise UsageError(f"the form has no language {language}: {', '.join(program.blueprint.languages) or 'none'}")
        self._program = program
        self.state = State.opened(program, now=now, zone=zone, language=language)
        self.nodes: dict[str, Shown] = dict(self._all())

    def do(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what one line asks and return what changed, and which paths are gone.

        Raises:
            UsageError: the line asks for nothing known, or the path leads nowhere.
            FormError: the form does not allow it, or takes too long.
        """
        match asked:
            case {"set": str(path), **rest}:
                self._set(path, rest.get("value"))
            case {"add": str(path)}:
                self.state.add(*self._range(path))
            case {"remove": str(path)}:
                spec, instance = self._find(path)
                if spec.sort != "repeat":
                    raise UsageError(f"{path} is no instance of a repeat")
                self.state.remove(instance)
            case {"language": str(language)} if language in self._program.blueprint.languages:
                self.state.speak(language)
            case _:
                raise UsageError("a line asks for set, add, remove or language")
        return self._news()

    def _news(self) -> dict[str, Any]:
        before, self.nodes = self.nodes, dict(self._all())
        changed = {path: node for path, node in self.nodes.items() if before.get(path) != node}
        return {"changed": changed, "gone": [path for path in before if path not in self.nodes]}

    def _set(self, path: str, value: object) -> None:
        spec, instance = self._find(path)
        if not spec.is_question:
            raise UsageError(f"{path} is no question")
        if is_read_only(self.state, spec, instance):
            raise FormError(f"{path} cannot be answered: it is read-only")
        self.state.put(spec, instance, self._fitting(spec, instance, value))

    def _fitting(self, spec: Spec, instance: Instance, value: object) -> Value | None:
        """Return what a question keeps of an answer; of choices, those that there are."""
        step = self._program.step_of[spec.path]
        control = step.entry.control
        several = [str(part) for part in value] if isinstance(value, list) else None
        text = " ".join(several) if several is not None else "" if value is None else str(value)
        if control == "trigger" and value is True:
            text = "OK"
        if control not in ("select", "select1", "rank"):
            return step.decode(text)
        names = instance.options.get(spec.path, step.names)
        wanted = several if several is not None else [text] if control == "select1" else text.split()
        if control == "rank":
            if wanted and not set(names) <= set(wanted):
                raise FormError("a ranking takes all choices")
            return offered(tuple(wanted), step=step, instance=instance)
        chosen = tuple(name for name in dict.fromkeys(names) if name in wanted)
        return (chosen or None) if control == "select" else next(iter(chosen), None)

    def _find(self, path: str) -> tuple[Spec, Instance]:
        """Return the place and the instance of a path such as /data/rep[2]/name."""
        spec, instance = self._program.shape.document, self.state.top
        for part in path.strip("/").split("/"):
            match = _PLACE.fullmatch(part)
            child = spec.by_name.get(match[1]) if match else None
            if match is None or child is None:
                raise UsageError(f"there is nothing at {path}")
            if child.sort == "repeat":
                made = instance.ranges.get(child.path, [])
                index = int(match[2] or 1) - 1
                if not 0 <= index < len(made):
                    raise UsageError(f"there is nothing at {path}")
                instance = made[index]
            spec = child
        return spec, instance

    def _range(self, path: str) -> tuple[Spec, Instance]:
        above, _, name = path.rpartition("/")
        spec, instance = self._find(above)
        child = spec.by_name.get(name.partition("[")[0])
        if child is None or child.sort != "repeat":
            raise UsageError(f"{path} is no repeat")
        return child, instance

    def _all(self) -> Iterator[tuple[str, Shown]]:
        root = self._program.shape.root
        yield from self._below(root.children, self.state.top, f"/{root.name}")

    def _below(self, specs: Iterable[Spec], instance: Instance, path: str) -> Iterator[tuple[str, Shown]]:
        for spec in specs:
            here = f"{path}/{spec.name}"
            if spec.name == _HIDDEN and spec.parent is self._program.shape.root:
                continue
            if spec.sort == "repeat":
                yield here, {"relevant": f"{spec.path}#" in instance.relevant}
                for made in instance.ranges.get(spec.path, ()):
                    numbered = f"{here}[{made.index + 1}]"
                    yield numbered, {"relevant": spec.path in made.relevant}
                    yield from self._below(spec.children, made, numbered)
            elif spec.is_question:
                yield here, self._question(spec, instance)
            else:
                yield here, {"relevant": spec.path in instance.relevant}
                yield from self._below(spec.children, instance, here)

    def _question(self, spec: Spec, instance: Instance) -> Shown:
        step = self._program.step_of[spec.path]
        value = instance.values.get(spec.path)
        shown: Shown = {
            "relevant": spec.path in instance.relevant,
            "value": decimal_text(value) if isinstance(value, float) else to_text(value),
            "required": is_required(self.state, spec.path, instance),
            "readonly": is_read_only(self.state, spec, instance),
        }
        if step.entry.control in ("select", "select1", "rank"):
            shown["choices"] = list(instance.options.get(spec.path, step.names))
        shown["label"] = self.state.labels.say(self.state, step.entry.label, spec.path, instance)
        return shown
