"""Facts about two addresses, or two contacts, that are one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.messages import Address
from bot.domain.people import ContactId


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCodeMade:
    """A contact has a code by which another address of theirs joins; the one before is good no more."""

    contact: ContactId
    code_hash: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LinkCodeUsed:
    """The code is used up; storage refuses (Conflict) when somebody else was quicker, or it has run out."""

    code_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven:
    """What a contact agreed to holds on the channel as well from which they write."""

    contact: ContactId
    consent: int
    purpose: str
    version: str
    hash: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressTakenOff:
    """An address of the contact is nobody's any more."""

    contact: ContactId
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class PushChannelChosen:
    """Messages that nobody asked for go to this channel."""

    contact: ContactId
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeAsked:
    """Two contacts are one person, and the team is to say whose company it is; `responses`: what was picked so far."""

    merge: int
    kept: ContactId
    gone: ContactId
    responses: Mapping[str, str]
    actor: str


LinkingOutcome = LinkCodeMade | LinkCodeUsed | ConsentGiven | AddressTakenOff | PushChannelChosen | MergeAsked
