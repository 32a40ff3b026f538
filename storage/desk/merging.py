"""Two contacts become one, and two again."""

from __future__ import annotations

from bot.domain import desk
from bot.domain.merging import Obstacle, Side, collisions, company_differs, obstacle
from bot.errors import UsageError
from storage import merging, unmerging
from storage.desk.order import Doers, Order
from storage.sides import sides
from storage.statements import Steps, one

WHY: dict[Obstacle, str] = {
    "same": "a contact cannot be merged with itself",
    "merged": "one of the two was merged into another contact already",
    "staff": "one of the two runs the hub and the other one takes part in it; they stay two",
    "roles": "the two have different roles; grant or revoke roles first, so that none is won or lost by the way",
}


def both(kept: int, gone: int, *, hold: bool = False) -> Steps[tuple[Side, Side]]:
    """Return both sides of a merge that can be.

    Raises:
        UsageError: one of them is not there, or they are not to become one.
    """
    found = yield from sides([kept, gone], hold=hold)
    for number in (kept, gone):
        if number not in found:
            raise UsageError(
                f"there is no contact {desk.public_id('P', number)}; `hubtalk contacts list` shows their ids"
            )
    why = obstacle(found[kept], found[gone])
    if why is not None:
        raise UsageError(WHY[why])
    return found[kept], found[gone]


def _merge(order: Order, command: desk.MergeContacts) -> Steps[desk.MergedContacts]:
    kept, gone = yield from both(command.kept, command.gone, hold=True)
    missing = [each.form for each in collisions(kept, gone) if each.form not in command.picks.responses]
    if missing:
        raise UsageError(f"both have a response to {', '.join(missing)}; say which one counts")
    if company_differs(kept, gone) and command.picks.company is None:
        raise UsageError("the two belong to different companies; say which one it is")
    if command.asked is not None and (yield from one(merging.STILL_ASKED, id_=command.asked)) is None:
        raise UsageError("somebody else has decided this already")
    merged, responses, addresses, aside = yield from merging.merge(
        kept, gone, command.picks, actor=order.actor, now=order.now, number=order.number, asked=command.asked
    )
    yield from order.note(
        "contacts merged",
        subject=desk.public_id("P", command.kept),
        detail=f"from {desk.public_id('P', command.gone)}, {responses} responses, {aside} laid aside",
    )
    return desk.MergedContacts(merge=merged, responses=responses, addresses=addresses, aside=aside)


def _unmerge(order: Order, command: desk.UnmergeContacts) -> Steps[desk.UnmergedContacts]:
    found = yield from unmerging.latest(command.contact, now=order.now)
    if found is None:
        raise UsageError("there is no merge of this contact that is less than 24 hours old")
    _, kept, gone, _, _ = found
    last = yield from unmerging.latest(kept, now=order.now)
    if last is None or last[0] != found[0]:
        raise UsageError("the contact was merged again since; undo the later merge first")
    yield from sides([kept, gone], hold=True)
    yield from unmerging.undo(found)
    yield from order.note(
        "contacts unmerged", subject=desk.public_id("P", kept), detail=f"again: {desk.public_id('P', gone)}"
    )
    return desk.UnmergedContacts(kept=kept, gone=gone)


DOERS: Doers = {
    desk.MergeContacts: _merge,
    desk.UnmergeContacts: _unmerge,
}
