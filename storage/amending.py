"""What was sent is edited or taken back: who has an older edition, and what came of each attempt."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Integer, bindparam, case, exists, false, literal_column, select, update

from bot.domain.messages import Address, DeliveryId
from bot.ports import Amended, Amendment
from storage.codec import content_of, load
from storage.statements import Statement, Steps, many, rows
from storage.tables import broadcasts, deliveries

TAKEN_BACK = -1
"""The edition of a reader from whose chat it was taken back."""

_WANTED = case((broadcasts.c.recalled, literal_column("-1")), else_=broadcasts.c.edition)
_LEFT = (
    deliveries.c.broadcast_id == broadcasts.c.id,
    deliveries.c.state == "sent",
    deliveries.c.message_ids.is_not(None),
    deliveries.c.amend_failed == "",
    deliveries.c.edition != _WANTED,
)
LEFT = Statement(
    select(
        deliveries.c.id,
        deliveries.c.channel,
        deliveries.c.chat,
        deliveries.c.message_ids,
        deliveries.c.language,
        deliveries.c.params,
        broadcasts.c.id,
        broadcasts.c.content,
        broadcasts.c.edition,
        broadcasts.c.recalled,
    )
    .join_from(deliveries, broadcasts, _LEFT[0])
    .where(broadcasts.c.amending, *_LEFT[1:], deliveries.c.channel == bindparam("channel_"))
    .order_by(deliveries.c.id)
    .limit(bindparam("many", type_=Integer)),
    name="readers of an older edition",
)
AMENDED = Statement(
    update(deliveries)
    .where(deliveries.c.id == bindparam("id_"))
    .values(
        edition=case(
            (bindparam("why") == literal_column("''"), bindparam("edition_", type_=Integer)),
            else_=deliveries.c.edition,
        ),
        amend_failed=bindparam("why"),
    ),
    name="reader amended",
)
ANY = Statement(select(broadcasts.c.id).where(broadcasts.c.amending), name="broadcasts that are amended")
THROUGH = Statement(
    update(broadcasts)
    .where(
        broadcasts.c.amending,
        ~exists().where(*_LEFT),
        ~exists().where(deliveries.c.broadcast_id == broadcasts.c.id, deliveries.c.state.in_(["claimed", "sending"])),
    )
    .values(amending=false()),
    name="broadcasts amended",
)


def left(channel: str, *, many: int) -> Steps[list[Amendment]]:
    """Return readers on a channel who have an older edition, or have what was recalled."""
    return [
        Amendment(
            delivery=DeliveryId(number),
            address=Address(channel, chat),
            message_ids=tuple(load(message_ids)),
            broadcast=broadcast,
            edition=TAKEN_BACK if recalled else edition,
            content=content_of(content),
            language=language,
            params=_params(params),
            recalled=bool(recalled),
        )
        for number, channel, chat, message_ids, language, params, broadcast, content, edition, recalled in (
            yield from rows(LEFT, channel_=channel, many=many)
        )
    ]


def _params(text: str | None) -> tuple[str, str]:
    name, company = load(text) or ("", "")
    return name or "", company or ""


def note(amended: Sequence[Amended]) -> Steps[None]:
    """Record what came of attempts, and which broadcasts are through."""
    yield from many(AMENDED, [{"id_": each.delivery, "edition_": each.edition, "why": each.why} for each in amended])


def through() -> Steps[None]:
    """End the amending of broadcasts of which no reader is left."""
    yield from many(THROUGH, [{}])
