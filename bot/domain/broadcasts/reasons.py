"""Why somebody did not get a broadcast, or not yet, or keeps what they had: the codes that are stored, in words."""

from __future__ import annotations

from bot.domain.speech import Speaker

REASONS = frozenset(
    {
        # Not sent on purpose.
        "opted_out",
        "no_address",
        "same_person",
        "too_late",
        "cancelled",
        # Sent later.
        "quiet_hours",
        "frequency_cap",
        # The reader is not there (any more).
        "blocked",
        "kicked",
        "deactivated",
        "not_started",
        "unknown_chat",
        "unknown_room",
        "not_in_room",
        "unreachable",
        "moved",
        # The platform does not take it as it is.
        "refused",
        "unparseable",
        "too_long",
        "too_large",
        "empty",
        "button_data",
        "no_rights",
        "gone",
        # The platform, or we.
        "unavailable",
        "rate_limited",
        "not_sent",
        "interrupted",
        "failed",
        "defect",
        # What was sent stays as it is.
        "not_editable",
        "not_deletable",
    }
)


def in_words(reason: str, say: Speaker) -> str:
    """Say a reason in words; one that nobody has put into words yet is shown as it is stored."""
    return say(f"reason.{reason}") if reason in REASONS else reason
