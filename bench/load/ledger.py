"""What the load server saw in one window: answers, how long each took, calls by method."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any


class Ledger:
    """Counts from the moment it is opened until it is closed and opened anew."""

    def __init__(self) -> None:
        self._open()

    def _open(self) -> None:
        self._since = time.perf_counter()
        self._cpu = time.process_time()
        self._latencies: list[float] = []
        self.calls: Counter[str] = Counter()
        self.updates = 0
        self.unexpected = 0
        self.samples: list[str] = []

    def answered(self, seconds: float) -> None:
        """Note an answer whose next question has come, and how long after it."""
        self._latencies.append(seconds)

    def odd(self, text: str) -> None:
        """Note a message that is not the one the person expected; the first few are kept to be looked at."""
        self.unexpected += 1
        if len(self.samples) < 3:
            self.samples.append(text)

    def close(self) -> dict[str, Any]:
        """Return the window so far and open the next one."""
        elapsed = time.perf_counter() - self._since
        latencies = sorted(self._latencies)
        window: dict[str, Any] = {
            "seconds": elapsed,
            "answers": len(latencies),
            "p50_ms": percentile(latencies, share=0.50) * 1000,
            "p95_ms": percentile(latencies, share=0.95) * 1000,
            "p99_ms": percentile(latencies, share=0.99) * 1000,
            "calls": dict(self.calls),
            "updates": self.updates,
            "unexpected": self.unexpected,
            "samples": self.samples,
            "server_load": (time.process_time() - self._cpu) / elapsed,
        }
        self._open()
        return window


def percentile(ordered: Sequence[float], *, share: float) -> float:
    """Return the value that `share` of the ordered values do not exceed; 0 if there are none."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
