"""An order in which each thing comes after all that it reads, or the ring that forbids one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence


def ordered(paths: Iterable[str], *, reads: Mapping[str, set[str]]) -> tuple[list[str], tuple[str, ...]]:
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
