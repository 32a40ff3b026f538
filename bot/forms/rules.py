"""What may be answered in a state: what is required, what is read-only, what satisfies a constraint."""

from __future__ import annotations

from bot.forms.expressions.frames import Frame
from bot.forms.expressions.nodes import Instance
from bot.forms.expressions.shape import Spec
from bot.forms.expressions.values import is_set
from bot.forms.model import Value
from bot.forms.state import State


def is_required(state: State, path: str, instance: Instance) -> bool:
    """Whether the question must be answered now (its relevance is not asked again)."""
    required = state.program.required.get(path)
    return required is not None and required(_at(state, path, instance))


def is_read_only(state: State, spec: Spec, instance: Instance) -> bool:
    """Whether nobody may answer it now: it or a group around it is read-only."""
    place: Spec | None = spec
    while place is not None:
        truth = state.program.read_only.get(place.path)
        if truth is not None and truth(_at(state, place.path, instance)):
            return True
        if place.sort == "repeat" and instance.parent is not None:
            instance = instance.parent
        place = place.parent
    return False


def satisfies(state: State, path: str, instance: Instance, value: Value | None) -> bool:
    """Whether a value would meet the question's constraint; without one, or with an empty value, it does.

    What the value would change elsewhere is not seen yet, as in the ODK engine.
    """
    constraint = state.program.constraints.get(path)
    if constraint is None or value is None or not is_set(value):
        return True
    frame, values = state.frame(instance), instance.values
    frame.here = value
    if not constraint.reads_itself:
        return constraint.holds(frame)
    before = values.get(path)
    values[path] = value
    try:
        return constraint.holds(frame)
    finally:
        if before is None:
            del values[path]
        else:
            values[path] = before


def _at(state: State, path: str, instance: Instance) -> Frame:
    frame = state.frame(instance)
    frame.here = instance.values.get(path)
    return frame
