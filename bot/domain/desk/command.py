"""What every order of staff is: a typed value, carried out once."""

from __future__ import annotations

from typing import Generic, TypeVar

R_co = TypeVar("R_co", covariant=True)


class Command(Generic[R_co]):
    """Something to be done, once; `R_co` is what the one who ordered it gets."""

    __slots__ = ()
