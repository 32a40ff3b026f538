"""The notices and texts are complete, alike in both languages, and hold only the fields that the bot fills in."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.unit.content.sheets import CONTENT

CHANNELS = ("matrix", "telegram")
LINES = ("notice/also-matrix", *(f"notice/{channel}" for channel in CHANNELS))
NAMES = ("notice/privacy", "notice/short", "notice/staff", *LINES, "texts/thanks", "texts/welcome")
FIELDS = {
    "notice/privacy": {"hub", "controller", "contact", "dpo"},
    "notice/staff": {"hub", "controller", "contact", "dpo"},
    "notice/short": {"controller"},
    "notice/also-matrix": {"matrix"},
}
LANGUAGES = ("de", "en")
COMMANDS = {
    "notice/privacy": {"de": {"/vergessen", "/meinedaten"}, "en": {"/forget", "/mydata"}},
    "notice/short": {"de": {"/vergessen", "/meinedaten"}, "en": {"/forget", "/mydata"}},
    "notice/staff": {"de": {"/vergessen"}, "en": {"/forget"}},
    "texts/thanks": {"de": {"/umfrage"}, "en": {"/survey"}},
}
MESSAGE = 4096  # characters of one Telegram message (Bot API, sendMessage)
ARTICLES = ("13", "15", "16", "17", "18", "20", "26", "28", "77")

each_text = pytest.mark.parametrize("name", NAMES)
each_language = pytest.mark.parametrize("language", LANGUAGES)


def text(name: str, language: str) -> str:
    return (CONTENT / f"{name}.{language}.md").read_text(encoding="utf-8")


def test_both_languages_have_the_same_files_and_no_others() -> None:
    found = {str(path.relative_to(CONTENT)) for folder in ("notice", "texts") for path in (CONTENT / folder).iterdir()}
    assert found == {f"{name}.{language}.md" for name in NAMES for language in LANGUAGES}


@each_text
@each_language
def test_a_text_has_exactly_its_fields(name: str, language: str) -> None:
    fields = set(re.findall(r"\{(.*?)\}", text(name, language)))
    assert fields == FIELDS.get(name, set())
    filled = text(name, language).format_map(dict.fromkeys(fields, "x"))
    assert "{" not in filled
    assert "}" not in filled


@each_text
@each_language
def test_a_text_is_plain_and_ends_with_one_line_end(name: str, language: str) -> None:
    said = text(name, language)
    assert said == said.strip() + "\n"
    assert not re.search(r"^#|\*\*|__|\]\(|<[a-z]", said, re.MULTILINE)


@each_text
@each_language
def test_a_text_names_the_commands_of_its_own_language(name: str, language: str) -> None:
    assert set(re.findall(r"(?<!\S)/[a-z]+", text(name, language))) == COMMANDS.get(name, {}).get(language, set())


@each_text
def test_both_languages_say_as_much(name: str) -> None:
    german, english = (text(name, language).splitlines() for language in LANGUAGES)
    assert len(german) == len(english)
    assert [line[:2] for line in german if line[:1] in "·123456"] == [
        line[:2] for line in english if line[:1] in "·123456"
    ]


@each_language
def test_the_short_notice_has_three_to_five_lines_with_the_line_of_the_channel(language: str) -> None:
    assert 3 <= len(text("notice/short", language).splitlines()) <= 5
    for line in LINES:
        assert len(text(line, language).splitlines()) == 1


@each_language
def test_the_full_notice_fits_into_one_message_with_long_names_filled_in(language: str) -> None:
    long_name = (
        "Eine Hochschule mit einem langen Namen, Musterstraße 1, 12345 Musterstadt, datenschutz@hochschule.example"
    )
    filled = text("notice/privacy", language).format_map(dict.fromkeys(FIELDS["notice/privacy"], long_name))
    assert len(filled.encode("utf-16-le")) // 2 <= MESSAGE


@each_language
def test_the_full_notice_says_what_gdpr_article_13_demands(language: str) -> None:
    said = text("notice/privacy", language)
    law = {"de": "DSGVO", "en": "GDPR"}[language]
    for article in ARTICLES[1:]:
        assert re.search(rf"Art\. {article}\b", said), article
    consent = {"de": "Art. 6 Abs. 1 Buchst. a DSGVO", "en": "Art. 6(1)(a) GDPR"}[language]
    assert consent in said
    assert said.count(law) >= 6
    assert "LDI NRW" in said


@each_language
def test_the_notices_say_of_each_channel_what_others_see_and_keep_matrix_first(language: str) -> None:
    """For a hub with one of them it is true as well: each part says which channel it speaks of."""
    full, staff = text("notice/privacy", language), text("notice/staff", language)
    lines = [line for line in full.splitlines() if line.startswith(tuple(f"· {name.title()}: " for name in CHANNELS))]
    assert [line.partition(":")[0] for line in lines] == ["· Matrix", "· Telegram"]
    matrix, telegram = lines
    seen = {
        "de": ("wer wem wann schreibt", "außer Reaktionen", "für uns"),
        "en": ("who writes", "except reactions", "for us"),
    }
    for words in seen[language]:
        assert words in matrix
    unsealed = {"de": "nicht Ende-zu-Ende verschlüsselt", "en": "not end-to-end encrypted"}[language]
    assert unsealed in telegram and unsealed in staff
    for said in (full, staff):
        assert 0 < said.index("Matrix:") < said.index("Telegram:")


@each_language
def test_the_notices_promise_no_erasure_of_what_lies_with_others(language: str) -> None:
    stays = {"de": "auch wenn wir löschen", "en": "even if we erase"}[language]
    for name in ("notice/matrix", "notice/telegram", "notice/staff"):
        assert stays in text(name, language)
    remains = {"de": "Der Chat selbst bleibt. Matrix: ", "en": "The chat itself remains. Matrix: "}[language]
    assert remains in text("notice/privacy", language)
    database = {"de": "bleiben in unserer Datenbank nur", "en": "only these remain in our database"}[language]
    assert database in text("notice/privacy", language)


@each_language
def test_no_notice_names_a_channel_where_it_is_shown_to_all(language: str) -> None:
    assert not re.search("matrix|telegram", text("notice/short", language), re.IGNORECASE)


@each_language
def test_the_version_in_the_notices_is_that_of_the_hub(language: str) -> None:
    version = tomllib.loads((CONTENT / "hub.toml").read_text(encoding="utf-8"))["notice"]["version"]
    word = {"de": "Fassung", "en": "Version"}[language]
    for name in ("notice/privacy", "notice/staff"):
        assert text(name, language).splitlines()[-1] == f"{word} {version}"


@each_text
def test_nobody_is_addressed_informally(name: str) -> None:
    assert not re.search(r"\b([Dd]u|[Dd]ich|[Dd]ir|[Dd]ein\w*|[Ee]uch|[Ee]uer)\b", text(name, "de"))
