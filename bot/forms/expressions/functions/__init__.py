"""The table of all functions (ODK XForms, "XPath Functions"): a new one is a line in its family's file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.forms.expressions.functions import choices, dates, geography, logic, nodesets, numbers, texts
from bot.forms.expressions.functions.signature import Function

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        function.name: function
        for family in (logic, numbers, texts, dates, choices, nodesets, geography)
        for function in family.FUNCTIONS
    }
)

NOT_YET = frozenset({"id", "base64-encode", "extract-signed", "intersects", "property", "version"})
"""Functions of the specification that are known but not run yet."""
