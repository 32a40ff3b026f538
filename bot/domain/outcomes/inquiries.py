"""Facts about what contacts ask the team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.people import ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryOpened:
    """A contact asks the team something new; `number` is what people call it by, `quote` what in a form it is about."""

    inquiry: int
    number: int
    contact: ContactId
    quote: str
    message: int
    body: str
    remind_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryContinued:
    """The contact has more to say; one that was closed is open again."""

    inquiry: int
    contact: ContactId
    message: int
    body: str
    remind_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryFileSent:
    """A file belongs to a message of an inquiry, by the contact or by the team; it waits for a job."""

    attachment: int
    message: int
    value: str
    file_id: str
    name: str
    size: int | None
    media_type: str


InquiryOutcome = InquiryOpened | InquiryContinued | InquiryFileSent
