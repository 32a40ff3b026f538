"""The bench's figures as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.questionnaire import Results

_PEERS = ("ptb", "aiogram", "raw")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Lay out a table: the first column to the left, figures to the right."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    texts = [
        "  ".join([line[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(line[1:], widths[1:], strict=True))])
        for line in lines
    ]
    return "\n".join([texts[0], "-" * len(texts[0]), *texts[1:]])


def questionnaire_table(results: Results) -> str:
    """Lay out a scenario: a row a contender, CPU and rate as ratios to each peer that ran."""
    peers = [peer for peer in _PEERS if peer in results.rounds]
    head = ["", "answers/s", "CPU µs an answer", "p50 ms", "p99 ms"]
    head += [f"CPU ÷ {peer}" for peer in peers] + [f"rate ÷ {peer}" for peer in peers]
    head += ["calls an answer", "updates a poll"]
    return table(head, [_row(results, contender, peers) for contender in results.rounds])


def remarks(results: Results) -> list[str]:
    """Return what a reader must know before believing the table."""
    said = []
    load = max((figures.server_load for rounds in results.rounds.values() for figures in rounds), default=0.0)
    limit = "not the limit" if load < 0.8 else "TOO CLOSE TO THE LIMIT"
    said.append(f"load server: {load:.0%} of its core at most, {limit}")
    for contender, rounds in results.rounds.items():
        if stuck := max(figures.stuck for figures in rounds):
            said.append(f"{contender}: {stuck} chats stood without a reply for over 5 s")
        if unexpected := sum(figures.unexpected for figures in rounds):
            said.append(
                f"{contender}: {unexpected} messages that ask no next question, such as {rounds[0].samples[:1]}"
            )
        if any(figures.ran_dry for figures in rounds):
            said.append(
                f"{contender}: the people ran out before the window ended, so answers/s is too low; raise --people"
            )
    return said


def _row(results: Results, contender: str, peers: Sequence[str]) -> list[str]:
    def figure(name: str, digits: int = 0) -> str:
        return number(results.median(contender, name), digits=digits)

    ratios = [number(results.ratio(contender, peer, "cpu_us"), digits=2) for peer in peers]
    ratios += [number(results.ratio(contender, peer, "rate"), digits=2) for peer in peers]
    last = results.rounds[contender][-1]
    polls = last.calls.get("getupdates", 0)
    calls = sum(last.calls.values()) - polls
    return [
        contender,
        figure("rate"),
        figure("cpu_us"),
        figure("p50_ms", 1),
        figure("p99_ms", 1),
        *ratios,
        number(calls / last.answers, digits=2),
        number(last.updates / polls if polls else None, digits=1),
    ]


def number(value: float | None, *, digits: int) -> str:
    """Write a figure, a dash if there is none."""
    return "–" if value is None else f"{value:,.{digits}f}"
