"""How a function is declared: its name, what its arguments become, how it is built into a closure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.forms.expressions.closures import Closure, Kind, as_number, as_text, as_truth, items, joined
from bot.forms.expressions.frames import Frame
from bot.forms.expressions.scopes import Scope

UNLIMITED = 10_000
"""As many arguments as an expression has room for."""


class Build(Protocol):
    """Makes the closure of a call from the closures of its arguments."""

    def __call__(self, arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:
        """Build the closure."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One function. truths: how many leading arguments are read as truth values (to warn of bare names there)."""

    name: str
    least: int
    most: int
    build: Build
    truths: int = 0

    def accepts(self, given: int) -> bool:
        """Whether so many arguments are right."""
        return self.least <= given <= self.most

    @property
    def arity_words(self) -> str:
        """The number of arguments, in words for a message."""
        if self.least == self.most:
            return f"{self.least} argument{'' if self.least == 1 else 's'}"
        if self.most == UNLIMITED:
            return f"at least {self.least} argument{'' if self.least == 1 else 's'}"
        return f"{self.least} to {self.most} arguments"


_CONVERT: dict[str, Callable[[Closure], Callable[[Frame], Any]]] = {
    "t": as_text,
    "n": as_number,
    "b": as_truth,
    "a": lambda closure: closure.run,
    "s": items,
    "v": lambda closure: closure.run if closure.nodes is None else as_text(closure),
}


def plain(
    name: str, takes: str, gives: Kind, compute: Callable[..., Any], *, optional: int = 0, framed: bool = False
) -> Function:
    """Declare a function that converts its arguments and computes.

    Args:
        name: as authors write it.
        takes: a letter an argument: t text, n number, b truth, a as it is, v likewise, but a node as its text, s all
            values of a node-set (or the one of anything else); a last `*` repeats the letter before it any number of
            times, none included.
        gives: the kind of the result.
        compute: gets the converted arguments, before them the frame if `framed`.
        optional: how many trailing arguments may be missing (`compute` then has defaults).
        framed: whether `compute` wants the frame.
    """
    repeated = takes[-2] if takes.endswith("*") else ""
    fixed = takes[:-2] if repeated else takes

    def build(arguments: Sequence[Closure], /, *, scope: Scope) -> Closure:  # noqa: ARG001 (one protocol for all)
        letters = (fixed + repeated * len(arguments))[: len(arguments)]
        runs = tuple(_CONVERT[letter](argument) for letter, argument in zip(letters, arguments, strict=True))
        return joined(*arguments, kind=gives, run=_call(compute, runs, framed=framed))

    most = UNLIMITED if repeated else len(fixed)
    return Function(
        name=name, least=len(fixed) - optional, most=most, build=build, truths=len(takes) - len(takes.lstrip("b"))
    )


def _call(
    compute: Callable[..., Any], runs: tuple[Callable[[Frame], Any], ...], *, framed: bool
) -> Callable[[Frame], Any]:
    if framed:
        return lambda frame: compute(frame, *(run(frame) for run in runs))
    match runs:
        case (one,):
            return lambda frame: compute(one(frame))
        case (one, two):
            return lambda frame: compute(one(frame), two(frame))
        case _:
            return lambda frame: compute(*(run(frame) for run in runs))
