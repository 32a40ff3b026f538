"""Presses of buttons (callback queries): each is to be answered once, and soon."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.doubles.telegram.clock import Clock
from tests.doubles.telegram.refusals import bad_request
from tests.doubles.telegram.waiting import Waiting

# The servers give no number; people report failures from half a minute on.
LIFETIME = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the person saw after a press: a short line, or an alert; mostly nothing (`text` is empty)."""

    text: str
    alert: bool


@dataclass(slots=True, kw_only=True)
class Press:
    """One press; `answer` is what the bot answered, None so far."""

    id: str
    chat_id: int
    message_id: int
    data: str
    at: float
    update_id: int | None = None
    answer: Answer | None = None
    waiting: Waiting = field(default_factory=Waiting)

    @property
    def answered(self) -> bool:
        """Say whether the spinner on the button has ended."""
        return self.answer is not None

    async def hears(self, *, timeout: float = 10.0) -> Answer:
        """Wait for the answer.

        Raises:
            AssertionError: the bot gave none in time.
        """
        try:
            return await self.waiting.first(lambda: self.answer, timeout=timeout)
        except TimeoutError:
            raise AssertionError(f"the press of {self.data!r} was not answered in {timeout:g} s") from None


class Presses:
    """The presses that wait for an answer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, Press] = {}
        self._count = 0
        self.lifetime = LIFETIME

    def new(self, *, chat_id: int, message_id: int, data: str) -> Press:
        """Begin a press."""
        self._count += 1
        press = Press(
            id=f"{4_000_000_000_000_000_000 + self._count}",
            chat_id=chat_id,
            message_id=message_id,
            data=data,
            at=self._clock.monotonic(),
        )
        self._open[press.id] = press
        return press

    def answer(self, query_id: str, *, text: str, alert: bool) -> None:
        """End a press.

        Raises:
            Refusal: it is unknown, too old, or was answered before.
        """
        press = self._open.get(query_id)
        if press is None or self._clock.monotonic() - press.at > self.lifetime:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        del self._open[query_id]
        press.answer = Answer(text=text, alert=alert)
        press.waiting.notify()

    @property
    def unanswered(self) -> list[Press]:
        """Return the presses that nobody answered (yet)."""
        return list(self._open.values())
