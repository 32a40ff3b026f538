"""One respondent's walk through a form: what is answered, what is asked next, what an answer changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Literal

from bot.domain.outcomes import AnswerState, AnswerStored, InterviewState
from bot.domain.people import ContactId
from bot.forms import engine
from bot.forms.model import Form, Group, Question, Value

END = "#end"  # the position after the last question: only sending in is left

_DONE: frozenset[AnswerState] = frozenset({"given", "skipped", "unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a question holds now. `relevant` False: kept aside, comes back when its path opens again."""

    state: AnswerState
    value: Value | None
    relevant: bool = True
    answered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """A response and where its contact stands in it."""

    id: int
    response: int
    state: InterviewState
    position: str
    tries: int
    touched_at: datetime
    form: Form
    form_state: Literal["draft", "open", "closed"]
    status: Literal["partial", "submitted"]
    submitted_at: datetime | None
    language: str
    answers: Mapping[str, Answer]


class Walk:
    """A form with one state of its answers; immutable, everything else is worked out from that when asked for."""

    def __init__(self, form: Form, answers: Mapping[str, Answer], moment: engine.Moment) -> None:
        self.form = form
        self.answers = answers
        self.moment = moment

    @cached_property
    def settled(self) -> engine.Settled:
        """The form's expressions, worked out for these answers."""
        given = {path: answer.value for path, answer in self.answers.items() if answer.value is not None}
        return engine.settle(self.form, given, self.moment)

    @cached_property
    def asked(self) -> tuple[Question, ...]:
        """The questions that this contact is asked, in order, as far as one can tell now."""
        relevant = self.settled.relevant
        return tuple(question for question in self.form.questions if question.asked and question.path in relevant)

    def is_done(self, path: str) -> bool:
        """Whether the contact has dealt with this question (a mere default does not count)."""
        answer = self.answers.get(path)
        return answer is not None and answer.state in _DONE

    def value(self, path: str) -> Value | None:
        """Return what the question holds, also a default."""
        answer = self.answers.get(path)
        return answer.value if answer else None

    def next_open(self, *, after: str = "") -> Question | None:
        """Return the first open question after that one, else the first open one at all, else None."""
        waiting = [question for question in self.asked if not self.is_done(question.path)]
        if not waiting:
            return None
        order = {question.path: number for number, question in enumerate(self.form.questions)}
        here = order.get(after, -1)
        return next((question for question in waiting if order[question.path] > here), waiting[0])

    def before(self, position: str) -> Question | None:
        """Return the question asked before that position, or None at the beginning."""
        if position == END:
            return self.asked[-1] if self.asked else None
        earlier: Question | None = None
        for question in self.form.questions:
            if question.path == position:
                return earlier
            if question.asked and question.path in self.settled.relevant:
                earlier = question
        return earlier

    def place(self, path: str) -> tuple[int, int]:
        """Return number and about how many: (7, 15)."""
        for number, question in enumerate(self.asked, start=1):
            if question.path == path:
                return number, len(self.asked)
        return len(self.asked), len(self.asked)

    def group(self, question: Question) -> Group | None:
        """Return the innermost group around the question that has a label."""
        groups = (self.form.group_by_path.get(path) for path in reversed(question.groups))
        return next((group for group in groups if group is not None and any(group.label.values())), None)

    def notes_before(self, path: str) -> list[Question]:
        """Return the notes that stand between the question asked before and this one (or the end)."""
        notes: list[Question] = []
        for question in self.form.questions:
            if question.path == path:
                return notes
            if question.path not in self.settled.relevant:
                continue
            if question.type == "note":
                notes.append(question)
            elif question.asked:
                notes = []
        return notes

    def is_required(self, path: str) -> bool:
        """Whether the question must be answered."""
        return engine.is_required(self.form, path, self.settled, self.moment)

    def accepts(self, path: str, value: Value) -> bool:
        """Whether the value satisfies the question's constraint."""
        return engine.satisfies(self.form, path, value, self.settled, self.moment)

    def say(self, text: str, language: str) -> str:
        """Return a label with the answers it mentions filled in."""
        return engine.pipe(self.form, text, self.settled, language)

    def refused_at_the_end(self) -> Question | None:
        """Return the first question whose answer does not fit any more, since an earlier one was changed."""
        for question in self.asked:
            value = self.value(question.path)
            if value is None:
                if self.is_required(question.path):
                    return question
            elif not self.accepts(question.path, value):
                return question
        return None

    def with_answer(self, path: str, *, state: AnswerState, value: Value | None) -> Walk:
        """Return the walk after this answer, relevance and calculations worked out again."""
        answers = dict(self.answers)
        answers[path] = Answer(state=state, value=value, answered_at=self.moment.now)
        return Walk(self.form, answers, self.moment).tidied()

    def tidied(self) -> Walk:
        """Return the walk with relevance marks and calculated answers as its own answers make them."""
        settled = self.settled
        answers = dict(self.answers)
        for path, value in settled.calculated.items():
            answers[path] = Answer(state="calculated", value=value, answered_at=self.moment.now)
        for path, answer in answers.items():
            relevant = path in settled.relevant
            if answer.relevant is not relevant:
                answers[path] = replace(answer, relevant=relevant)
        walk = Walk(self.form, answers, self.moment)
        walk.__dict__["settled"] = settled  # marks and calculations are what `settled` says: it would come out the same
        return walk

    def changes_from(
        self, earlier: Mapping[str, Answer], *, response: int, contact: ContactId
    ) -> Iterator[AnswerStored]:
        """Yield a fact for each answer that is not as it was."""
        for path, answer in self.answers.items():
            old = earlier.get(path)
            if old is not None and (old.state, old.value, old.relevant) == (
                answer.state,
                answer.value,
                answer.relevant,
            ):
                continue
            by_person = answer.state in _DONE and (
                old is None or (old.state, old.value) != (answer.state, answer.value)
            )
            yield AnswerStored(
                response=response,
                path=path,
                state=answer.state,
                value=answer.value,
                relevant=answer.relevant,
                by_person=by_person,
                contact=contact,
            )


def first_walk(form: Form, moment: engine.Moment) -> Walk:
    """Return the walk of somebody who has just begun: defaults and calculations are in place."""
    answers = {
        path: Answer(state="default", value=value, answered_at=moment.now)
        for path, value in engine.defaults(form, moment).items()
    }
    return Walk(form, answers, moment).tidied()
