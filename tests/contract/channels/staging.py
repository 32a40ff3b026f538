"""Opens stages: a database with the wanted content, a channel, the bot at work."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from bot.house import open_house
from config.settings import SHIPPED_CONTENT, Settings, load_settings
from tests.content.building import content_folder
from tests.contract.channels.matrix import EncryptedMatrixStage, MatrixStage
from tests.contract.channels.memory import MemoryStage
from tests.contract.channels.stage import Stage
from tests.contract.channels.telegram import TelegramStage
from tests.contract.channels.terminal import TerminalStage
from tests.fixtures_databases import in_thread, start_postgresql

STAGES: dict[str, type[Stage]] = {
    "terminal": TerminalStage,
    "telegram": TelegramStage,
    "matrix": MatrixStage,
    "matrix-encrypted": EncryptedMatrixStage,
    "memory": MemoryStage,
}
CONTROLLER = {
    "name": "Testhub",
    "controller": "Hochschule Muster",
    "contact": "hub@example.org",
    "dpo": "datenschutz@example.org",
}
SHIPPED = ("shipped",)

OpenStage = Callable[..., Awaitable[Stage]]


@cache
def content(forms: tuple[str, ...]) -> Path:
    """Make the content folder with these forms, or return the shipped one."""
    return SHIPPED_CONTENT if forms == SHIPPED else content_folder(_folder() / "content", forms)


@cache
def template(kind: str, forms: tuple[str, ...]) -> str:
    """Make a database into which the content has entered; copies of it are quicker made."""
    folder = _folder()
    url = f"sqlite:///{folder}/template.db" if kind == "sqlite" else start_postgresql().new_database()
    settings = load_settings({}, directory=folder, database_url=url, content_dir=content(forms), hub=CONTROLLER)

    async def enter() -> None:
        async with open_house(settings):
            pass

    in_thread(enter)
    return url


@contextmanager
def prepared(
    *, folder: Path, forms: tuple[str, ...] = ("types",), database: str = "sqlite", **settings: Any
) -> Iterator[Settings]:
    """Give the settings of a hub whose database holds its content already."""
    base = template(database, forms)
    if database == "sqlite":
        url = f"sqlite:///{folder}/hubtalk.db"
        shutil.copy(base.removeprefix("sqlite:///"), folder / "hubtalk.db")
    else:
        url = start_postgresql().new_database(template=base.partition("@/")[2].partition("?")[0])
    # Whatever the time of day is where the tests run, pushes go out.
    courtesy = {"quiet_hours": None, "working_days": range(7)}
    chosen = {"registration": "open", "courtesy": courtesy, "database_url": url, "hub": CONTROLLER, **settings}
    yield load_settings({}, directory=folder, content_dir=content(forms), **chosen)
    if database != "sqlite":
        start_postgresql().drop(url)


@asynccontextmanager
async def staged(
    channel: str, *, restarts: bool = False, admins: Sequence[str] = (), **wishes: Any
) -> AsyncIterator[Stage]:
    """Open a stage, and close it again with everything checked that must be true at an end.

    Args:
        channel: of `STAGES`.
        restarts: see `Stage`.
        admins: names of persons who are admins by the settings.
        wishes: see `prepared`.
    """
    with prepared(**wishes) as settings:
        stage = STAGES[channel](settings)
        stage.restarts = restarts
        await stage.open_more()
        try:
            stage.settings = settings.model_copy(update={"admins": [stage.person(name).address for name in admins]})
            await stage.open()
            try:
                yield stage
            except BaseException:
                await stage.close()
                raise
            await stage.end()
        finally:
            await stage.close_more()


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hubtalk-stage-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
