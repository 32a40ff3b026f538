"""What a sign-in left behind: the access token and its device, in a file that its owner alone can read."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson

FOLDER = "matrix"
FILE_NAME = "account.json"
RESTORED = "restored"
"""The file that a restored backup leaves here; its time says when that was."""

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One device of the bot. `fingerprint` is its Ed25519 key, as people compare it."""

    homeserver: str
    user_id: str
    device_id: str
    access_token: str
    fingerprint: str = ""


class AccountFile:
    """Where the account and the key store of its device lie, below the data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / FOLDER

    def load(self, *, homeserver: str, user_id: str) -> Account | None:
        """Return the account kept for that user there; one of another user or homeserver is none."""
        try:
            values = orjson.loads((self.folder / FILE_NAME).read_bytes())
            account = Account(**{name: str(value) for name, value in values.items()})
        except (FileNotFoundError, orjson.JSONDecodeError, TypeError, AttributeError):
            return None
        return account if (account.homeserver, account.user_id) == (homeserver, user_id) else None

    def save(self, account: Account) -> None:
        """Keep an account, whole or not at all."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / f".{FILE_NAME}-{secrets.token_hex(8)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(orjson.dumps(asdict(account), option=orjson.OPT_INDENT_2))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.folder / FILE_NAME)
        finally:
            draft.unlink(missing_ok=True)

    def forget(self) -> None:
        """Drop the account; key stores stay, they may still open old messages by hand."""
        (self.folder / FILE_NAME).unlink(missing_ok=True)

    def restored_at(self) -> datetime | None:
        """Return when the key stores were put back from a backup last."""
        try:
            return datetime.fromtimestamp((self.folder / RESTORED).stat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def key_store(self, device_id: str) -> Path:
        """Return where the keys of a device lie."""
        name = device_id if _PLAIN.fullmatch(device_id) else device_id.encode().hex()[:64]
        return self.folder / f"keys-{name}.db"

    def make_key_store(self, device_id: str) -> Path:
        """Make the file for a device's keys, readable by its owner alone, if it is not there; return where."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.key_store(device_id)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
        return path
