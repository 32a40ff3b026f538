"""What becomes of addresses and contacts that are one person."""

from __future__ import annotations

from typing import assert_never

from sqlalchemy import bindparam, delete

from bot.domain import outcomes as o
from bot.domain.scene import Scene
from bot.errors import Conflict
from storage.apply.gathered import Rows
from storage.codec import dump, to_micros
from storage.statements import Statement, Steps, change
from storage.tables import link_codes
from storage.writes import (
    ADDRESS_OFF,
    CHAT_DIALOGUE_GONE,
    CHAT_PROMPTS_GONE,
    CHAT_UNSENT_GONE,
    CONSENT,
    LINK_CODE,
    LINK_CODES_GONE,
    MERGE_ASKED,
    PUSH_CHANNEL,
)

USE_CODE = Statement(
    delete(link_codes).where(
        link_codes.c.code_hash == bindparam("code_hash"), link_codes.c.expires_at > bindparam("now")
    ),
    name="use link code",
)


def gather(gathered: Rows, scene: Scene, outcome: o.LinkingOutcome) -> None:
    """Note the rows of one outcome."""
    add, now = gathered.add, to_micros(scene.now)
    match outcome:
        case o.LinkCodeMade():
            add(LINK_CODES_GONE, contact_id_=outcome.contact)
            add(
                LINK_CODE,
                code_hash=outcome.code_hash,
                contact_id=outcome.contact,
                expires_at=to_micros(outcome.expires_at),
            )
        case o.LinkCodeUsed(code_hash=code_hash):
            gathered.links.append((code_hash, now))
        case o.ConsentGiven():
            add(
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
        case o.AddressTakenOff():
            there = {"channel_": outcome.address.channel, "chat_": outcome.address.chat}
            add(ADDRESS_OFF, **there, contact=outcome.contact)
            for statement in (CHAT_UNSENT_GONE, CHAT_DIALOGUE_GONE, CHAT_PROMPTS_GONE):
                add(statement, **there)
        case o.PushChannelChosen():
            add(PUSH_CHANNEL, id_=outcome.contact, push_channel=outcome.channel)
        case o.MergeAsked():
            add(
                MERGE_ASKED,
                id=outcome.merge,
                kind="contact",
                state="asked",
                kept=outcome.kept,
                gone=outcome.gone,
                actor=outcome.actor,
                data=dump({"responses": dict(outcome.responses)}),
                made_at=now,
            )
        case _:
            assert_never(outcome)


def use_codes(gathered: Rows) -> Steps[None]:
    """Use up what was linked by.

    Raises:
        Conflict: somebody else was quicker.
    """
    for code_hash, now in gathered.links:
        if (yield from change(USE_CODE, code_hash=code_hash, now=now)) != 1:
            raise Conflict("the code was used by somebody else, or has run out")
