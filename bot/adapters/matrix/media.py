"""Files to and from the content repository: encrypted where the room is, pictures with their small version."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from nio import EncryptionError
from nio.crypto import decrypt_attachment, encrypt_attachment

from bot.adapters.matrix import outbound, pictures
from bot.adapters.matrix.api import HomeserverClient
from bot.adapters.matrix.errors import MatrixError, delivery_error, download_error
from bot.domain.messages import Attachment
from bot.errors import Refused

_MALFORMED = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError)


async def upload(client: HomeserverClient, attachment: Attachment, *, encrypted: bool) -> outbound.Contents:
    """Upload a file and what belongs to it; return the content that shows it.

    Raises:
        DeliveryError: one of its family; the message itself has not left.
    """
    picture = None
    if attachment.media_type.startswith("image/"):
        # Unpacking takes its time, and others wait for the loop.
        picture = await asyncio.to_thread(pictures.look, attachment.content)
    small = None if picture is None else picture.thumbnail
    try:
        thumbnail = None
        if small is not None:
            thumbnail = await _put(client, small.content, media_type=small.media_type, name="", encrypted=encrypted)
        source = await _put(
            client, attachment.content, media_type=attachment.media_type, name=attachment.name, encrypted=encrypted
        )
    except MatrixError as error:
        raise delivery_error(error, is_out=False) from error
    return outbound.file_content(attachment, source=source, picture=picture, thumbnail=thumbnail)


async def download(client: HomeserverClient, file_id: str, *, limit: int) -> bytes:
    """Return a file that somebody sent, decrypted if it was encrypted.

    Raises:
        DeliveryError: `Refused` with reason `too_large` or `gone`, or another of its family.
    """
    try:
        source = orjson.loads(file_id)
        server, _, media_id = str(source["url"]).removeprefix("mxc://").partition("/")
        content = await client.get_file(server, media_id, limit=limit)
        if content is not None and "key" in source:
            content = decrypt_attachment(content, source["key"]["k"], source["hashes"]["sha256"], source["iv"])
    except MatrixError as error:
        raise download_error(error) from error
    except (*_MALFORMED, EncryptionError) as error:
        raise Refused("The file cannot be read.", reason="gone") from error
    if content is None:
        raise Refused(f"The file is larger than {limit} bytes.", reason="too_large")
    return bytes(content)


async def _put(
    client: HomeserverClient, content: bytes, *, media_type: str, name: str, encrypted: bool
) -> Mapping[str, Any]:
    """Upload bytes and return where they are: `{"url": …}`, or `{"file": …}` with a key of their own."""
    if not encrypted:
        return {"url": await client.put_file(content, media_type=media_type, name=name)}
    sealed, keys = encrypt_attachment(content)
    url = await client.put_file(bytes(sealed), media_type="application/octet-stream", name="")
    return {"file": {**keys, "url": url}}
