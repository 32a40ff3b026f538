"""Who has a response to a form, by the column `respondent` of its settings sheet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from bot.forms.model import Problem, Respondent

_COLUMN = "respondent"
_KNOWN: tuple[Respondent, ...] = get_args(Respondent)


def respondent_of(settings: Mapping[str, str]) -> Respondent:
    """Return what the sheet says; "contact" where it says nothing, or nothing that we know."""
    said = _said(settings)
    return next((known for known in _KNOWN if known == said), "contact")


def check(settings: Mapping[str, str]) -> Iterator[Problem]:
    """Yield the problem of a respondent that we do not know."""
    said = _said(settings)
    if said and said not in _KNOWN:
        yield Problem(
            level="error", what=f"nobody is called {said!r} as a respondent", sheet="settings", row=2, column=_COLUMN,
            mend="Write company for a form that a company's people answer together, contact (or nothing) for one that "
            "each of them answers.",
        )  # fmt: skip


def _said(settings: Mapping[str, str]) -> str:
    return settings.get(_COLUMN, "").strip().casefold()
