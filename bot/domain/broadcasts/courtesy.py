"""When something that nobody has asked for may go out: not by night, not on days off, not too often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
FURTHEST = 60  # days looked ahead; no country rests longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Courtesy:
    """The hub's courtesy hours and its frequency cap.

    quiet: local wall times between which nothing goes out, over midnight if the second is the earlier one; None: no
    hour is quiet. working_days: weekdays, Monday 0. is_holiday: of a day, in the hub's Land. zone: the hub's, for
    contacts who have none of their own. most, within: at most so many pushes a contact in that time; 0: no cap.
    """

    zone: ZoneInfo
    quiet: tuple[time, time] | None = None
    working_days: frozenset[int] = frozenset(range(7))
    is_holiday: Callable[[date], bool] = lambda _: False
    most: int = 0
    within: timedelta = timedelta(days=7)

    def allowed_from(self, moment: datetime, *, zone: str = "") -> datetime:
        """Return the first moment from `moment` on at which a push may reach somebody in that zone; in UTC."""
        there = ZoneInfo(zone) if zone else self.zone
        local = moment.astimezone(there)
        last = local.date() + timedelta(days=FURTHEST)
        while local.date() <= last:
            later = self._later(local, there)
            if later is None:
                return max(moment, local.astimezone(UTC))
            local = later
        return moment

    def _later(self, local: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when to look again, None if that moment is allowed."""
        tomorrow = local.date() + timedelta(days=1)
        if local.weekday() not in self.working_days or self.is_holiday(local.date()):
            return _wall(tomorrow, time(), zone)
        if self.quiet is None:
            return None
        begins, ends = self.quiet
        now = local.time()
        is_night = begins > ends
        if now < ends and (is_night or now >= begins):
            return _wall(local.date(), ends, zone, fold=local.fold)
        return _wall(tomorrow, time(), zone) if is_night and now >= begins else None


def _wall(day: date, at: time, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    """Return that wall time; one that the clocks leave out moves to the next minute there is (invariant 6)."""
    wanted = datetime.combine(day, at).replace(tzinfo=zone, fold=fold)
    there = wanted.astimezone(UTC).astimezone(zone)
    if there.replace(tzinfo=None) == wanted.replace(tzinfo=None):
        return there
    # Read by the offset of after the gap it lies before it; from there to the first minute on the other side.
    early = wanted.replace(fold=1).astimezone(UTC)
    late = wanted.replace(fold=0).astimezone(UTC)
    early, late = min(early, late), max(early, late)
    while early < late and early.astimezone(zone).replace(tzinfo=None) < wanted.replace(tzinfo=None):
        early += MINUTE
    return early.astimezone(zone)
