"""How long people wait for hubtalk after a restart: a message that came meanwhile is answered, in rooms it knows."""

from __future__ import annotations

import json
import statistics
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote
from uuid import uuid4

from bench.hubtalk import READY
from bench.matrix.stage import HUBTALK, PEOPLE, Stage
from bench.processes import BrokenBench, Process
from bot.adapters.matrix.timeline import FILTER

_PATIENCE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """Seconds, medians: until `ready`, until the message is answered, and what a first sync alone takes."""

    rooms: int
    ready: float
    answered: float
    sync: float

    @property
    def own(self) -> float:
        """Return what is left of the wait without the first sync."""
        return self.answered - self.sync


def measure(stage: Stage, *, times: int, say: Callable[[str], None]) -> Restart:
    """Stop hubtalk, let somebody write, and start it again.

    Raises:
        BrokenBench: it does not start, or does not answer.
    """
    ready, answered, syncs = [], [], []
    stage.bots[HUBTALK].stop()
    since = _sync(stage, since="")[0]
    for number in range(1, times + 1):
        stage.load.do("window")
        stage.load.do("talk", sealed=False, bot=stage.users[HUBTALK], at_once=1)
        since, took = _sync(stage, since=since)
        syncs.append(took)
        with stage.start_hubtalk() as bot:
            ready.append(bot.wait_for(READY))
            answered.append(_answered_after(stage, bot))
            stage.load.do("rest")
        say(f"matrix start {number}: ready after {ready[-1]:.2f} s, answered after {answered[-1]:.2f} s")
    middle = statistics.median
    return Restart(rooms=2 * PEOPLE, ready=middle(ready), answered=middle(answered), sync=middle(syncs))


def _answered_after(stage: Stage, bot: Process) -> float:
    while not stage.load.do("window")["answers"]:
        bot.check()
        if time.perf_counter() - bot.began > _PATIENCE:
            raise BrokenBench(f"what was said meanwhile is not answered:\n{bot.log()[-2000:]}")
        time.sleep(0.01)
    return time.perf_counter() - bot.began


def _sync(stage: Stage, *, since: str) -> tuple[str, float]:
    """Make a first sync as hubtalk does, on another device of its account; return where it ends, and its seconds."""
    # Synapse gives the same answer to the same question for two minutes, so no two ask for the same.
    only = {**FILTER, "account_data": {"not_types": [f"none.{uuid4().hex}"]}}
    query = f"timeout=0&full_state=true&filter={quote(json.dumps(only))}" + (f"&since={since}" if since else "")
    request = urllib.request.Request(f"{stage.homeserver.url}/_matrix/client/v3/sync?{query}")
    request.add_header("Authorization", f"Bearer {stage.token}")
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
        told = json.load(answer)
    return str(told["next_batch"]), time.perf_counter() - began
