"""From settings to a working session: sign in once, keep token, device and keys, and say so when that is not enough."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from bot.adapters.matrix.account import Account, AccountFile
from bot.adapters.matrix.api import HomeserverClient, no_answer
from bot.adapters.matrix.courier import Courier, Locks
from bot.adapters.matrix.crypto import Crypto
from bot.adapters.matrix.errors import MatrixError
from bot.adapters.matrix.guard import BROKEN_STORE, GuardedClient, open_client
from bot.adapters.matrix.inbound import Reader
from bot.adapters.matrix.intake import Intake
from bot.adapters.matrix.rooms import Rooms
from bot.adapters.matrix.signing import CrossSigning
from bot.adapters.matrix.timeline import Timeline
from bot.adapters.matrix.vault import Vault
from bot.adapters.matrix.verifier import Verifier
from bot.errors import ChannelRefused

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What the settings say: where, who, and a password or an access token."""

    homeserver: str
    user_id: str
    password: str | None = None
    access_token: str | None = None
    device_name: str = "hubtalk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One signed-in device and all that works with it."""

    account: Account
    client: GuardedClient
    crypto: Crypto
    signing: CrossSigning
    rooms: Rooms
    timeline: Timeline
    reader: Reader
    intake: Intake
    verifier: Verifier

    async def close(self) -> None:
        """Let go of everything."""
        await self.verifier.close()
        await self.rooms.close()
        await self.client.close()
        if self.client.store is not None:
            self.client.store.database.close()


