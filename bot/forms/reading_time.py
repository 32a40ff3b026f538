"""How long a form takes: reading its texts, making up one's mind, typing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.forms.model import ATTACHED, LONG_LIST, Form, Question, Texts

# Reading: the International Reading Speed Texts (Trauzettel-Klosinski and Dietz 2012) were read at 179 words a minute
# in German, 228 in English. Typing: Palin and others (2019) measured 36 words a minute on phones. The rest is our own
# assumption, on the generous side.
WORDS_A_MINUTE: Mapping[str, int] = {"de": 179, "en": 228}
WORDS_A_MINUTE_ELSEWHERE = 200
TYPED_WORDS_A_MINUTE = 36
TYPED_WORDS, TYPED_WORDS_OF_MANY_LINES = 8, 15
SECONDS_TO_CHOOSE, SECONDS_TO_THINK_OF_A_TEXT, SECONDS_TO_RANK_ONE, SECONDS_TO_TAKE_A_PICTURE = 3, 5, 2, 20


def minutes_of(form: Form, *, language: str = "", only: Iterable[Question] | None = None) -> float:
    """Return the minutes for somebody who is asked everything (or `only` some questions); a repeat counts once."""
    said = language or next(iter(form.languages), "")
    return sum(seconds_of(question, form=form, language=said) for question in only or form.questions) / 60


def seconds_of(question: Question, *, form: Form, language: str) -> float:
    """Return the seconds that one question takes; what nobody sees takes none."""
    if question.type in ("calculate", "hidden"):
        return 0
    speed = WORDS_A_MINUTE.get(language.partition("-")[0], WORDS_A_MINUTE_ELSEWHERE)
    listed = question.choices[:LONG_LIST]  # nobody reads all municipalities: one types a part of the name
    texts: list[Texts] = [question.label, question.hint, *(choice.label for choice in listed)]
    reading = sum(len(form.say(text, language).split()) for text in texts) / speed * 60
    return reading + (_answering(question) if question.asked else 0)


def _answering(question: Question) -> float:
    if question.type in ATTACHED:
        return SECONDS_TO_TAKE_A_PICTURE
    if question.type == "rank":
        return SECONDS_TO_CHOOSE + SECONDS_TO_RANK_ONE * len(question.choices)
    if question.choices or question.filtered or question.type in ("acknowledge", "geopoint"):
        return SECONDS_TO_CHOOSE
    words = TYPED_WORDS if question.type == "text" else 1
    if question.type == "text" and ("multiline" in question.appearance or "rows" in question.parameters):
        words = TYPED_WORDS_OF_MANY_LINES
    return SECONDS_TO_THINK_OF_A_TEXT + words / TYPED_WORDS_A_MINUTE * 60
