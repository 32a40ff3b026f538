"""A question as a poll, and a vote as the button that it stands for. Pure.

MSC3381 in the form that clients send: https://github.com/matrix-org/matrix-spec-proposals/pull/3381
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.adapters.plain import numbered
from bot.domain.messages import OutboundMessage, Pressed, PromptId

START = "org.matrix.msc3381.poll.start"
RESPONSES = frozenset({"org.matrix.msc3381.poll.response", "m.poll.response"})
STARTS = frozenset({START, "m.poll.start"})
_UNDISCLOSED = "org.matrix.msc3381.poll.undisclosed"
_TEXT = "org.matrix.msc1767.text"

FEWEST, MOST = 2, 20
"""Answers of a poll; clients cut off what is beyond. One answer alone is nothing to vote on."""

LONGEST = 340
"""Characters of a question or an answer that clients let people write, and so show."""

_ANSWER = re.compile(r"hubtalk\.([0-9]{1,18})\.([0-9]{1,9})", re.ASCII)

Object = Mapping[str, Any]


def poll_content(message: OutboundMessage, *, question: str, fallback: str) -> dict[str, Any] | None:
    """Return the content of a poll that asks this, None if it is nothing to be voted on.

    An answer's id holds prompt and number, as a button's data do; so a vote needs nothing to be looked up, and one in
    a poll of somebody else is recognised as that.

    Args:
        message: what is asked.
        question: what stands above the answers; all of it, since clients show nothing else.
        fallback: what clients without polls show; answers can be typed.
    """
    rows = numbered(message.choices)
    if message.prompt is None or not message.vote or not FEWEST <= len(rows) <= MOST:
        return None
    if len(question) > LONGEST or any(len(choice.label) > LONGEST for _, choice in rows):
        return None
    return {
        START: {
            # Undisclosed: no client shows a tally, and whoever joins the room later sees no votes drawn.
            "kind": _UNDISCLOSED,
            "max_selections": 1,
            "question": {"msgtype": "m.text", "body": question, _TEXT: question},
            "answers": [
                {"id": f"hubtalk.{message.prompt}.{choice.key}", _TEXT: f"{number}  {choice.label}"}
                for number, choice in rows
            ],
        },
        "body": fallback,
        _TEXT: fallback,
    }


def read_vote(event: Object, *, poll: str) -> Pressed | None:
    """Return the button that a vote stands for; a spoiled vote, or one in somebody else's poll, is nothing.

    Args:
        event: of one of the types `RESPONSES`.
        poll: the event that it refers to.
    """
    content = event["content"]
    answers = content["m.selections"] if "m.selections" in content else content[event["type"]]["answers"]
    match = _ANSWER.fullmatch(answers[0]) if answers else None
    if match is None:
        return None
    return Pressed(prompt=PromptId(int(match[1])), choice=match[2], on=None, message_id=poll)
