"""Which files answer which questions, under which names, and with which words others are refused."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.filing import Kept, Refused, confirmed, media_names, media_of, take
from bot.domain.messages import Attachment, SentMedia
from bot.forms.model import Choice, Form, Question, QuestionType
from bot.texts import load_texts

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def question(type_: QuestionType) -> Question:
    return Question(path="hall", name="hall", type=type_)


def taken(type_: QuestionType, kind: str = "document", *, size: int | None = 100, **told: Any) -> Kept | Refused:
    return take(question(type_), SentMedia(kind, file_id="f", size=size, **told), new_id=7, limit=1000)


@pytest.mark.parametrize(
    ("type_", "kind", "told", "value"),
    [
        ("image", "photo", {"media_type": "image/jpeg"}, "photo-7.jpg"),
        ("image", "photo", {}, "photo-7.jpg"),
        ("image", "document", {"media_type": "image/png", "name": "halle.bin"}, "photo-7.png"),
        ("image", "document", {"media_type": "application/octet-stream", "name": "IMG_1.HEIC"}, "photo-7.heic"),
        ("audio", "voice", {"media_type": "audio/ogg; codecs=opus"}, "audio-7.ogg"),
        ("audio", "voice", {"name": "lied.mp3"}, "audio-7.mp3"),
        ("audio", "document", {"media_type": "audio/x-m4a"}, "audio-7.m4a"),
        ("video", "video", {}, "video-7.mp4"),
        ("video", "video", {"media_type": "video/quicktime"}, "video-7.mov"),
        ("file", "document", {"media_type": "application/pdf", "name": "../../etc/passwd"}, "file-7.pdf"),
        ("file", "document", {"media_type": DOCX}, "file-7.docx"),
        ("file", "photo", {"media_type": "image/jpeg"}, "file-7.jpg"),
    ],
)
def test_a_fitting_file_is_kept_under_a_name_of_our_own(
    type_: QuestionType, kind: str, told: dict[str, Any], value: str
) -> None:
    kept = taken(type_, kind, **told)
    assert isinstance(kept, Kept)
    assert (kept.value, kept.file_id, kept.attachment) == (value, "f", 7)


@pytest.mark.parametrize(
    ("type_", "kind", "told"),
    [
        ("image", "voice", {"media_type": "audio/ogg"}),
        ("image", "sticker", {"media_type": "image/webp"}),
        ("image", "document", {"media_type": "image/svg+xml", "name": "a.svg"}),
        ("audio", "photo", {}),
        ("video", "document", {"media_type": "application/pdf"}),
        ("file", "document", {"media_type": "application/x-msdownload", "name": "setup.exe"}),
        ("file", "document", {"media_type": "text/html", "name": "a.html"}),
        ("file", "document", {"media_type": "application/zip", "name": "a.zip"}),
        ("file", "document", {"name": "no extension"}),
        ("file", "contact", {}),
    ],
)
def test_another_kind_of_file_is_refused(type_: QuestionType, kind: str, told: dict[str, Any]) -> None:
    refused = taken(type_, kind, **told)
    assert isinstance(refused, Refused)
    assert refused.why == "wrong_type"


def test_a_file_over_the_limit_is_refused_before_it_is_fetched() -> None:
    assert taken("image", "photo", size=1001) == Refused(why="too_large", type="image", limit=1000)
    assert isinstance(taken("image", "photo", size=1000), Kept)
    assert isinstance(taken("image", "photo", size=None), Kept)


def test_a_file_that_cannot_be_fetched_is_none() -> None:
    refused = take(question("image"), SentMedia("photo"), new_id=1)
    assert refused == Refused(why="nothing", type="image", limit=20 * 1024 * 1024)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("why", ["too_large", "wrong_type", "nothing", "gone"])
@pytest.mark.parametrize("type_", ["image", "audio", "video", "file"])
def test_every_refusal_names_the_limit_and_what_is_expected(language: str, why: str, type_: str) -> None:
    say = load_texts(("de", "en"), timezone=ZoneInfo("Europe/Berlin")).speaker(language)
    words = Refused(why=why, type=type_, limit=20 * 1024 * 1024).words(say)  # type: ignore[arg-type]
    assert "20 MB" in words
    assert say(f"file.expected_{type_}") in words


def test_within_a_family_the_bytes_decide_and_a_document_is_what_it_says() -> None:
    assert confirmed("image/jpeg", {"image/png"}) == "image/png"
    assert confirmed("audio/mp4", {"video/mp4", "audio/mp4"}) == "audio/mp4"
    assert confirmed("image/jpeg", {"application/pdf"}) is None
    assert confirmed("application/pdf", {DOCX}) is None
    assert confirmed("application/pdf", set()) is None


SHOWN = Question(
    path="hall",
    name="hall",
    type="select_one",
    media={"audio": {"de": "halle.mp3"}, "image": {"de": "halle.png", "en": "hall.png"}},
    choices=(
        Choice(name="a", label={"de": "Groß", "en": "Large"}, media={"image": {"": "large.jpg"}}),
        Choice(name="b", label={"de": "Klein"}),
    ),
)
FORM = Form(name="f", title={}, version="", languages=("de", "en"), questions=(SHOWN,))


def test_media_are_references_in_the_persons_language_pictures_first() -> None:
    assert media_of(SHOWN, form=FORM, version=12, language="en") == (
        Attachment("hall.png", "image/png", source="form:12:hall.png"),
        Attachment("halle.mp3", "audio/mpeg", source="form:12:halle.mp3"),
        Attachment("large.jpg", "image/jpeg", source="form:12:large.jpg", caption="1 · Large"),
    )
    assert media_of(question("text"), form=FORM, version=12, language="de") == ()


def test_a_form_names_the_media_of_all_languages() -> None:
    assert media_names(FORM) == {"halle.png", "hall.png", "halle.mp3", "large.jpg"}
