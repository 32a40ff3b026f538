"""Writes the answers of a state as plain data and gives them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.errors import FormError
from bot.forms.expressions.nodes import Instance
from bot.forms.expressions.shape import Spec
from bot.forms.model import Value

Data = dict[str, Any]
"""`stored`: answers by path; `calculated`: what calculations gave last; `ranges`: instances of repeats by path."""


def to_data(instance: Instance) -> Data:
    """Return the answers of an instance and of those within it; JSON can hold them."""
    return {
        "stored": {path: _out(value) for path, value in instance.stored.items()},
        "calculated": dict(instance.calculated),
        "ranges": {path: [to_data(made) for made in range_] for path, range_ in instance.ranges.items()},
    }


def fill_from(data: Mapping[str, Any], instance: Instance, *, repeat: Callable[[str], Spec | None]) -> None:
    """Give an instance the answers that `to_data` wrote.

    Args:
        data: what was written.
        instance: the new instance, which stands in its place already.
        repeat: the repeat of a path, None if the form has none there.

    Raises:
        FormError: these are no answers to this form.
    """
    try:
        instance.stored.update({str(path): _in(value) for path, value in data["stored"].items()})
        instance.calculated.update({str(path): str(text) for path, text in data["calculated"].items()})
        for path, found in data["ranges"].items():
            spec = repeat(path)
            if spec is None:
                raise FormError(f"the stored answers have a repeat {path}, the form has not")
            range_ = instance.ranges[path] = []
            for index, inner in enumerate(found):
                range_.append(Instance(spec, parent=instance, index=index))
                fill_from(inner, range_[index], repeat=repeat)
    except (KeyError, TypeError, AttributeError) as error:
        raise FormError("the stored answers are damaged") from error


def _out(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _in(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
