"""The one secret of an installation, and the keys derived from it, one for each purpose."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from bot.errors import ConfigurationError
from config.settings import Settings

Purpose = Literal["codes", "pseudonyms", "suppression", "matrix_seeds", "matrix_store", "backups"]

FILE_NAME = "secret"
KEY_BYTES = 32
# The characters of 24 random bytes in base64; less is likely a word that somebody made up.
SOLID_LENGTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Keys derived from the secret by HKDF-SHA256 (RFC 5869); knowing one says nothing about another."""

    secret: str = field(repr=False)

    def key(self, purpose: Purpose) -> bytes:
        """Return the 32 bytes for one purpose, always the same for the same secret."""
        return _derive(self.secret, purpose)

    def digest(self, purpose: Purpose, text: str) -> str:
        """Return the keyed hash (HMAC-SHA256) of a text in hexadecimal: comparable, not reversible."""
        return hmac.new(self.key(purpose), text.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """The secret and where it came from.

    path: the file in the data directory, or None when it was set (where it belongs: apart from the data).
    """

    value: str = field(repr=False)
    path: Path | None = None

    @property
    def keys(self) -> Keys:
        """The keys derived from it."""
        return Keys(secret=self.value)

    @property
    def solid(self) -> bool:
        """Whether it is long enough not to be guessed."""
        return len(self.value) >= SOLID_LENGTH


def load_secret(settings: Settings) -> Secret:
    """Return HUBTALK_SECRET, or else the secret in the data directory, which is made at the first call.

    Raises:
        ConfigurationError: the file cannot be read or made, or is empty.
    """
    if settings.secret is not None:
        return Secret(value=settings.secret.get_secret_value())
    path = settings.data_dir / FILE_NAME
    try:
        value = _read(path) or _make(path)
    except OSError as error:
        raise ConfigurationError(f"{path} can be neither read nor made: {error.strerror}") from error
    return Secret(value=value, path=path)


def _read(path: Path) -> str | None:
    try:
        value = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is no secret of hubtalk; put the right one back from a backup") from error
    if not value:
        # Making a new one here would silently void every code and pseudonym.
        raise ConfigurationError(f"{path} is empty; put the right one back from a backup")
    return value


def _make(path: Path) -> str:
    """Write a new secret so that it appears whole or not at all, and only once, whoever else starts now."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    value = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).rstrip(b"=").decode()
    draft = path.with_name(f".{FILE_NAME}-{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(value + "\n")
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link fails where another process was first.
        os.link(draft, path)
    except FileExistsError:
        return _read(path) or value
    finally:
        draft.unlink()
    return value


@cache
def _derive(secret: str, purpose: Purpose) -> bytes:
    # Imported here: it takes longer to load than most commands run, and few of them need a key.
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    info = f"hubtalk/1/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret.encode())
