"""`hubtalk run`: every configured channel, until told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal

from bot.errors import ConfigurationError

log = logging.getLogger("hubtalk")


def run() -> None:
    """Start every configured channel; SIGTERM or Ctrl-C drains and stops, a second one ends at once."""
    asyncio.run(_run())


async def _run() -> None:
    from bot.app import App
    from bot.channels import build_channels, channels_of
    from bot.house import open_house
    from config.logging import setup
    from config.settings import load_settings, require_for_run
    from storage.locks import RunLock

    settings = load_settings()
    setup(settings.log.level, format=settings.log.format, secrets=settings.secrets())
    require_for_run(settings)
    if not channels_of(settings):
        raise ConfigurationError(
            "no channel is configured: set HUBTALK_TELEGRAM__TOKEN or HUBTALK_MATRIX__HOMESERVER, or use `hubtalk chat`"
        )
    stop = asyncio.Event()
    _stop_on_signals(stop)
    async with RunLock(settings.database_url), open_house(settings, alone=True) as house:
        app = App(house, build_channels(house))
        server = None
        if settings.http.bind is not None:
            from bot.web.health import HealthServer

            server = HealthServer(host=settings.http.bind.host, port=settings.http.bind.port, checks=app.checks)
            try:
                await server.start()
            except OSError as error:
                raise ConfigurationError(f"HUBTALK_HTTP__BIND: cannot listen there: {error.strerror}") from error
        try:
            await app.run(stop=stop, ready=_ready)
        finally:
            if server is not None:
                await server.stop()
    log.info("stopped")


def _ready() -> None:
    """Say so, and let the collector of garbage forget what will never be garbage.

    Modules and tables are some 300,000 objects; going through them again and again costs a tenth of the processor.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    log.info("ready")


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        if stop.is_set():
            os._exit(1)
        log.info("stopping: what is on its way is finished first; again to end at once")
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
