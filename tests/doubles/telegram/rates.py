"""How fast a bot may be: token buckets for it and for each chat, and the pause that a 429 begins."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.doubles.telegram.clock import Clock
from tests.doubles.telegram.refusals import too_many_requests


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float
    closed_until: float = field(default=-math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Haste:
    """One refused request; `in_pause`: it came while an earlier 429 still held, so the client did not wait."""

    chat_id: int
    at: float
    in_pause: bool
    whole_bot: bool


class Rates:
    """Counts what is sent and refuses haste. Rates are messages a second; 0 is no limit, the default."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.bot_rate = 0.0
        self.bot_burst = 1
        self.chat_rate = 0.0
        self.chat_burst = 1
        self.retry_after: int | None = None
        self.refused: list[Haste] = []
        self._bot = _Bucket(1, clock.monotonic())
        self._chats: dict[int, _Bucket] = {}
        self._sent: deque[tuple[float, int]] = deque(maxlen=200_000)

    def limit(
        self,
        *,
        bot_rate: float = 0.0,
        bot_burst: int = 30,
        chat_rate: float = 0.0,
        chat_burst: int = 4,
        retry_after: int | None = None,
    ) -> None:
        """Set rates and bursts; `retry_after` is the length of each pause (default: until a token is there again)."""
        self.bot_rate, self.bot_burst = bot_rate, bot_burst
        self.chat_rate, self.chat_burst = chat_rate, chat_burst
        self.retry_after = retry_after
        self._bot = _Bucket(bot_burst, self._clock.monotonic())
        self._chats = {}

    def pause(self, seconds: int, *, chat_id: int | None = None) -> None:
        """Refuse everything for that long, in one chat or for the whole bot, as the servers may at any time."""
        bucket = self._bot if chat_id is None else self._chat(chat_id, now=self._clock.monotonic())
        bucket.closed_until = self._clock.monotonic() + seconds

    def admit(self, chat_id: int) -> None:
        """Count one request to a chat.

        Raises:
            Refusal: it came too soon (429); its scope stays closed until `retry_after` is over.
        """
        self.check_pause(chat_id)
        now = self._clock.monotonic()
        chat = self._chat(chat_id, now=now)
        scopes = ((self._bot, self.bot_rate, self.bot_burst), (chat, self.chat_rate, self.chat_burst))
        for bucket, rate, burst in scopes:
            missing = _missing(bucket, rate=rate, burst=burst, now=now)
            if missing > 0:
                seconds = self.retry_after if self.retry_after is not None else max(1, math.ceil(missing))
                bucket.closed_until = now + seconds
                self._refuse(bucket, chat_id=chat_id, now=now, seconds=seconds, in_pause=False)
        for bucket, rate, _ in scopes:
            bucket.tokens -= 1 if rate else 0
        self._sent.append((now, chat_id))

    def check_pause(self, chat_id: int) -> None:
        """Refuse a request while the pause after an earlier 429 lasts, without counting it."""
        now = self._clock.monotonic()
        for bucket in (self._bot, self._chat(chat_id, now=now)):
            if now < bucket.closed_until:
                self._refuse(bucket, chat_id=chat_id, now=now, seconds=bucket.closed_until - now, in_pause=True)

    def per_second(self, *, chat_id: int | None = None) -> dict[int, int]:
        """Return how many requests were let through in each second of the monotonic clock."""
        counts: dict[int, int] = {}
        for at in self._times(chat_id):
            counts[int(at)] = counts.get(int(at), 0) + 1
        return counts

    def busiest(self, *, seconds: float = 1.0, chat_id: int | None = None) -> int:
        """Return the most requests let through in any window of that length, wherever it begins."""
        window: deque[float] = deque()
        most = 0
        for at in self._times(chat_id):
            window.append(at)
            while window[0] <= at - seconds:
                window.popleft()
            most = max(most, len(window))
        return most

    def windows_over(self, limit: int, *, seconds: float = 1.0) -> int:
        """Return how many windows of that length, each ending with a request, held more than `limit` of them."""
        times = list(self._times(None))
        return sum(at - earlier < seconds for earlier, at in zip(times, times[limit:], strict=False))

    def share(self, rate: float) -> float:
        """Return how much of an allowed rate was used, from a second after the first request to the last."""
        times = list(self._times(None))
        steady = [at for at in times if at > times[0] + 1]
        return (len(steady) - 1) / (rate * (steady[-1] - steady[0]))

    def _times(self, chat_id: int | None) -> Iterable[float]:
        return (at for at, chat in self._sent if chat_id in {None, chat})

    def _chat(self, chat_id: int, *, now: float) -> _Bucket:
        bucket = self._chats.get(chat_id)
        if bucket is None:
            bucket = self._chats[chat_id] = _Bucket(self.chat_burst, now)
        return bucket

    def _refuse(self, bucket: _Bucket, *, chat_id: int, now: float, seconds: float, in_pause: bool) -> None:
        whole_bot = bucket is self._bot
        self.refused.append(Haste(chat_id=chat_id, at=now, in_pause=in_pause, whole_bot=whole_bot))
        raise too_many_requests(max(1, math.ceil(seconds)))


def _missing(bucket: _Bucket, *, rate: float, burst: int, now: float) -> float:
    """Refill a bucket and return the seconds until it holds a whole token, 0 if it does."""
    if not rate:
        return 0
    bucket.tokens = min(burst, bucket.tokens + (now - bucket.at) * rate)
    bucket.at = now
    # Rounding must not refuse what is due exactly now.
    return 0 if bucket.tokens >= 1 - 1e-9 else (1 - bucket.tokens) / rate
