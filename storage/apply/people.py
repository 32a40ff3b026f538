"""What becomes of visitors, contacts, companies and roles."""

from __future__ import annotations

from typing import assert_never

from bot.domain import outcomes as o
from bot.domain.guessing import EVERYBODY
from bot.domain.people import ContactId, folded_company
from bot.domain.scene import Scene
from storage.apply.gathered import Rows
from storage.codec import to_micros
from storage.writes import (
    ADDRESS,
    COMPANY,
    CONSENT,
    CONTACT,
    CONTACT_COMPANY,
    CONTACT_LANGUAGE,
    CONTACT_NAME,
    CONTACT_PUSHES,
    DELIVERIES_OF_CONTACT,
    GUESS,
    GUESS_OF_ALL,
    INTERVIEWS_LEFT,
    INVITATION_OPENED,
    REACHABLE,
    RESPONSES_COMPANY,
    RIGHT,
    USED_BY,
    VISITOR,
    VISITOR_DELIVERIES_GONE,
    VISITOR_GONE,
    VISITOR_PROMPTS_GONE,
)


def gather(gathered: Rows, scene: Scene, outcome: o.PeopleOutcome) -> None:  # noqa: C901, PLR0912 -- one arm an outcome
    """Note the rows of one outcome."""
    add, now = gathered.add, to_micros(scene.now)
    message, channel, chat = scene.message, scene.address.channel, scene.address.chat
    here = {"channel_": channel, "chat_": chat}
    match outcome:
        case o.VisitorSeen():
            add(
                VISITOR,
                id=scene.next_id(),
                channel=channel,
                chat=chat,
                person=message.sender,
                account=message.account,
                language=outcome.language,
                code_hash=outcome.code_hash,
                step=outcome.step,
                created_at=now,
            )
        case o.VisitorLeft():
            for statement in (VISITOR_GONE, VISITOR_DELIVERIES_GONE, VISITOR_PROMPTS_GONE):
                add(statement, **here)
        case o.ContactJoined():
            _joined(gathered, scene, outcome, now=now)
        case o.AddressAdded(contact=contact):
            _here_too(gathered, scene, contact, now=now)
        case o.InvitationUsed(invitation=invitation):
            gathered.uses.append((invitation, now))
            add(USED_BY, invitation_id=invitation, contact_id=outcome.contact, used_at=now)
        case o.InvitationOpened(invitation=invitation):
            add(INVITATION_OPENED, id_=invitation, now=now)
        case o.CodeGuessed():
            _guessed(gathered, outcome, now=now)
        case o.RoleGranted(role=role):
            add(
                RIGHT,
                channel=channel,
                person=message.sender,
                role=role,
                source="invitation",
                granted_by="",
                granted_at=now,
            )
        case o.CompanyClaimed():
            add(
                COMPANY,
                id=outcome.company,
                name=outcome.name,
                folded=folded_company(outcome.name),
                state="claimed",
                created_at=now,
            )
            add(CONTACT_COMPANY, id_=outcome.contact, company_id=outcome.company)
            add(RESPONSES_COMPANY, contact_id_=outcome.contact, company_id=outcome.company)
            add(INTERVIEWS_LEFT, contact_id_=outcome.contact, company_id_=outcome.company)
        case o.CompanyJoined():
            add(CONTACT_COMPANY, id_=outcome.contact, company_id=outcome.company)
            add(RESPONSES_COMPANY, contact_id_=outcome.contact, company_id=outcome.company)
            add(INTERVIEWS_LEFT, contact_id_=outcome.contact, company_id_=outcome.company)
        case o.ContactNamed():
            add(CONTACT_NAME, id_=outcome.contact, name=outcome.name)
        case o.LanguageChosen():
            add(CONTACT_LANGUAGE, id_=outcome.contact, language=outcome.language)
        case o.PushesSet():
            add(CONTACT_PUSHES, id_=outcome.contact, pushes=outcome.wanted)
        case o.ReachabilitySeen(reachable=reachable):
            add(REACHABLE, **here, reachable=reachable)
        case o.PersonErased():
            gathered.erased.append((scene, outcome))
        case _:
            assert_never(outcome)


def _guessed(gathered: Rows, outcome: o.CodeGuessed, *, now: int) -> None:
    own = outcome.guesses
    gathered.add(GUESS, key=outcome.key, tries=own.tries, since=to_micros(own.since), last_at=now)
    gathered.add(GUESS_OF_ALL, key=EVERYBODY, tries=1, since=now, last_at=now)


def _joined(gathered: Rows, scene: Scene, outcome: o.ContactJoined, *, now: int) -> None:
    gathered.add(
        CONTACT,
        id=outcome.contact,
        language=outcome.language,
        staff=outcome.staff,
        admitted=outcome.admitted,
        joined_at=now,
        created_at=now,
    )
    if outcome.entered:
        gathered.entered.append((outcome.contact, now))
    _here_too(gathered, scene, outcome.contact, now=now)
    gathered.add(
        CONSENT,
        id=outcome.consent,
        contact_id=outcome.contact,
        purpose=outcome.purpose,
        version=outcome.version,
        hash=outcome.hash,
        language=outcome.language,
        channel=scene.address.channel,
        given_at=now,
    )


def _here_too(gathered: Rows, scene: Scene, contact: ContactId, *, now: int) -> None:
    """The chat is an address of the contact from now on, and nobody's visit any more."""
    message, address = scene.message, scene.address
    here = {"channel_": address.channel, "chat_": address.chat}
    gathered.add(VISITOR_GONE, **here)
    gathered.add(
        ADDRESS,
        id=scene.next_id(),
        channel=address.channel,
        chat=address.chat,
        person=message.sender,
        account=message.account,
        kind=message.chat_kind.value,
        contact_id=contact,
        reachable=True,
        trouble="",
        seen_at=now,
    )
    gathered.add(DELIVERIES_OF_CONTACT, **here, contact_id=contact)
