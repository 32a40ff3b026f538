"""The quick way to what most places of a form are: outside of repeats, neither calculated nor filtered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.forms.expressions.nodes import Instance
from bot.forms.program import Step, offered

if TYPE_CHECKING:
    from bot.forms.state import State


def see(state: State, step: Step, top: Instance) -> None:
    """Settle such a place when a state is revived: what was said there, if it is relevant."""
    path = step.path
    if step.parent is not None and step.parent not in top.relevant:
        return
    if step.relevant is not None:
        frame = state.frame(top)
        frame.here = top.stored.get(path)
        if not step.relevant(frame):
            return
    top.relevant.add(path)
    value = top.stored.get(path)
    if value is not None and (not step.names or (value := offered(value, step=step, instance=top)) is not None):
        top.values[path] = value
