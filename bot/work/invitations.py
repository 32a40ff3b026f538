"""Invitations as people pass them on: made with their links, as a letter, as pictures, as cards to cut."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.desk import invite
from bot.domain import desk
from bot.domain.inviting import JOB, TEAM_JOB, whom
from bot.domain.letters import Inviting, card_sentences, channel_name, letter
from bot.domain.messages import Attachment, OutboundMessage
from bot.domain.people import Role
from bot.domain.scene import Reply
from bot.files.qr import picture
from bot.files.sheet import Card, sheet
from bot.house import House
from bot.ports import Job
from bot.runtime.jobs import Crew
from storage import reports

CODE = "{code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An invitation that was made. `missing`: configured channels that have not connected yet, so have no link."""

    inviting: Inviting
    invited: desk.Invited
    missing: tuple[str, ...]


async def make(
    house: House,
    *,
    actor: str,
    company: str | None = None,
    company_id: int | None = None,
    role: Role | None = None,
    contact: int | None = None,
    uses: int | None,
    expires_at: datetime | None,
) -> Made:
    """Make an invitation with its links.

    Raises:
        UsageError: it cannot be made as things are.
    """
    code, invited = await invite(
        house,
        actor=actor,
        company=company,
        company_id=company_id,
        role=role,
        contact=contact,
        uses=uses,
        expires_at=expires_at,
    )
    templates = await _templates(house)
    inviting = Inviting(
        hub=house.hub.name,
        code=code,
        company=invited.company or "",
        name=invited.contact,
        role=role,
        uses=uses,
        until=expires_at,
        links={channel: link.replace(CODE, code) for channel, link in templates.items()},
        carries=frozenset(channel for channel, link in templates.items() if CODE in link),
        behind=house.settings.hub.controller or "",
        contact=house.hub.contact,
    )
    missing = tuple(channel for channel in house.settings.channels if channel not in templates)
    return Made(inviting=inviting, invited=invited, missing=missing)


async def _templates(house: House) -> Mapping[str, str]:
    known = await house.database.read(reports.list_identities)
    return {channel: link for channel, (_, link) in known.items() if link is not None}


def letters(house: House, made: Made, languages: Sequence[str]) -> str:
    """Return the text to paste into a mail, in one language or several."""
    return "\n\n---\n\n".join(letter(made.inviting, house.texts.speaker(language)) for language in languages)


async def pictures(made: Made, *, kind: Literal["png", "svg"] = "png") -> dict[str, bytes]:
    """Return a QR code a channel."""
    links = made.inviting.links
    return {channel: await asyncio.to_thread(picture, link, kind=kind) for channel, link in links.items()}


async def cards(house: House, all_made: Sequence[Made]) -> bytes:
    """Return a sheet of cards, one an invitation, in the hub's languages."""
    carries = all(made.inviting.links.keys() <= made.inviting.carries for made in all_made)
    made_cards = [
        Card(
            company=made.inviting.company,
            name=made.inviting.name,
            code=made.inviting.code,
            links=tuple((channel_name(channel), link) for channel, link in made.inviting.links.items()),
        )
        for made in all_made
    ]
    sentences = [card_sentences(house.texts.speaker(language), carries=carries) for language in house.hub.languages]
    return await asyncio.to_thread(sheet, made_cards, hub=house.hub.name, sentences=sentences)


class InviteWork:
    """The job: an invitation that an organiser asked for in the chat."""

    def __init__(self, house: House) -> None:
        self._house = house

    def crew(self) -> Crew:
        """Return what a worker needs to know of these jobs."""
        return Crew(
            kinds={JOB: self.invite, TEAM_JOB: self.invite},
            failed=self.failed,
            rights={JOB: "send", TEAM_JOB: "grant"},
        )

    async def invite(self, job: Job) -> Sequence[Reply]:
        """Make it; say so with QR codes and a card, then give the letter in each language, to be passed on."""
        house, say = self._house, self._house.texts.speaker(job.data["language"])
        uses = job.data["uses"]
        made = await make(
            house,
            actor=job.data["actor"],
            company=job.data.get("company"),
            company_id=job.data.get("company_id"),
            role=job.data.get("role"),
            uses=uses,
            expires_at=house.clock.now() + desk.INVITATION_LIFETIME,
        )
        inviting = made.inviting
        files = [
            Attachment(name=f"{channel}.png", media_type="image/png", content=content)
            for channel, content in (await pictures(made)).items()
        ]
        if inviting.role is None:  # a card speaks to people of a company
            pdf = await cards(house, [made])
            files.append(Attachment(name=say("invite.card"), media_type="application/pdf", content=pdf))
        people = say.count("letter.people", uses) if uses else say("letter.people_any")
        lines = [
            say("invite.made", whom=whom(say, inviting.role, inviting.company), code=inviting.code),
            people,
            say("invite.forward"),
        ]
        if made.missing:
            names = ", ".join(channel_name(channel) for channel in made.missing)
            lines.append(say("invite.missing", channels=names))
        told = OutboundMessage(text="\n".join(lines), attachments=tuple(files), language=say.language)
        written = [
            OutboundMessage(text=letters(house, made, [language]), language=language)
            for language in house.hub.languages
        ]
        return [Reply(message=message) for message in (told, *written)]

    async def failed(self, job: Job) -> Sequence[Reply]:
        """Return what the organiser hears when nothing could be made."""
        say = self._house.texts.speaker(job.data.get("language", self._house.hub.languages[0]))
        return [Reply(message=OutboundMessage(text=say("invite.failed"), language=say.language))]


__all__ = ["InviteWork", "Made", "cards", "letters", "make", "pictures"]
