"""One verification by emoji, from the side of the one who is asked: contents of events in, contents to send out. Pure.

https://spec.matrix.org/latest/client-server-api/#key-verification-framework and, on that page,
#short-authentication-string-sas-verification. A contact's client begins and we answer, so the commitment is always ours
and no two starts ever meet. Whether the emojis are the same is judged by the contact alone: a bot has no eyes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

import orjson
from vodozemac import Curve25519PublicKey, EstablishedSas, Sas

from bot.errors import HubtalkError

METHOD = "m.sas.v1"
AGREEMENT = "curve25519-hkdf-sha256"
HASH = "sha256"
MAC = "hkdf-hmac-sha256.v2"
OLD_MAC = "hkdf-hmac-sha256"
"""The same, but for base64 as an old library got it wrong; only where the other side knows nothing better."""

SHOWN = ("decimal", "emoji")
LONGEST_ID = 255
_SURROGATE = re.compile("[\ud800-\udfff]")

Object = Mapping[str, Any]


class Kind(StrEnum):
    """What is sent to and fro, without the `m.key.verification.` before it."""

    REQUEST = "request"
    READY = "ready"
    START = "start"
    ACCEPT = "accept"
    KEY = "key"
    MAC = "mac"
    DONE = "done"
    CANCEL = "cancel"


class Code(StrEnum):
    """Why a verification ends before its time."""

    TIMEOUT = "m.timeout"
    UNKNOWN_TRANSACTION = "m.unknown_transaction"
    UNKNOWN_METHOD = "m.unknown_method"
    UNEXPECTED = "m.unexpected_message"
    KEY_MISMATCH = "m.key_mismatch"
    INVALID = "m.invalid_message"


class State(Enum):
    """How far it has come."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    KEYED = "keyed"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One of the two devices, by the names that go into what is compared."""

    user_id: str
    device_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A content to send; the transport adds what ties it to the transaction."""

    kind: Kind
    content: Object


@dataclass(frozen=True, slots=True, kw_only=True)
class Emojis:
    """What the contact's client shows: the numbers of seven emojis, or else three numbers of four digits."""

    emojis: Sequence[int] = ()
    decimals: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Public keys by key id (`ed25519:DEVICE`, or a master key by itself), needed with a `mac` alone.

    theirs: the contact's, as the homeserver tells them.
    ours: those of our own that the contact's client is to trust.
    """

    theirs: Mapping[str, str] = field(default_factory=dict)
    ours: Mapping[str, str] = field(default_factory=dict)


NO_KEYS = Keys()


class WrongStepError(HubtalkError):
    """What came does not fit; the code says why. It stays inside this adapter."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


