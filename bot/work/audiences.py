"""What a broadcast would do if it were confirmed now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.domain.broadcasts.content import fields_in, language_for, render
from bot.domain.broadcasts.model import Content, Delay, Preview, TooLong
from bot.domain.broadcasts.problems import excess
from bot.domain.messages import Abilities, OutboundMessage
from bot.house import House
from storage import audience, preview


async def look(
    house: House,
    *,
    abilities: Mapping[str, Abilities],
    content: Content,
    rules: Sequence[str],
    hurry: bool = False,
    start_at: datetime | None = None,
    broadcast: int = 0,
) -> Preview:
    """Return the preview of a broadcast.

    Args:
        house: where people and their addresses are.
        abilities: of the channels that are configured, by name.
        content: what it says.
        rules: its audience, as written.
        hurry: courtesy hours will not hold it back.
        start_at: when it begins, if not at once.
        broadcast: its number, by which its files are found.

    Raises:
        UsageError: one of the rules is none, or names something that is not there.
    """
    now = house.clock.now()
    begins = max(now, start_at) if start_at is not None else now
    found = await house.database.read(lambda: audience.resolved(rules))
    counted = await house.database.read(lambda: preview.count(found, now=now, courtesy=house.courtesy))
    languages = house.hub.languages
    people = await house.database.read(lambda: preview.sample(found, now=now, languages=languages))
    reads: Counter[str] = Counter()
    instead: Counter[tuple[str, str]] = Counter()
    channels: Counter[str] = Counter()
    for (channel, theirs, _), many in counted.goes.items():
        read = language_for(content, theirs, languages=languages)
        reads[read] += many
        channels[channel] += many
        if read != theirs:
            instead[theirs, read] += many
    written = [language for language in languages if content.texts.get(language)]

    def shown(language: str, params: tuple[str, str]) -> OutboundMessage:
        say = house.texts.speaker(language)
        return render(content, language=language, params=params, hub=house.hub.name, broadcast=broadcast, say=say)

    anybody = next(iter(people.values()), ("", ""))
    longest = ("x" * counted.longest_name, "x" * counted.longest_company)
    return Preview(
        recipients=sum(counted.goes.values()),
        companies=counted.companies,
        excluded=dict(counted.excluded),  # type: ignore[arg-type]
        later=_later(house, counted, begins, hurry=hurry),
        languages=+reads,
        instead=+instead,
        channels=+channels,
        seconds={channel: _seconds(many, abilities.get(channel)) for channel, many in channels.items() if many > 0},
        samples={language: shown(language, people.get(language, anybody)) for language in written},
        too_long=tuple(
            TooLong(channel, language, over)
            for language in written
            for channel in sorted(abilities)
            if (over := excess(shown(language, longest), abilities[channel])) > 0
        ),
        too_large=tuple(
            (channel, file.name, file.size - can.file_limit)
            for file in content.files
            for channel, can in sorted(abilities.items())
            if 0 < can.file_limit < file.size
        ),
        nameless=counted.without_company if any("company" in fields_in(text) for text in content.texts.values()) else 0,
    )


def _later(
    house: House, counted: preview.Counted, begins: datetime, *, hurry: bool
) -> dict[Delay, tuple[int, datetime]]:
    later: dict[Delay, tuple[int, datetime]] = {}
    quiet = 0
    first: datetime | None = None
    for (_, _, zone), many in counted.goes.items():
        allowed = house.courtesy.allowed_from(begins, zone=zone)
        if not hurry and allowed > begins and many > 0:
            quiet += many
            first = allowed if first is None else min(first, allowed)
    if first is not None:
        later["quiet_hours"] = (quiet, first)
    if counted.capped and counted.capped_until is not None:
        later["frequency_cap"] = (counted.capped, counted.capped_until)
    return later


def _seconds(many: int, abilities: Abilities | None) -> float:
    """Return how long a channel takes for so many."""
    if abilities is None or not (abilities.rate or abilities.usual_rate):
        return 0.0
    if abilities.rate:
        return many / abilities.rate
    return max(0.0, (many - abilities.usual_burst) / abilities.usual_rate)
