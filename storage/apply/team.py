"""What becomes of what the team orders."""

from __future__ import annotations

from bot.domain import outcomes as o
from bot.domain.scene import Scene
from bot.errors import Conflict, UsageError
from storage.apply.gathered import Rows
from storage.codec import to_micros
from storage.desk import Order, carry_out
from storage.statements import Steps


def gather(gathered: Rows, scene: Scene, outcome: o.TeamOutcome) -> None:
    """Note an order; orders are carried out after all else of the batch."""
    gathered.orders.append((scene, outcome))


def carry_out_all(gathered: Rows) -> Steps[None]:
    """Carry out what was ordered.

    Raises:
        Conflict: it cannot be done any more as things are.
    """
    for scene, ordered in gathered.orders:
        order = Order(actor=ordered.actor, now=to_micros(scene.now), number=scene.next_id)
        try:
            yield from carry_out(order, ordered.command)
        except UsageError as error:
            raise Conflict(str(error)) from error
