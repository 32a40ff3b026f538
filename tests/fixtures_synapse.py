"""A real Matrix homeserver for tests: Synapse from its Python package, one a session, on a free loopback port."""

from __future__ import annotations

import asyncio
import atexit
import hashlib
import hmac
import itertools
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

SERVER_NAME = "test.invalid"
START_TIMEOUT = 60
ROOM_IN_MEMORY = 512 * 2**20  # far more than a session's homeserver takes
PASSWORD = "one long enough"
_numbers = itertools.count(1)

# https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html
CONFIG = """
server_name: {name}
pid_file: {folder}/pid
signing_key_path: {folder}/signing.key
log_config: {folder}/log.yaml
media_store_path: {folder}/media
report_stats: false
listeners:
  - port: {port}
    type: http
    bind_addresses: ["127.0.0.1"]
    resources: [{{names: [client, media], compress: false}}]
database: {{name: sqlite3, args: {{database: "{folder}/homeserver.db"}}}}
registration_shared_secret: "{secret}"
macaroon_secret_key: "{secret}"
form_secret: "{secret}"
bcrypt_rounds: 4
federation_domain_whitelist: []
trusted_key_servers: []
suppress_key_server_warning: true
url_preview_enabled: false
# What nobody here reads is not worked out: who is online, unread counts, statistics, the directory of users.
presence: {{enabled: false}}
push: {{enabled: false}}
stats: {{enabled: false}}
user_directory: {{enabled: false}}
# The limits of messages are Synapse's own (`unlimited` lets a test's bot off); the others are out of the way.
rc_login:
  address: {{per_second: 1000, burst_count: 1000}}
  account: {{per_second: 1000, burst_count: 1000}}
  failed_attempts: {{per_second: 1000, burst_count: 1000}}
rc_registration: {{per_second: 1000, burst_count: 1000}}
rc_joins:
  local: {{per_second: 1000, burst_count: 1000}}
rc_invites:
  per_room: {{per_second: 1000, burst_count: 1000}}
  per_user: {{per_second: 1000, burst_count: 1000}}
  per_issuer: {{per_second: 1000, burst_count: 1000}}
"""
LOGGING = """
version: 1
formatters: {{plain: {{format: "%(asctime)s %(levelname)s %(name)s %(message)s"}}}}
handlers: {{file: {{class: logging.FileHandler, formatter: plain, filename: "{folder}/homeserver.log"}}}}
root: {{level: WARNING, handlers: [file]}}
disable_existing_loggers: false
"""


class Synapse:
    """One homeserver with its data in a folder of its own; `more` is configuration beyond the usual."""

    def __init__(self, *, more: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hubtalk-synapse-", dir=_in_memory()))
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._secret = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        self._admin: str | None = None
        atexit.register(self.remove)
        words = {"name": SERVER_NAME, "folder": self.folder, "port": self.port, "secret": self._secret}
        (self.folder / "homeserver.yaml").write_text(CONFIG.format(**words) + more)
        (self.folder / "log.yaml").write_text(LOGGING.format(**words))
        self._command("--generate-keys")
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                self._words(),
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                # What a homeserver runs is no code of ours: it is not measured, which would cost it half of its speed.
                env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")},
            )
        until = time.monotonic() + START_TIMEOUT
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.folder / "output").read_text())
            time.sleep(0.1)

    @property
    def pid(self) -> int:
        """The process' number."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it at once, as a crash does."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(START_TIMEOUT)

    @property
    def is_running(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def remove(self) -> None:
        """End it and delete all of it."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what an operator does ---------------------------------------------------------------------------------------

    def register(self, name: str, *, admin: bool = False) -> str:
        """Register a person or bot with `PASSWORD`; return the user id.

        https://element-hq.github.io/synapse/latest/admin_api/register_api.html
        """
        nonce = self._request("GET", "/_synapse/admin/v1/register")["nonce"]
        parts = [nonce, name, PASSWORD, "admin" if admin else "notadmin"]
        mac = hmac.new(self._secret.encode(), "\0".join(parts).encode(), hashlib.sha1).hexdigest()
        body = {
            "nonce": nonce, "username": name, "password": PASSWORD, "admin": admin, "mac": mac, "inhibit_login": True,
        }  # fmt: skip
        user: str = self._request("POST", "/_synapse/admin/v1/register", body)["user_id"]
        return user

    def new_user(self, name: str = "user") -> str:
        """Register somebody whose name nobody had before; return the user id."""
        return self.register(f"{name}{os.getpid()}x{next(_numbers)}")

    def unlimited(self, user_id: str) -> None:
        """Lift the limits on messages for a user, as operators do for a bot.

        https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#set-ratelimit
        """
        body = {"messages_per_second": 0, "burst_count": 0}
        self._request("POST", f"/_synapse/admin/v1/users/{user_id}/override_ratelimit", body, token=self.admin)

    def log_in(self, user_id: str) -> tuple[str, str]:
        """Log in by password; return access token and device id."""
        body = {"type": "m.login.password", "identifier": {"type": "m.id.user", "user": user_id}, "password": PASSWORD}
        told = self._request("POST", "/_matrix/client/v3/login", body)
        return told["access_token"], told["device_id"]

    @property
    def admin(self) -> str:
        """The access token of the server's administrator."""
        if self._admin is None:
            self._admin = self.log_in(self.register("admin", admin=True))[0]
        return self._admin

    def call(self, method: str, path: str, body: Any = None, *, token: str) -> Any:
        """Make any call of the client API."""
        return self._request(method, f"/_matrix/client/v3{path}", body, token=token)

    # --- within ------------------------------------------------------------------------------------------------------

    def _request(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Any:
        request = urllib.request.Request(self.url + path, method=method)
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, data=data, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}") from None

    def _answers(self) -> bool:
        try:
            self._request("GET", "/_matrix/client/versions")
        except (OSError, RuntimeError):
            return False
        return True

    def _words(self) -> list[str]:
        return [sys.executable, "-m", "synapse.app.homeserver", "-c", str(self.folder / "homeserver.yaml")]

    def _command(self, *more: str) -> None:
        done = subprocess.run([*self._words(), *more], capture_output=True, text=True, check=False, cwd=self.folder)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)


def _in_memory() -> Path | None:
    """Return a folder in memory if there is one with room: the server waits for the disk several times a message."""
    folder = Path("/dev/shm")
    return folder if os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > ROOM_IN_MEMORY else None


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@cache
def start_synapse() -> Synapse:
    """Start the session's homeserver when the first test asks for it."""
    return Synapse()


@pytest.fixture(scope="session")
def synapse() -> Synapse:
    return start_synapse()


@pytest.fixture(scope="session")
def _mortal_synapse() -> Iterator[Synapse]:
    mortal = Synapse()
    yield mortal
    mortal.remove()


@pytest.fixture
def own_synapse(_mortal_synapse: Synapse) -> Iterator[Synapse]:
    """A second homeserver, which a test may kill; it runs again for the next."""
    yield _mortal_synapse
    if not _mortal_synapse.is_running:
        _mortal_synapse.start()


async def aside(work: Any, *arguments: Any) -> Any:
    """Do blocking work of the homeserver's operator beside the test's loop."""
    return await asyncio.to_thread(work, *arguments)
