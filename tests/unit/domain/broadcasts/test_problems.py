"""What is wrong with a broadcast before anybody gets it."""

from __future__ import annotations

from bot.domain.broadcasts.problems import excess
from bot.domain.messages import Abilities, OutboundMessage


def test_a_push_is_too_long_by_what_is_over_and_never_where_nothing_limits_it() -> None:
    message = OutboundMessage(text="x" * 110)
    assert excess(message, Abilities(text_limit=100)) == 10
    assert excess(message, Abilities(text_limit=200)) < 1
    assert excess(message, Abilities(text_limit=0)) < 1
