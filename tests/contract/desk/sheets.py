"""Small forms for tests, as compiled ones with the bytes they stand for."""

from __future__ import annotations

from bot.domain.desk import PublishForm
from bot.forms.model import Choice, Form, Question, QuestionType


def question(path: str, kind: QuestionType = "text", choices: str = "") -> Question:
    made = tuple(Choice(name=name, label={"de": name.upper(), "en": f"the {name}"}) for name in choices.split())
    return Question(path=path, name=path.rpartition("/")[2], type=kind, choices=made, label={"de": path})


def form(*questions: Question, title: str = "Needs") -> Form:
    return Form(name="needs", title={"": title}, version="", languages=("de", "en"), questions=questions)


SIZE = question("size", "integer")
TOPICS = question("topics", "select_multiple", "a b c")
WISH = question("wish")
FIRST = form(SIZE, TOPICS, WISH, question("hello", "note"), question("sum", "calculate"))


def publish(compiled: Form, source: bytes = b"1", *, draft: bool = False) -> PublishForm:
    return PublishForm(form=compiled, name="needs", file_name="needs.md", source=source, draft=draft)
