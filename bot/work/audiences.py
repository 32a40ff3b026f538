"""What a broadcast would do if it were confirmed now."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.broadcasts.asking_forms import Asks, compiled
from bot.domain.broadcasts.audience import Rule
from bot.domain.broadcasts.content import fields_in, language_for, render
from bot.domain.broadcasts.model import Content, Delay, Preview, TooLong
from bot.domain.broadcasts.problems import excess
from bot.domain.desk import ReportedResponse
from bot.domain.messages import Abilities, OutboundMessage
from bot.errors import UsageError
from bot.house import House
from storage import audience, preview, reports
from storage.reported import Selection


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
    chosen = await among(house, found)
    counted = await house.database.read(lambda: preview.count(found, now=now, courtesy=house.courtesy, among=chosen))
    languages = house.hub.languages
    people = await house.database.read(lambda: preview.sample(found, now=now, languages=languages, among=chosen))
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


async def among(house: House, rules: Sequence[Rule]) -> list[int] | None:
    """Return the contacts whose answers are as the rules ask, None where no rule asks a form.

    Raises:
        UsageError: an expression is none.
    """
    asking = [rule for rule in rules if rule.kind == "answer"]
    if not asking:
        return None
    now = house.clock.now()
    found = [(rule.negated, await _answered(house, rule, now=now)) for rule in asking]
    named = [true for negated, true in found if not negated]
    left_out = [true for negated, true in found if negated]
    people = await house.database.read(lambda: audience.people(rules, now=now))
    return [
        contact
        for contact, company in people
        if (not named or any(contact in true.contacts or company in true.companies for true in named))
        and not any(contact in true.contacts or company in true.companies for true in left_out)
    ]


@dataclass(frozen=True, slots=True)
class _True:
    """Of whom an expression is true: contacts by their own response, companies by the one that colleagues share."""

    contacts: set[int] = field(default_factory=set)
    companies: set[int | None] = field(default_factory=set)


async def _answered(house: House, rule: Rule, *, now: datetime) -> _True:
    chosen = await house.database.read(lambda: reports.versions(rule.value))
    asks: dict[int, Asks] = {}
    newest = max(chosen.forms)
    for number, form in chosen.forms.items():
        try:
            asks[number] = compiled(form, rule.more, now=now, zone=house.hub.timezone)
        except ValueError as error:
            if number == newest:
                raise UsageError(f"{rule}: {error}") from None
    result = _True()
    pages = reports.stream_responses(house.database, chosen, Selection(partial=True, staff=True))
    async for page in pages:
        # A page takes a twentieth of a second: others get their turn in between.
        for response in await asyncio.to_thread(_true_of, page, asks):
            if response.contact_id is None:
                result.companies.add(response.company_id)
            else:
                result.contacts.add(response.contact_id)
    return result


def _true_of(page: Sequence[ReportedResponse], asks: Mapping[int, Asks]) -> list[ReportedResponse]:
    return [response for response in page if response.version in asks and asks[response.version](response)]