class Verification:
    """One transaction with one device of a contact.

    Args:
        ours: our device.
        theirs: the contact's device, as the contact's client named it.
        transaction: its id: the `transaction_id`, or the id of the event in the room that asked for it.
        new_sas: makes the short-lived key.
    """

    def __init__(self, *, ours: Device, theirs: Device, transaction: str, new_sas: Callable[[], Sas] = Sas) -> None:
        self.theirs = theirs
        self.state = State.ASKED
        self.shown: Emojis | None = None
        self._ours = ours
        self._transaction = transaction
        self._new_sas = new_sas
        self._seen: set[bytes] = set()
        self._mac = MAC
        self._shows: Sequence[str] = ()
        self._sas: Sas | None = None
        self._secret: EstablishedSas | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come."""
        return self.state in (State.DONE, State.CANCELLED)

    def ready(self) -> Step:
        """Return the answer to a request."""
        return Step(kind=Kind.READY, content={"from_device": self._ours.device_id, "methods": [METHOD]})

    def drop(self) -> None:
        """End it without a word."""
        self.state = State.CANCELLED

    def cancel(self, code: Code) -> Sequence[Step]:
        """End it, and return what tells so; nothing if it is over already."""
        if self.is_over:
            return ()
        self.state = State.CANCELLED
        return (cancellation(code),)

    def receive(self, kind: Kind, content: Object, *, keys: Keys = NO_KEYS) -> Sequence[Step]:
        """Take what the contact's device sent, and return what is to be sent in answer.

        The same thing twice is taken once; of a verification that is over nothing is answered (the specification
        warns of cancellations that answer each other for ever).

        Args:
            kind: which step it is.
            content: as it came, with whatever ties it to the transaction.
            keys: what a `mac` is about.
        """
        digest = _digest(kind, content)
        if self.is_over or digest is None or digest in self._seen:
            return () if digest is not None else self.cancel(Code.INVALID)
        self._seen.add(digest)
        try:
            return self._taken(kind, content, keys=keys)
        except WrongStepError as wrong:
            return self.cancel(wrong.code)

    def _taken(self, kind: Kind, content: Object, *, keys: Keys) -> Sequence[Step]:
        match self.state, kind:
            case _, Kind.CANCEL:
                self.state = State.CANCELLED
                return ()
            case State.ASKED, Kind.START:
                return self._started(content)
            case State.ACCEPTED, Kind.KEY:
                return self._keyed(content)
            case State.KEYED, Kind.MAC:
                return self._compared(content, keys=keys)
            case _:
                raise WrongStepError(Code.UNEXPECTED)

    # --- the steps ---------------------------------------------------------------------------------------------------

    def _started(self, content: Object) -> Sequence[Step]:
        if text_of(content, "method") != METHOD:
            raise WrongStepError(Code.UNKNOWN_METHOD)
        if text_of(content, "from_device") != self.theirs.device_id:
            raise WrongStepError(Code.UNEXPECTED)
        macs = _list_of(content, "message_authentication_codes")
        shows = _list_of(content, "short_authentication_string")
        self._shows = [way for way in SHOWN if way in shows]
        if (
            AGREEMENT not in _list_of(content, "key_agreement_protocols")
            or HASH not in _list_of(content, "hashes")
            or not self._shows
            or not {MAC, OLD_MAC} & {mac for mac in macs if isinstance(mac, str)}
        ):
            raise WrongStepError(Code.UNKNOWN_METHOD)
        self._mac = MAC if MAC in macs else OLD_MAC
        self._sas = self._new_sas()
        self.state = State.ACCEPTED
        accept = {
            "method": METHOD,
            "key_agreement_protocol": AGREEMENT,
            "hash": HASH,
            "message_authentication_code": self._mac,
            "short_authentication_string": self._shows,
            "commitment": commitment(self._sas.public_key.to_base64(), start=content),
        }
        return (Step(kind=Kind.ACCEPT, content=accept),)

    def _keyed(self, content: Object) -> Sequence[Step]:
        their_key = text_of(content, "key")
        assert self._sas is not None
        our_key = self._sas.public_key.to_base64()
        try:
            self._secret = self._sas.diffie_hellman(Curve25519PublicKey.from_base64(their_key))
        except ValueError:
            raise WrongStepError(Code.INVALID) from None
        theirs = f"{self.theirs.user_id}|{self.theirs.device_id}|{their_key}"
        ours = f"{self._ours.user_id}|{self._ours.device_id}|{our_key}"
        found = self._secret.bytes(f"MATRIX_KEY_VERIFICATION_SAS|{theirs}|{ours}|{self._transaction}")
        is_emoji = "emoji" in self._shows
        self.shown = Emojis(emojis=tuple(found.emoji_indices)) if is_emoji else Emojis(decimals=found.decimals)
        self.state = State.KEYED
        return (Step(kind=Kind.KEY, content={"key": our_key}),)

    def _compared(self, content: Object, *, keys: Keys) -> Sequence[Step]:
        macs, key_ids = content.get("mac"), text_of(content, "keys")
        if not isinstance(macs, Mapping) or not all(isinstance(mac, str) for mac in macs.values()):
            raise WrongStepError(Code.INVALID)
        info = self._info(self.theirs, self._ours)
        # Which keys a person has signed for is that person's claim; only their device has to be among them.
        is_theirs = self._is_mac(key_ids, ",".join(sorted(macs)), info=f"{info}KEY_IDS") and all(
            self._is_mac(macs[key_id], key, info=info + key_id) for key_id, key in keys.theirs.items() if key_id in macs
        )
        device = f"ed25519:{self.theirs.device_id}"
        if not is_theirs or device not in macs or device not in keys.theirs:
            raise WrongStepError(Code.KEY_MISMATCH)
        self.state = State.DONE
        info = self._info(self._ours, self.theirs)
        answer = {
            "mac": {key_id: self._mac_of(key, info=info + key_id) for key_id, key in keys.ours.items()},
            "keys": self._mac_of(",".join(sorted(keys.ours)), info=f"{info}KEY_IDS"),
        }
        return (Step(kind=Kind.MAC, content=answer), Step(kind=Kind.DONE, content={}))

    def _info(self, sender: Device, receiver: Device) -> str:
        """Return what a MAC is tied to (#mac-calculation)."""
        names = f"{sender.user_id}{sender.device_id}{receiver.user_id}{receiver.device_id}"
        return f"MATRIX_KEY_VERIFICATION_MAC{names}{self._transaction}"

    def _mac_of(self, text: str, *, info: str) -> str:
        assert self._secret is not None
        if self._mac == OLD_MAC:
            return self._secret.calculate_mac_invalid_base64(text, info)
        return self._secret.calculate_mac(text, info)

    def _is_mac(self, mac: str, text: str, *, info: str) -> bool:
        try:
            # Base64 may end in padding, which clients are to leave out and some do not.
            return hmac.compare_digest(mac.rstrip("=").encode(), self._mac_of(text, info=info).encode())
        except UnicodeEncodeError:
            return False


def cancellation(code: Code) -> Step:
    """Return the step that ends a verification."""
    return Step(kind=Kind.CANCEL, content={"code": code.value, "reason": code.name.replace("_", " ").lower()})


def commitment(key: str, *, start: Object) -> str:
    """Return what ties us to a key before the other side has shown its own.

    Raises:
        TypeError: the content has no canonical form.
    """
    text = orjson.dumps(dict(start), option=orjson.OPT_SORT_KEYS)
    return base64.b64encode(hashlib.sha256(key.encode() + text).digest()).rstrip(b"=").decode()


def kind_of(event_type: Any) -> Kind | None:
    """Return which step an event's type names."""
    prefix = "m.key.verification."
    if not isinstance(event_type, str) or not event_type.startswith(prefix):
        return None
    try:
        return Kind(event_type.removeprefix(prefix))
    except ValueError:
        return None


def text_of(content: Object, name: str) -> str:
    """Return a text that must be there, as an id or a key is.

    Raises:
        WrongStepError: it is not, or is much too long.
    """
    text = content.get(name)
    # Halves of surrogate pairs, which JSON may carry, go into no answer.
    if (
        not isinstance(text, str)
        or not 0 < len(text.encode("utf-8", "replace")) <= LONGEST_ID
        or _SURROGATE.search(text)
    ):
        raise WrongStepError(Code.INVALID)
    return text


def _list_of(content: Object, name: str) -> Sequence[Any]:
    found = content.get(name)
    if not isinstance(found, list):
        raise WrongStepError(Code.INVALID)
    return found


def _digest(kind: Kind, content: Object) -> bytes | None:
    """Return what two equal things have in common, None for what has no canonical form."""
    try:
        return hashlib.sha256(kind.encode() + orjson.dumps(dict(content), option=orjson.OPT_SORT_KEYS)).digest()
    except TypeError:
        return None
