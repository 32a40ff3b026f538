"""What a turn has changed of a response is noted, once it is decided."""

from __future__ import annotations

from bot.domain.interviews import Interview, Walk
from bot.domain.outcomes import ResponseRevised, SharedChanged
from bot.domain.scene import Draft


def store(draft: Draft, interview: Interview, after: Walk) -> None:
    """Note every answer that is not as it was before; a response sent in counts as revised."""
    contact = draft.scene.contact
    assert contact is not None  # an interview belongs to a contact
    facts = after.facts(response=interview.response, contact=contact.id)
    draft.record(*facts)
    if interview.status == "submitted":
        draft.record(ResponseRevised(interview.response))
    elif interview.together is not None and facts:
        draft.record(SharedChanged(interview.response))
