"""What becomes of what contacts ask the team."""

from __future__ import annotations

from typing import assert_never

from bot.domain import outcomes as o
from bot.domain.scene import Scene
from storage.apply.gathered import Rows
from storage.codec import to_micros
from storage.inquiries import COUNTER, QUESTION
from storage.writes import ADDRESS_SEEN, INQUIRY, INQUIRY_COUNTED, INQUIRY_FILE, INQUIRY_GOES_ON, INQUIRY_MESSAGE


def gather(gathered: Rows, scene: Scene, outcome: o.InquiryOutcome) -> None:
    """Note the rows of one outcome."""
    add, now = gathered.add, to_micros(scene.now)
    match outcome:
        case o.InquiryOpened():
            add(INQUIRY_COUNTED, key=COUNTER, value=str(outcome.number), changed_at=now)
            add(
                INQUIRY,
                id=outcome.inquiry,
                number=outcome.number,
                kind=QUESTION,
                contact_id=outcome.contact,
                state="open",
                quote=outcome.quote,
                opened_at=now,
                touched_at=now,
                waiting_since=now,
                remind_at=to_micros(outcome.remind_at),
            )
            _said(gathered, scene, outcome, now=now)
        case o.InquiryContinued():
            add(INQUIRY_GOES_ON, id_=outcome.inquiry, now=now, remind_at=to_micros(outcome.remind_at))
            _said(gathered, scene, outcome, now=now)
        case o.InquiryFileSent():
            add(
                INQUIRY_FILE,
                id=outcome.attachment,
                inquiry_message_id=outcome.message,
                value=outcome.value,
                name=outcome.name,
                media_type=outcome.media_type,
                size=outcome.size,
                state="waiting",
                channel=scene.address.channel,
                file_id=outcome.file_id,
                created_at=now,
            )
        case _:
            assert_never(outcome)


def _said(gathered: Rows, scene: Scene, outcome: o.InquiryOpened | o.InquiryContinued, *, now: int) -> None:
    gathered.add(
        INQUIRY_MESSAGE,
        id=outcome.message,
        inquiry_id=outcome.inquiry,
        from_team=False,
        author_id=outcome.contact,
        body=outcome.body,
        sent_at=now,
    )
    gathered.add(ADDRESS_SEEN, channel_=scene.address.channel, chat_=scene.address.chat, now=now)
