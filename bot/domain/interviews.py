"""One respondent's walk through a form: what is answered, what is asked next, what an answer changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from bot.domain import pages, records
from bot.domain.colleagues import Together
from bot.domain.outcomes import AnswerState, InterviewState, Outcome
from bot.domain.people import ContactId
from bot.domain.records import SAID, Answer, Repeated, parts_of
from bot.domain.stops import Phrases, Stop, in_english, line_of, stop_at
from bot.errors import FormError
from bot.forms import wording
from bot.forms.expressions.nodes import Instance
from bot.forms.expressions.values import moment_text
from bot.forms.markup import Piece
from bot.forms.model import Choice, Form, Group, Texts, Value
from bot.forms.rules import is_required, satisfies
from bot.forms.state import State

END = "#end"  # the position after the last question: only sending in is left


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """A response and where its contact stands in it.

    answers: by key (`records.key_of`); version: id of the version of the form that it is read by; revision: what the
    response was when it was read; together: of a response that is a company's.
    """

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
    instances: tuple[Repeated, ...] = ()
    version: int = 0
    revision: int = 0
    contact: ContactId | None = None
    together: Together | None = None

    @property
    def ended_elsewhere(self) -> bool:
        """Whether a colleague has sent the response in, and the contact has not read so yet."""
        sent_in = self.status == "submitted" and self.state == "finished"
        return sent_in and self.together is not None and self.position != END


class Walk:
    """A form with its answers, as they are and as they become."""

    def __init__(
        self,
        form: Form,
        state: State,
        answers: Mapping[str, Answer],
        *,
        instances: tuple[Repeated, ...] = (),
        new_id: Callable[[], int],
        phrases: Phrases = in_english,
        version: int = 0,
    ) -> None:
        self.form = form
        self.version = version
        self.state = state
        self.answers = dict(answers)
        self._before, self._instances = dict(answers), instances
        self._new_id = new_id
        self._taken: set[str] = set()
        self._phrases = phrases
        self.by: ContactId | None = None  # who walks
        self.shared = False  # whether others walk through the same response

    # --- what there is to ask ----------------------------------------------------------------------------------------

    @cached_property
    def line(self) -> tuple[Stop, ...]:
        """All places in document order, asked or not; choices not worked out yet."""
        return line_of(self.form, self.state, self._phrases)

    @cached_property
    def stops(self) -> tuple[Stop, ...]:
        """Everything that this contact is asked, in order, as far as one can tell now."""
        return tuple(stop for stop in self.line if stop.asked)

    @cached_property
    def _number(self) -> dict[str, int]:
        return {stop.key: number for number, stop in enumerate(self.line)}

    def stop(self, key: str, *, data: Mapping[str, Any] | None = None) -> Stop | None:
        """Return the place of that key if it is (still) asked, its choices in the order that a prompt showed."""
        found = self.place_of(key)
        return self._with_choices(found, shown=(data or {}).get("names")) if found is not None and found.asked else None

    def place_of(self, key: str) -> Stop | None:
        """Return the place of that key, asked or not."""
        if "line" in self.__dict__:
            number = self._number.get(key)
            return None if number is None else self.line[number]
        path, number = parts_of(key)
        instance = self.state.top if not number else self._instance(number)
        return stop_at(self.form, self.state, self._phrases, path=path, instance=instance) if instance else None

    def _instance(self, number: int) -> Instance | None:
        return next((made for made in records.all_instances(self.state.top) if made.id == number), None)

    def offers(self, stop: Stop, value: Value) -> bool:
        """Whether the choices that an expression gives hold those of an answer now."""
        if not stop.question.filtered:
            return True
        names = stop.instance.options.get(stop.question.path)
        return names is None or set(value if isinstance(value, tuple) else (value,)) <= set(names)

    def shows(self, data: Mapping[str, Any], key: str) -> bool:
        """Whether a prompt that remembers such data shows the choices that there are now."""
        stop = self.stop(key)
        names = [choice.name for choice in stop.question.choices] if stop is not None else []
        if "sum" in data:
            return bool(data["sum"] == pages.sum_of(names))
        return "names" not in data or list(data["names"]) == names

    def _with_choices(self, stop: Stop, *, shown: list[str] | None = None) -> Stop:
        question = stop.question
        if not question.filtered:
            return stop
        names = shown if shown is not None else stop.instance.options.get(question.path, ())
        return replace(stop, question=replace(question, choices=tuple(self._choice(stop, name) for name in names)))

    def _choice(self, stop: Stop, name: str) -> Choice:
        known = self.form.choice_of(stop.question, name)
        if known is not None:
            return known
        label = wording.label_of(self.state, self.form, stop.question, name, instance=stop.instance, language="")
        return Choice(name=name, label={"": label})

    def is_done(self, key: str) -> bool:
        """Whether the contact has dealt with this; a default does not count, nor a choice that is no more."""
        answer = self.answers.get(key)
        if answer is None or answer.state not in SAID:
            return False
        stop = self.place_of(key)
        if answer.value is None or stop is None or stop.repeat is not None or not stop.asked:
            return True
        return stop.question.path in stop.instance.values

    def value(self, key: str) -> Value | None:
        """Return what the place holds, also a default."""
        answer = self.answers.get(key)
        return answer.value if answer is not None else None

    # --- where one is ------------------------------------------------------------------------------------------------

    def next_open(self, *, after: str = "") -> Stop | None:
        """Return the first open place after that one, else the first open one at all, else None."""
        waiting = [stop for stop in self.stops if not self.is_done(stop.key)]
        if not waiting:
            return None
        here = self._number.get(after, -1)
        return self._with_choices(next((stop for stop in waiting if self._number[stop.key] > here), waiting[0]))

    def before(self, key: str) -> Stop | None:
        """Return what is asked before that place, or None at the beginning."""
        here = len(self.line) if key == END else self._number.get(key, 0)
        earlier = [stop for stop in self.line[:here] if stop.asked]
        return self._with_choices(earlier[-1]) if earlier else None

    def place(self, key: str) -> tuple[int, int]:
        """Return number and about how many: (7, 15)."""
        for number, stop in enumerate(self.stops, start=1):
            if stop.key == key:
                return number, len(self.stops)
        return len(self.stops), len(self.stops)

    def notes_before(self, key: str) -> list[Stop]:
        """Return the notes that stand between what is asked before and this place (or the end)."""
        notes: list[Stop] = []
        for stop in self.line[: self._number.get(key, len(self.line))]:
            if stop.asked:
                notes = []
            elif stop.question.type == "note" and stop.question.path in stop.instance.relevant:
                notes.append(stop)
        return notes

    def heading(self, stop: Stop, language: str) -> str:
        """Return the innermost group around a place as people read it, and which instance of a repeat it is."""
        instance: Instance | None = stop.instance
        parts: list[str] = []
        for path in reversed(stop.question.groups):
            group = self.form.group_by_path.get(path)
            label = self.say(stop, group.label, language).rstrip(" :") if group is not None else ""
            if group is not None and group.repeats and instance is not None and not _is_own(stop, group):
                parts.append(f"{label or self.entry(language)} {instance.index + 1}")
                instance = instance.parent
            elif label and not parts:
                parts.append(label)
        return " · ".join(reversed(parts))

    def goes_on(self, stop: Stop) -> bool:
        """Whether a question of a table goes on with the scale of the one before it."""
        groups = (self.form.group_by_path.get(path) for path in stop.question.groups[-1:])
        if not any(group is not None and "table-list" in group.appearance.split() for group in groups):
            return False
        before = self.before(stop.key)
        if before is None or before.question.groups != stop.question.groups:
            return False
        return bool(stop.question.choices) and before.question.choices == stop.question.choices

    def entry(self, language: str) -> str:
        """Return what an instance of a repeat without a label is called; its name is the author's alone."""
        return self.form.say(self._phrases("repeat.entry"), language)

    # --- what may be answered ----------------------------------------------------------------------------------------

    def is_required(self, stop: Stop) -> bool:
        """Whether the question must be answered."""
        return stop.repeat is not None or is_required(self.state, stop.question.path, stop.instance)

    def accepts(self, stop: Stop, value: Value) -> bool:
        """Whether the value satisfies the question's constraint; one about others of a field-list waits for these."""
        if stop.repeat is not None or self._waits_for_others(stop):
            return True
        return satisfies(self.state, stop.question.path, stop.instance, value)

    def _waits_for_others(self, stop: Stop) -> bool:
        around = self._field_list(stop)
        constraint = stop.question.constraint
        if around is None or constraint is None:
            return False
        others = {path for path in constraint.depends if path.startswith(f"{around}/")} - {stop.question.path}
        return any(not self.is_done(other.key) for other in self._beside(stop, around) if other.question.path in others)

    def _field_list(self, stop: Stop) -> str | None:
        """Return the path of the group around a place that forms show on one page."""
        groups = (self.form.group_by_path.get(path) for path in reversed(stop.question.groups))
        return next((group.path for group in groups if group is not None and _is_page(group)), None)

    def _beside(self, stop: Stop, around: str) -> list[Stop]:
        return [
            other
            for other in self.stops
            if other.instance is stop.instance and around in other.question.groups and other.repeat is None
        ]

    def refused_beside(self, stop: Stop) -> Stop | None:
        """Return, once all of a field-list is answered, its first answer that does not fit the others."""
        around = self._field_list(stop)
        page = self._beside(stop, around) if around is not None else []
        if not page or not all(self.is_done(other.key) for other in page):
            return None
        return next((self._with_choices(other) for other in page if not self._fits(other)), None)

    def refused_at_the_end(self) -> Stop | None:
        """Return the first place whose answer does not fit any more, since an earlier one was changed."""
        return next((self._with_choices(stop) for stop in self.stops if not self._fits(stop)), None)

    def _fits(self, stop: Stop) -> bool:
        if stop.repeat is not None:
            return True
        value = self.value(stop.key)
        if value is None:
            return not self.is_required(stop)
        return satisfies(self.state, stop.question.path, stop.instance, value)

    def say(self, stop: Stop | None, texts: Texts | str, language: str) -> str:
        """Return a text with the answers that it mentions filled in."""
        instance = stop.instance if stop is not None else self.state.top
        return wording.filled(self.state, self.form, texts, instance=instance, language=language)

    def styled(self, stop: Stop, texts: Texts, language: str) -> Sequence[Piece]:
        """Return such a text in pieces that look alike."""
        return wording.styled(self.state, self.form, texts, instance=stop.instance, language=language)

    def written(self, stop: Stop, value: Value, language: str) -> tuple[str, ...]:
        """Return an answer as people write it."""
        if stop.repeat is not None:
            choice = stop.question.choice(str(value))
            return (self.form.say(choice.label, language) if choice is not None else str(value),)
        return wording.written(self.state, self.form, stop.question, value, instance=stop.instance, language=language)

    # --- what an answer changes --------------------------------------------------------------------------------------

    def take(self, stop: Stop, *, state: AnswerState, value: Value | None) -> None:
        """Take an answer, and work out what hangs on it.

        Raises:
            FormError: it takes too long, or does not come to rest; then nothing is changed.
        """
        before = self.answers.get(stop.key)
        self.answers[stop.key] = Answer(state=state, value=value, answered_at=self.state.now, by=self.by)
        if stop.repeat is None:
            path, kept = stop.question.path, stop.question.path in stop.instance.kept
            stop.instance.kept.add(path)
            try:
                self.state.put(self.state.program.shape.by_path[path], stop.instance, value)
            except FormError:
                if not kept:
                    stop.instance.kept.discard(path)
                if before is None:
                    del self.answers[stop.key]
                else:
                    self.answers[stop.key] = before
                raise
        self._taken.add(stop.key)
        self.follow()

    def take_back(self, stop: Stop) -> None:
        """Open a question again, as if it had not been answered."""
        self.answers.pop(stop.key, None)
        stop.instance.kept.discard(stop.question.path)
        self.state.put(self.state.program.shape.by_path[stop.question.path], stop.instance, None)
        self.follow()

    def add(self, stop: Stop) -> Stop | None:
        """Add an instance of the repeat that the place asks about; return the first place in it.

        Raises:
            FormError: there are too many.
        """
        assert stop.repeat is not None
        made = self.state.add(stop.repeat, stop.instance)
        self.answers.pop(stop.key, None)
        self.follow()
        return next((self._with_choices(found) for found in self.stops if _is_in(found.instance, made)), None)

    def remove(self, instance: Instance) -> None:
        """Take an instance of a repeat away, with what was answered in it."""
        gone = {f"@{inner.id}" for inner in records.all_instances(instance)}
        self.state.remove(instance)
        self.answers = {key: answer for key, answer in self.answers.items() if key[key.find("@") :] not in gone}
        self.follow()

    def finish(self) -> None:
        """Note when the response is sent in, where the form wants to know (`end`)."""
        for step in self.state.program.steps:
            if step.entry.preload == "timestamp end":
                self.state.put(step.spec, self.state.top, moment_text(self.state.now.astimezone(self.state.zone)))
        self.follow()

    def follow(self) -> None:
        """Bring the answers up to what the engine made of them."""
        records.named(self.state, new_id=self._new_id)
        self.answers = records.answers_of(self.form, self.state, self.answers, now=self.state.now)
        for name in ("line", "stops", "_number"):
            self.__dict__.pop(name, None)

    def facts(self, *, response: int, contact: ContactId) -> tuple[Outcome, ...]:
        """Return what is not as it was when the walk began, or when this was asked before."""
        found = (
            *records.grown(self.state, self._instances, response=response),
            *records.taken_back(self._before, self.answers, self.state, response=response),
            *records.changes(
                self._before,
                self.answers,
                taken=self._taken,
                response=response,
                contact=contact,
                shared=self.shared,
            ),
        )
        self._taken.clear()
        self._before, self._instances = dict(self.answers), records.instances_of(self.state, self._instances)
        return found


def _is_in(instance: Instance | None, outer: Instance) -> bool:
    while instance is not None and instance is not outer:
        instance = instance.parent
    return instance is outer


def _is_own(stop: Stop, group: Group) -> bool:
    """Whether a place asks about the group as a whole, and so stands in none of its instances."""
    return stop.repeat is not None and stop.repeat.path == group.path


def _is_page(group: Group) -> bool:
    return not {"field-list", "table-list"}.isdisjoint(group.appearance.split())
