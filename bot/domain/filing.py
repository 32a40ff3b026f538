"""Files both ways, pure: a sent file as an answer, what its bytes must be, and the media that a question shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.domain.messages import Attachment, FileTrouble, SentMedia
from bot.domain.outcomes import FileReceived, JobPlanned
from bot.domain.speech import Speaker
from bot.forms.model import ATTACHED, Form, Question, Texts

MEGABYTE = 1024 * 1024
FILE_LIMIT = 20 * MEGABYTE
"""Bytes of a file that a person sends, unless set otherwise: what Telegram hands to a bot at most
(https://core.telegram.org/bots/api#getfile)."""

FETCH = "fetch"
"""The kind of job that brings a file after the commit."""

Family = Literal["image", "audio", "video", "document"]

_ALLOWED: Mapping[str, tuple[Family, str]] = {
    "image/jpeg": ("image", "jpg"),
    "image/png": ("image", "png"),
    "image/gif": ("image", "gif"),
    "image/webp": ("image", "webp"),
    "image/heic": ("image", "heic"),
    "image/heif": ("image", "heif"),
    "audio/mpeg": ("audio", "mp3"),
    "audio/mp4": ("audio", "m4a"),
    "audio/aac": ("audio", "aac"),
    "audio/ogg": ("audio", "ogg"),
    "audio/wav": ("audio", "wav"),
    "audio/flac": ("audio", "flac"),
    "audio/amr": ("audio", "amr"),
    "audio/webm": ("audio", "weba"),
    "video/mp4": ("video", "mp4"),
    "video/quicktime": ("video", "mov"),
    "video/webm": ("video", "webm"),
    "video/3gpp": ("video", "3gp"),
    "application/pdf": ("document", "pdf"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("document", "docx"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("document", "xlsx"),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("document", "pptx"),
    "application/vnd.oasis.opendocument.text": ("document", "odt"),
    "application/vnd.oasis.opendocument.spreadsheet": ("document", "ods"),
    "application/vnd.oasis.opendocument.presentation": ("document", "odp"),
    "text/plain": ("document", "txt"),
    "text/csv": ("document", "csv"),
}
"""What is kept: nothing that runs, and nothing that a browser would run."""

_ALIASES: Mapping[str, str] = {
    "image/jpg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/x-aac": "audio/aac",
    "audio/opus": "audio/ogg",
    "application/ogg": "audio/ogg",
    "audio/wave": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/3gpp": "audio/amr",
    "video/x-m4v": "video/mp4",
}
_BY_EXTENSION: Mapping[str, str] = {
    **{extension: media_type for media_type, (_, extension) in _ALLOWED.items()},
    "jpeg": "image/jpeg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "m4v": "video/mp4",
}
# What Telegram sends under these kinds where it names no type.
_BY_KIND: Mapping[str, str] = {"photo": "image/jpeg", "voice": "audio/ogg", "video": "video/mp4"}
_FIRST_WORD: Mapping[str, str] = {"image": "photo", "audio": "audio", "video": "video", "file": "file"}
_SHOWN = ("image", "audio", "video")

assert set(_FIRST_WORD) == ATTACHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A sent file that answers a question. `value`: the name it is kept under; `name`: as its sender called it."""

    attachment: int
    value: str
    file_id: str
    name: str
    size: int | None
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a file is no answer to a question of this type; `limit` in bytes."""

    why: FileTrouble
    type: str
    limit: int

    def words(self, say: Speaker) -> str:
        """Say it, with the limit or the allowed types named."""
        return said_of(self.why, type_=self.type, limit=self.limit, say=say)


def said_of(why: FileTrouble, *, type_: str, limit: int, say: Speaker) -> str:
    """Return why a file could not be taken, in the words of a language."""
    megabytes = max(1, limit // MEGABYTE)
    return say(f"file.{why}", limit=megabytes, expected=say(f"file.expected_{type_}"))


def take(question: Question, sent: SentMedia, *, new_id: int, limit: int = FILE_LIMIT) -> Kept | Refused:
    """Decide whether what a person sent answers a question of an `ATTACHED` type; the bytes are looked at later.

    Args:
        question: its type says what may be sent.
        sent: as the platform tells it, which may be wrong in everything.
        new_id: of the attachment; it makes the stored name unique.
        limit: bytes.
    """
    media_type = _media_type(sent)
    if media_type is None or not _fits(question.type, media_type):
        return Refused(why="wrong_type", type=question.type, limit=limit)
    if sent.file_id is None:
        return Refused(why="nothing", type=question.type, limit=limit)
    if sent.size is not None and sent.size > limit:
        return Refused(why="too_large", type=question.type, limit=limit)
    # Nothing of the sender's own name: it may lead anywhere, and may name people.
    value = f"{_FIRST_WORD[question.type]}-{new_id}.{_ALLOWED[media_type][1]}"
    return Kept(
        attachment=new_id,
        value=value,
        file_id=sent.file_id,
        name=sent.name or "",
        size=sent.size,
        media_type=media_type,
    )


def received(
    kept: Kept, *, response: int, path: str, instance: int = 0, sender: str, job: int
) -> tuple[FileReceived, JobPlanned]:
    """Return the facts that go with such an answer: its row, and the job that fetches it after the commit.

    sender: the platform's id of the person, by whom a lost file is told.
    """
    row = FileReceived(
        attachment=kept.attachment,
        response=response,
        path=path,
        instance=instance,
        value=kept.value,
        file_id=kept.file_id,
        name=kept.name,
        size=kept.size,
        media_type=kept.media_type,
    )
    return row, JobPlanned(job=job, kind=FETCH, data={"attachment": kept.attachment, "sender": sender})


def confirmed(claimed: str, found: Collection[str]) -> str | None:
    """Return the type that a file's bytes have, None if it is no allowed one or not of the family that was claimed.

    Phones mislabel pictures and recordings within a family, and that does no harm; a document is what it says.
    """
    family = _ALLOWED[claimed][0]
    if claimed in found:
        return claimed
    if family == "document":
        return None
    return next((each for each in sorted(found) if each in _ALLOWED and _ALLOWED[each][0] == family), None)


def media_of(question: Question, *, form: Form, version: int, language: str) -> tuple[Attachment, ...]:
    """Return the files that are sent with a question and its choices; each is a reference into the form's version."""
    found = [_reference(texts, form=form, version=version, language=language) for texts in _in_order(question.media)]
    for number, choice in enumerate(question.choices, start=1):
        caption = f"{number} · {form.say(choice.label, language) or choice.name}"
        found += [
            _reference(texts, form=form, version=version, language=language, caption=caption)
            for texts in _in_order(choice.media)
        ]
    return tuple(attachment for attachment in found if attachment is not None)


def media_names(form: Form) -> frozenset[str]:
    """Return the names of all files that a form shows, in any language."""
    owners = [media for question in form.questions for media in (question.media, *(c.media for c in question.choices))]
    return frozenset(name for media in owners for texts in _in_order(media) for name in texts.values() if name)


def media_type_of(name: str) -> str:
    """Return the media type that a file's name stands for."""
    return _BY_EXTENSION.get(_extension(name), "application/octet-stream")


def _in_order(media: Mapping[str, Texts]) -> list[Texts]:
    return [media[kind] for kind in _SHOWN if kind in media]


def _reference(texts: Texts, *, form: Form, version: int, language: str, caption: str = "") -> Attachment | None:
    name = form.say(texts, language)
    if not name:
        return None
    return Attachment(name, media_type_of(name), source=f"form:{version}:{name}", caption=caption)


def _fits(type_: str, media_type: str) -> bool:
    return type_ == "file" or _ALLOWED[media_type][0] == type_


def _media_type(sent: SentMedia) -> str | None:
    """Return the type a file seems to have; what is too general, or not allowed, is judged by the name."""
    if sent.kind not in ("photo", "voice", "video", "document"):
        return None
    told = (sent.media_type or "").partition(";")[0].strip().lower()
    told = _ALIASES.get(told, told)
    if told in _ALLOWED:
        return told
    named = _BY_EXTENSION.get(_extension(sent.name or ""))
    return named or (None if told else _BY_KIND.get(sent.kind))


def _extension(name: str) -> str:
    _, dot, extension = name.rpartition(".")
    return extension.lower() if dot else ""