class SignIn:
    """Opens sessions; only a dead token, or lost keys, make it use the password a second time."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        files: AccountFile,
        pickle_key: str,
        vault: Vault,
        groups: bool,
        locks: Locks,
    ) -> None:
        self._credentials = credentials
        self._files = files
        self._pickle_key = pickle_key
        self._vault = vault
        self._groups = groups
        self._locks = locks

    async def open(self) -> Session:
        """Return a session whose token was accepted just now, with its keys uploaded and its device signed.

        Raises:
            ChannelRefused: the credentials, or the kept keys, cannot be used.
            MatrixError: an error answer, or none.
        """
        chosen = self._credentials
        client = open_client(
            self._files, homeserver=chosen.homeserver, user_id=chosen.user_id, pickle_key=self._pickle_key
        )
        crypto = Crypto(client, files=self._files, vault=self._vault)
        try:
            account = await self._account(client)
            self._files.make_key_store(account.device_id)
            self._files.save(account)
            fingerprint = await self._open_keys(crypto, account)
            account = replace(account, fingerprint=fingerprint)
            self._files.save(account)
            signing = CrossSigning(client, crypto, vault=self._vault)
            await self._sign(signing, account)
            rooms, timeline = Rooms(client, groups=self._groups, vault=self._vault), Timeline(client, crypto)
            reader = Reader(account=f"matrix:{account.user_id}", user_id=account.user_id)
            courier = Courier(client, crypto, locks=self._locks)
            verifier = Verifier(courier, crypto, rooms, signing, account=account, reader=reader)
            intake = Intake(crypto, rooms, timeline, reader, verifier, vault=self._vault)
            await rooms.load()
            await intake.load()
        except BaseException:
            await client.close()
            raise
        return Session(
            account=account,
            client=client,
            crypto=crypto,
            signing=signing,
            rooms=rooms,
            timeline=timeline,
            reader=reader,
            intake=intake,
            verifier=verifier,
        )

    async def _account(self, client: HomeserverClient) -> Account:
        chosen = self._credentials
        kept = self._files.load(homeserver=chosen.homeserver, user_id=chosen.user_id)
        if kept is not None and chosen.access_token in (None, kept.access_token):
            if self._files.key_store(kept.device_id).exists():
                return await self._kept(client, kept)
            if chosen.password is None:
                raise ChannelRefused(
                    "The Matrix key store is lost; restore it, or give a password or a new access token."
                )
            _log.warning("the Matrix key store of device %s is lost; a new device takes its place", kept.device_id)
            await self._log_out(client, kept)
        if chosen.access_token is not None:
            return await self._given(client, chosen.access_token)
        return await self._log_in(client, device_id=None)

    async def _kept(self, client: HomeserverClient, kept: Account) -> Account:
        client.access_token = kept.access_token
        try:
            await client.call("GET", "/account/whoami")
        except MatrixError as error:
            if not error.is_dead_token or self._credentials.password is None:
                raise
            # Only after a soft logout is it the same device still:
            # https://spec.matrix.org/latest/client-server-api/#soft-logout
            device = kept.device_id if error.answer.soft_logout else None
            _log.warning("the kept access token for Matrix is dead, so the bot signs in anew")
            return await self._log_in(client, device_id=device)
        return kept

    async def _given(self, client: HomeserverClient, access_token: str) -> Account:
        client.access_token = access_token
        told = await client.call("GET", "/account/whoami")
        user_id, device_id = told.get("user_id"), told.get("device_id")
        if user_id != self._credentials.user_id:
            raise ChannelRefused("The access token for Matrix is of another user than HUBTALK_MATRIX__USER_ID.")
        if not isinstance(device_id, str):
            raise ChannelRefused("The access token for Matrix has no device; make one by logging in.")
        if not self._files.key_store(device_id).exists() and await self._has_keys(client, device_id=device_id):
            raise ChannelRefused(
                "The device of the Matrix access token has keys that are not here; restore them, or give a new token."
            )
        return Account(
            homeserver=self._credentials.homeserver, user_id=user_id, device_id=device_id, access_token=access_token
        )

    async def _log_in(self, client: HomeserverClient, *, device_id: str | None) -> Account:
        chosen = self._credentials
        if chosen.password is None:
            raise ChannelRefused("Matrix needs a password or an access token.")
        content = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": chosen.user_id},
            "password": chosen.password,
            "initial_device_display_name": chosen.device_name,
        }
        client.access_token = ""
        told = await client.call("POST", "/login", content | ({"device_id": device_id} if device_id else {}))
        try:
            account = Account(
                homeserver=chosen.homeserver,
                user_id=str(told["user_id"]),
                device_id=str(told["device_id"]),
                access_token=str(told["access_token"]),
            )
        except KeyError:
            raise no_answer("login", cause="an answer that is not as specified") from None
        client.access_token = account.access_token
        _log.info("signed in to Matrix as device %s", account.device_id)
        return account

    async def _log_out(self, client: HomeserverClient, account: Account) -> None:
        """Take away a device whose keys are lost: what people send to it nobody can read."""
        client.access_token = account.access_token
        try:
            await client.call("POST", "/logout")
        except MatrixError as error:
            _log.info("the old device was not logged out: %s", error)
        self._files.forget()

    async def _has_keys(self, client: HomeserverClient, *, device_id: str) -> bool:
        user_id = self._credentials.user_id
        told = await client.call("POST", "/keys/query", {"device_keys": {user_id: []}})
        return device_id in told.get("device_keys", {}).get(user_id, {})

    async def _open_keys(self, crypto: Crypto, account: Account) -> str:
        try:
            return await crypto.open(
                user_id=account.user_id, device_id=account.device_id, access_token=account.access_token
            )
        except BROKEN_STORE as error:
            raise ChannelRefused(
                "The Matrix key store cannot be opened: it is damaged, or was made with another HUBTALK_SECRET."
            ) from error

    async def _sign(self, signing: CrossSigning, account: Account) -> None:
        try:
            await signing.establish(
                device_id=account.device_id, fingerprint=account.fingerprint, password=self._credentials.password
            )
        except MatrixError as error:
            if error.is_dead_token:
                raise
            # People are warned of an unsigned device, or see none of its messages; but talking on is better than not.
            _log.warning("the Matrix device could not be signed: %s", error)
