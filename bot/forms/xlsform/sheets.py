"""The raw rows of a form as its author wrote them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Cells = Mapping[str, str]
"""One row: header -> text; empty cells are missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheets:
    """The rows of the sheets in their order: the first one is row 2. source: what pyxform read, for pyxform."""

    survey: Sequence[Cells]
    choices: Sequence[Cells] = ()
    settings: Cells = field(default_factory=dict)
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    source: Any = None
