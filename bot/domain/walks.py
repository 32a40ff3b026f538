"""Walks: one that has just begun, and one that goes on."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain import records
from bot.domain.interviews import Interview, Walk
from bot.domain.people import ContactId
from bot.domain.records import Moment
from bot.domain.stops import Phrases, in_english
from bot.forms.model import Form


def first_walk(
    form: Form,
    moment: Moment,
    *,
    new_id: Callable[[], int],
    chance: int = 0,
    phrases: Phrases = in_english,
    version: int = 0,
    by: ContactId | None = None,
) -> Walk:
    """Return the walk of somebody who has just begun: defaults and calculations are in place."""
    state = records.begun(form, moment, chance=chance)
    walk = Walk(form, state, {}, new_id=new_id, phrases=phrases, version=version)
    walk.by = by
    walk.follow()
    return walk


def walk_on(interview: Interview, moment: Moment, *, new_id: Callable[[], int], phrases: Phrases = in_english) -> Walk:
    """Return the walk that an interview stands for now."""
    state = records.revived(interview.form, interview.answers, interview.instances, moment, chance=interview.response)
    walk = Walk(
        interview.form,
        state,
        interview.answers,
        instances=interview.instances,
        new_id=new_id,
        phrases=phrases,
        version=interview.version,
    )
    walk.by, walk.shared = interview.contact, interview.together is not None
    return walk
