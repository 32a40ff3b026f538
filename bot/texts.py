"""The catalogue of everything hubtalk says to people: gettext files, read once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.messages.pofile import read_po

DOMAIN = "hubtalk.po"


class Speaker:
    """Texts in one language. Keys are the catalogue's message ids; plural forms are the language's own two."""

    __slots__ = ("_plurals", "_texts", "_timezone", "language")

    def __init__(
        self, language: str, texts: Mapping[str, str], plurals: Mapping[str, tuple[str, ...]], *, timezone: ZoneInfo
    ) -> None:
        self.language = language
        self._texts = texts
        self._plurals = plurals
        self._timezone = timezone

    def __call__(self, key: str, **parameters: object) -> str:
        """Return the text of `key` with its fields filled."""
        text = self._texts[key]
        return text.format(**parameters) if parameters else text

    def count(self, key: str, number: int, **parameters: object) -> str:
        """Return the plural form that fits `number`; German and English both say one, and other than one."""
        one, other = self._plurals[key]
        return (one if number == 1 else other).format(number=number, **parameters)

    def day(self, moment: datetime) -> str:
        """Return the local day in words."""
        return _day(moment.astimezone(self._timezone).date().toordinal(), self.language)

    def clock(self, moment: datetime) -> str:
        """Return the local time of day."""
        return moment.astimezone(self._timezone).strftime("%H:%M")


@lru_cache(maxsize=256)
def _day(ordinal: int, language: str) -> str:
    locale = "en_GB" if language == "en" else language
    return format_date(datetime.fromordinal(ordinal), format="long", locale=locale)


class Texts:
    """Speakers by language."""

    def __init__(self, speakers: Mapping[str, Speaker], *, default: str) -> None:
        self._speakers = speakers
        self._default = default

    def speaker(self, language: str) -> Speaker:
        """Return the speaker of `language`, or of the default language."""
        return self._speakers.get(language) or self._speakers[self._default]


def load_texts(languages: tuple[str, ...], *, timezone: ZoneInfo) -> Texts:
    """Read the shipped catalogues of these languages.

    Raises:
        FileNotFoundError: there is no catalogue for one of them.
    """
    speakers = {}
    for language in languages:
        source = files("config") / "locales" / language / "LC_MESSAGES" / DOMAIN
        with source.open("rb") as stream:
            catalogue = read_po(stream, locale=language, abort_invalid=True)
        texts: dict[str, str] = {}
        plurals: dict[str, tuple[str, ...]] = {}
        for message in catalogue:
            match message.id, message.string:
                case (str(key), *_), (str(one), str(other)):
                    plurals[key] = (one, other)
                case str(key), str(text) if key:
                    texts[key] = text
                case _:
                    pass  # the header
        speakers[language] = Speaker(language, texts, plurals, timezone=timezone)
    return Texts(speakers, default=languages[0])
