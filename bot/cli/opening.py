"""What commands share: opening the house, running async work, and saying results as text or JSON."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, time, tzinfo
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

if TYPE_CHECKING:
    from bot.domain.messages import Address
    from bot.house import House
    from bot.runtime.clock import SystemClock

T = TypeVar("T")

JsonFlag = Annotated[bool, typer.Option("--json", help="One JSON document instead of text (docs/json.md).")]


def work(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a command's async part; Ctrl-C ends it without a word."""
    import asyncio

    try:
        return asyncio.run(main())
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@asynccontextmanager
async def opened(
    *, clock: SystemClock | None = None, log: Literal["warning", "error"] = "warning", **overrides: Any
) -> AsyncIterator[House]:
    """Open the house as the settings say, by another clock if one is given; the log only tells what goes wrong.

    Raises:
        ConfigurationError, SchemaTooNew, StorageUnavailable.
    """
    from bot.house import open_house
    from config.logging import setup
    from config.settings import load_settings

    settings = load_settings(**overrides)
    setup(log, format=settings.log.format, secrets=settings.secrets())
    async with open_house(settings, clock=clock) as house:
        yield house


def say_json(value: object) -> None:
    """Print one JSON document; times as ISO 8601 in UTC."""
    import orjson

    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())


def say_table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print aligned columns, whole whatever the width of the terminal, or say that there is nothing."""
    texts = [[_one_line(cell) for cell in row] for row in rows]
    if not texts:
        typer.echo(empty)
        return
    widths = [max(len(row[place]) for row in [list(heads), *texts]) for place in range(len(heads))]
    for row in [list(heads), *texts]:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _one_line(cell: object) -> str:
    text = "–" if cell is None or cell == "" else str(cell)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split()) or "–"


def local(moment: datetime, zone: tzinfo) -> str:
    """Return a moment as wall time of the hub, to the minute."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def warn(text: str) -> None:
    """Say something beside the result."""
    typer.echo(f"hubtalk: {text}", err=True)


def checked(read: Callable[[str], T], text: str) -> T:
    """Read an argument; what is wrong with it is wrong usage.

    Raises:
        typer.BadParameter: `read` refused the text.
    """
    try:
        return read(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def read_address(text: str) -> Address:
    """Read a person's address such as telegram:4711.

    Raises:
        ValueError: it is none.
    """
    from bot.domain.messages import Address
    from config.values import check_address

    return Address.parse(check_address(text))


def read_time(text: str, *, zone: tzinfo) -> datetime:
    """Read ISO 8601; without an offset it is local wall time of the hub, a mere date its first moment.

    Raises:
        ValueError: it is neither.
    """
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        pass
    else:
        return datetime.combine(day, time(), tzinfo=zone)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("write a time such as 2026-11-22, 2026-11-22T16:00 or 2026-11-22T16:00:00+01:00") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
