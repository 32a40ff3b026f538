"""Runs the double as its own process; prints one line of JSON when it listens, ends with SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal

from tests.doubles.telegram.double import TOKEN, TelegramDouble


async def serve(options: argparse.Namespace) -> None:
    """Listen until a signal comes."""
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with TelegramDouble(token=options.token, port=options.port, control=True, keep=options.keep) as double:
        double.delay = options.delay
        print(json.dumps({"url": double.url, "token": double.token}), flush=True)
        await ended.wait()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.doubles.telegram", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before every reply")
    parser.add_argument("--keep", type=int, default=None, help="messages kept in each chat (default: all)")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
