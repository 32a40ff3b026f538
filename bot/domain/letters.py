"""What an invitation says to the one who gets it: a letter to paste into a mail, and two sentences for a card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.people import Role
from bot.domain.speech import Speaker

CHANNEL_NAMES = {"telegram": "Telegram", "matrix": "Matrix"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inviting:
    """An invitation as it is passed on. `links` by channel; `carries`: channels whose link holds the code itself.

    behind: who is responsible for the hub; contact: whom to ask.
    """

    hub: str
    code: str
    company: str = ""
    name: str = ""
    role: Role | None = None
    uses: int | None = 1
    until: datetime | None = None
    links: Mapping[str, str]
    carries: frozenset[str] = frozenset()
    behind: str = ""
    contact: str = ""


def letter(inviting: Inviting, say: Speaker) -> str:
    """Return the text of a mail: what it is, who is behind it, how to begin, how long and for how many it is good."""
    what = _what(inviting, say)
    behind = [say("letter.behind", behind=inviting.behind)] if inviting.behind else []
    ways = [f"{channel_name(channel)}: {link}" for channel, link in inviting.links.items()]
    write = [say("letter.write", code=inviting.code)] if inviting.links.keys() - inviting.carries else []
    good = say.count("letter.people", inviting.uses) if inviting.uses else say("letter.people_any")
    end = inviting.until  # with the time of day, as "until the 23rd" would promise all of that day
    until = [say("letter.until", day=say.day(end), time=say.clock(end))] if end is not None else []
    ask = [say("letter.ask", contact=inviting.contact)] if inviting.contact else []
    parts = [
        [say("letter.greeting_name", name=inviting.name) if inviting.name else say("letter.greeting")],
        [what, *behind],
        [say("letter.begin"), *ways, say("letter.code", code=inviting.code), *write],
        [good, *until, *ask],
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def _what(inviting: Inviting, say: Speaker) -> str:
    if inviting.role is not None:
        return say("letter.team", hub=inviting.hub)
    if inviting.company:
        return say("letter.company", hub=inviting.hub, company=inviting.company)
    return say("letter.person", hub=inviting.hub)


def card_sentences(say: Speaker, *, carries: bool) -> str:
    """Return the two sentences of a card; `carries`: every link on it holds the code itself."""
    return say("card.carries") if carries else say("card.write")


def channel_name(channel: str) -> str:
    """Return a channel's name as people know it."""
    return CHANNEL_NAMES.get(channel, channel.capitalize())
