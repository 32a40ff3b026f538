"""The embedded default: one person at a terminal, or lines from a pipe, one message a line."""

from __future__ import annotations

import asyncio
import itertools
import mimetypes
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from bot.adapters.plain import plain_text, shown_text
from bot.domain.messages import (
    Abilities,
    Acknowledgement,
    Address,
    Content,
    Edit,
    Fact,
    Identity,
    InboundMessage,
    Outgoing,
    Reading,
    Recall,
    Said,
    SentMedia,
)
from bot.errors import Refused

LINE_LIMIT = 50_000  # characters of one line; the core says what is too long for an answer


class TerminalChannel:
    """Reads lines, writes texts. Opening it counts as `/start`, so that one hears where one stands."""

    name = "terminal"

    def __init__(
        self,
        *,
        person: str,
        language: str | None,
        files: Path,
        source: TextIO | None = None,
        sink: TextIO | None = None,
    ) -> None:
        self._address = Address(self.name, person)
        self.abilities = Abilities(files=True, turns=True, only_chat=person, text_limit=0)
        self._language = language
        self._files = files
        self._source = source or sys.stdin
        self._sink = sink or sys.stdout
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._started = False
        self._numbers = itertools.count(1)
        self._run = time.time_ns()
        self._pretty = self._sink.isatty()

    async def connect(self) -> Identity:
        """See `bot.ports.Channel`."""
        loop = asyncio.get_running_loop()
        # A thread of its own: reading a pipe or terminal cannot be cancelled, and must not hold the end up.
        threading.Thread(target=self._read_lines, args=(loop,), daemon=True, name="terminal").start()
        return Identity(account="terminal:local", name="terminal")

    async def read(self, cursor: str | None) -> Reading:
        """See `bot.ports.Channel`; there is nothing to read twice, so there is no cursor."""
        del cursor
        if not self._started:
            self._started = True
            return self._reading(Said("/start"))
        if self._pretty:
            print("> ", end="", flush=True, file=self._sink)
        line = await self._lines.get()
        if line is None:
            return Reading(account="terminal:local", at_end=True)
        text = line.rstrip("\r\n")[:LINE_LIMIT]
        return self._reading(content_of(text)) if text.strip() else Reading(account="terminal:local")

    async def send(self, outgoing: Outgoing) -> Sequence[str]:
        """See `bot.ports.Channel`."""
        message = outgoing.message
        text = plain_text(message)
        if self._pretty and message.where:
            text = text.replace(message.where, f"\033[1m{message.where}\033[0m", 1)
        shown = [shown_text(each, language=message.language) for each in message.attachments if each.source]
        print("\n" + "\n".join([*shown, text]), file=self._sink)
        for attachment in message.attachments:
            if attachment.source:
                continue
            path = self._files / Path(attachment.name).name
            try:
                self._files.mkdir(mode=0o700, parents=True, exist_ok=True)
                path.write_bytes(attachment.content)
                path.chmod(0o600)
            except OSError as error:
                raise Refused(f"the file could not be written: {error.strerror}") from error
            print(f"📎 {path}", file=self._sink)
        self._sink.flush()
        return [f"{self._run}-{next(self._numbers)}"]

    async def edit(self, edit: Edit) -> None:
        """What is printed stays printed."""

    async def recall(self, recall: Recall) -> None:
        """What is printed stays printed.

        Raises:
            Refused: always.
        """
        raise Refused(f"{recall.address.channel} takes nothing back", reason="not_deletable")

    async def acknowledge(self, acknowledgement: Acknowledgement) -> None:
        """There are no buttons to acknowledge."""

    async def fetch(self, file_id: str, *, limit: int) -> bytes:
        """Read the file that a line named.

        Raises:
            Refused: too large, or gone since.
        """
        content = await asyncio.to_thread(read_file, Path(file_id), limit + 1)
        if len(content) > limit:
            raise Refused(f"The file is larger than {limit} bytes.", reason="too_large")
        return content

    async def offer_commands(self, menus: Mapping[str, Sequence[tuple[str, str]]], *, chat: str | None = None) -> None:
        """There is no menu."""

    async def check(self) -> Sequence[Fact]:
        """There is nothing more to tell."""
        return ()

    async def close(self) -> None:
        """Nothing is held."""

    def _reading(self, content: Content) -> Reading:
        number = f"{self._run}-in-{next(self._numbers)}"
        message = InboundMessage(
            account="terminal:local",
            native_id=number,
            address=self._address,
            sender=self._address.chat,
            content=content,
            received_at=datetime.now(UTC),
            message_id=number,
            language=self._language,
        )
        return Reading(account="terminal:local", messages=(message,))

    def _read_lines(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            for line in self._source:
                loop.call_soon_threadsafe(self._lines.put_nowait, line)
            loop.call_soon_threadsafe(self._lines.put_nowait, None)
        except (RuntimeError, ValueError):  # the loop or the stream was closed meanwhile: nobody waits for lines
            return


def content_of(line: str) -> Content:
    """Return what a line means: `@path/to/file` sends that file, everything else is text."""
    path = Path(line.strip().removeprefix("@")).expanduser()
    try:
        if not line.strip().startswith("@") or not path.is_file():
            return Said(line)
        size = path.stat().st_size
    except (OSError, ValueError, RuntimeError):  # no name that a file can have, or nobody's home
        return Said(line)
    media_type = mimetypes.guess_type(path.name)[0]
    return SentMedia("document", file_id=str(path.absolute()), name=path.name, size=size, media_type=media_type)


def read_file(path: Path, size: int) -> bytes:
    """Return the first `size` bytes of a file that a line named.

    Raises:
        Refused: it is gone.
    """
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError as error:
        raise Refused("The file cannot be read.", reason="gone") from error
