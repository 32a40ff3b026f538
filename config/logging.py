"""The log: standard library only, for people on a terminal or as JSON lines, with every secret left out."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, TextIO

Format = Literal["json", "console"]

HIDDEN = "***"
# A Bot API token: the bot's number, a colon, and a longer secret. It is part of every request's URL, so any
# library's error may carry one. https://core.telegram.org/bots/api#authorizing-your-bot
TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{30,}")
# A short "secret" would blot out innocent words; the settings refuse none, so the log draws the line.
SHORTEST_SECRET = 4
# They tell at INFO what they do for us; what goes wrong is at WARNING.
TALKATIVE = ("aiohttp.access", "alembic", "apscheduler", "asyncio", "httpcore", "httpx", "sqlalchemy", "telegram")
# What every record has; whatever else a record carries came as `extra` and goes into the JSON line.
_COMMON = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def setup(
    level: str,
    *,
    format: Format | None = None,  # noqa: A002
    secrets: Sequence[str] = (),
    stream: TextIO | None = None,
) -> None:
    """Send the log to `stream` (standard error), replacing whatever was set up before.

    Args:
        level: debug, info, warning or error.
        format: `console` or `json`; by default what suits the stream.
        secrets: texts that never appear; whatever looks like a bot's token does not either.
        stream: where it goes.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    if (format or ("console" if stream.isatty() else "json")) == "console":
        handler.setFormatter(ConsoleFormatter(secrets))
    else:
        handler.setFormatter(JsonFormatter(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(capture=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


class Redaction:
    """Replaces secrets in a finished line, so that messages, arguments, extras and tracebacks are all covered."""

    def __init__(self, secrets: Sequence[str]) -> None:
        # Longest first: a secret may contain another one. JSON writes some signs differently, so both forms count.
        forms = {form for secret in secrets for form in (secret, json.dumps(secret, ensure_ascii=False)[1:-1])}
        known = sorted((form for form in forms if len(form) >= SHORTEST_SECRET), key=len, reverse=True)
        self._pattern = re.compile("|".join((*map(re.escape, known), TOKEN.pattern)))

    def __call__(self, text: str) -> str:
        """Return the text without secrets."""
        return self._pattern.sub(HIDDEN, text)


class ConsoleFormatter(logging.Formatter):
    """One readable line a record: time, level, logger, message; a traceback below."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", datefmt="%H:%M:%S")
        self._redact = Redaction(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without secrets."""
        return self._redact(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a record: time, level, logger, message, extras, error."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        super().__init__()
        self._redact = Redaction(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Return the object on one line, without secrets."""
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _COMMON},
        }
        if record.exc_info:
            fields["error"] = self.formatException(record.exc_info)
        return self._redact(json.dumps(fields, ensure_ascii=False, default=str))
