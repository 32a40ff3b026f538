"""People who answer a form in all wrong ways, through the real routes and a real database, and then want to be done.

Before every message all that is known of the person is read from the database again, and must be what was written.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.desk import COMMAND_LINE, perform
from bot.domain.asking import walk_of
from bot.domain.desk import PublishForm, SetFormState
from bot.domain.interviews import Interview
from bot.domain.messages import (
    Address,
    Content,
    Edited,
    InboundMessage,
    Located,
    OutboundMessage,
    Pressed,
    PromptId,
    Said,
    SentMedia,
)
from bot.domain.outcomes import (
    AnswerStored,
    AnswerTakenBack,
    InstanceAdded,
    InstanceRemoved,
    InterviewMoved,
    ResponseSubmitted,
)
from bot.domain.records import Answer, Repeated, key_of, parts_of
from bot.domain.scene import Draft, Scene, Turn
from bot.forms.model import Form
from bot.house import House
from bot.ports import Batch, Mark, Route, SetAside
from bot.runtime.clock import StandingClock
from bot.runtime.router import find
from handlers import ROUTES
from handlers.onboarding import code_in
from storage.codec import to_micros
from storage.desk import preview as preview_rows
from storage.scenes import Surroundings
from storage.unit_of_work import SqlStore
from tests.conversations.strange_forms import WORDS, StrangeForm

CHANNEL = "memory"
ACCOUNT = "memory:local"
GARBAGE = (
    "",
    "?",
    "banana",
    "999999999999999999999",
    "1.2.3",
    "-",
    "/hlep",
    "31.02.2026",
    "\u200b",
    "x" * 3_000,
    "1,,2",
    "\u202e",
)
COMMANDS = (
    "/back", "/skip", "/review", "/review 1", "/review 2", "/review 99", "/pause", "/survey", "/uebersicht 3", "/start",
    "/help", "/sprache", "hallo", "/mydata", "/status", "weiter", "zurück",
)  # fmt: skip
ANOTHER, OTHER = "another", "other"
_SPECIFY = re.compile("genauer|specify")
_ANOTHER = re.compile("weiteren Eintrag|Eintrag machen|another entry|make an entry")
_QUESTION = re.compile(r"\[(q\d+)\]")
_PATIENCE = 12  # words that somebody tries at one question before they give up


@dataclass(slots=True)
class Heard:
    """A message as it came, with the id that the platform gave it."""

    id: str
    message: OutboundMessage


@dataclass(slots=True)
class Memory:
    """What must be in the database by now of one person's answers, and when they were last worked out."""

    answers: dict[str, Answer] = field(default_factory=dict)
    instances: dict[int, Repeated] = field(default_factory=dict)
    moved: InterviewMoved | None = None
    submitted: bool = False


class Town:
    """A house into which one form after the other is brought, and a person for each."""

    def __init__(self, house: House, clock: StandingClock) -> None:
        self.house = house
        self.clock = clock
        self.store = SqlStore(
            house.database,
            Surroundings(
                hub=house.hub, catalogue=house.texts, library=house.library, next_id=house.next_id, code_in=code_in
            ),
            clock=clock,
            owner="strangers",
        )
        self._people = 0

    async def stranger(self, form: Form, made: StrangeForm, *, rnd: random.Random) -> Stranger:
        """Open this form alone, and let somebody in who knows nothing of it."""
        self._people += 1
        number, name = self._people, f"strange{self._people}"
        await perform(
            self.house,
            actor=COMMAND_LINE,
            command=PublishForm(form=form, name=name, file_name="strange.md", source=made.source.encode()),
        )
        if number > 1:
            closing = SetFormState(name=f"strange{number - 1}", state="closed")
            await perform(self.house, actor=COMMAND_LINE, command=closing)
        language = rnd.choice(("de", "en"))
        now = to_micros(self.clock.now())
        await self.house.database.write(
            lambda: preview_rows.let_in(
                contact=self.house.next_id(), address=self.house.next_id(), channel=CHANNEL, person=f"p{number}",
                language=language, now=now,
            )
        )  # fmt: skip
        return Stranger(self, name=f"p{number}", types=made.types, rnd=rnd)


class Stranger:
    """One person, and what they see."""

    def __init__(self, town: Town, *, name: str, types: Mapping[str, str], rnd: random.Random) -> None:
        self.said: list[str] = []
        self.heard: list[Heard] = []
        self.news: list[Heard] = []
        self.memory = Memory()
        self._town = town
        self._name = name
        self._types = types
        self._rnd = rnd
        self._marks: list[Mark] = []
        self._own: list[str] = []
        self._tried: dict[str, int] = {}
        self._turn: Turn | None = None

    # --- one message -------------------------------------------------------------------------------------------------

    async def does(self, content: Content, *, message_id: str | None = None) -> None:
        """Let the bot deal with one thing; a defect of a handler comes out here."""
        self.said.append(str(content))
        number = f"{self._name}-{len(self.said)}"
        own = message_id or (None if isinstance(content, Pressed) else number)
        message = InboundMessage(
            account=ACCOUNT, native_id=number, address=Address(CHANNEL, self._name), sender=self._name, content=content,
            received_at=self._town.clock.now(), message_id=own, language="de",
        )  # fmt: skip
        marks, self._marks = tuple(self._marks), []
        handled = await self._town.store.process(Batch(messages=(message,), marks=marks, cursors={}), self)
        self.news = []
        for outgoing, known in handled.sends:
            heard = Heard(f"b{outgoing.delivery}", outgoing.message)
            self.news.append(heard)
            self._marks.append(
                Mark(
                    delivery=outgoing.delivery, address=outgoing.address, state="sent", known=known,
                    message_ids=(heard.id,), prompt=outgoing.message.prompt,
                )
            )  # fmt: skip
        self.heard += self.news
        for edit in handled.edits:
            for heard in self.heard:
                if heard.id == edit.message_id:
                    heard.message = edit.message
        if isinstance(content, Said) and own is not None:
            self._own.append(own)
        self._town.clock.pass_by(timedelta(seconds=20))

    def route(self, scene: Scene) -> Route:
        """See `bot.ports.Decide`."""
        if scene.interview is not None:
            check_reread(self.memory, scene, scene.interview)
        return find(ROUTES, scene)

    def turn(self, route: Route, scene: Scene) -> tuple[Turn, SetAside | None]:
        """See `bot.ports.Decide`; nothing is set aside here."""
        draft = Draft(scene)
        route.handle(draft)
        turn = draft.turn()
        for fact in turn.outcomes:
            match fact:
                case AnswerStored():
                    self.memory.answers[key_of(fact.path, fact.instance)] = Answer(
                        state=fact.state, value=fact.value, relevant=fact.relevant, answered_at=scene.now
                    )
                case InstanceAdded():
                    self.memory.instances[fact.instance] = Repeated(
                        id=fact.instance, path=fact.path, parent=fact.parent, ordinal=fact.ordinal
                    )
                case InstanceRemoved(instance=gone):
                    del self.memory.instances[gone]
                    kept = {key: one for key, one in self.memory.answers.items() if parts_of(key)[1] != gone}
                    self.memory.answers = kept
                case AnswerTakenBack():
                    del self.memory.answers[key_of(fact.path, fact.instance)]
                case InterviewMoved():
                    self.memory.moved = fact
                case ResponseSubmitted():
                    self.memory.submitted = True
                case _:
                    pass
        sent_in = any(isinstance(fact, ResponseSubmitted) for fact in turn.outcomes)
        if sent_in or any(reply.prompt is not None and reply.prompt.kind == "finish" for reply in turn.replies):
            check_whole(self.memory, scene, fits=sent_in)
        assert turn.replies or not isinstance(scene.message.content, Said), "no word upon a word"
        return turn, None

    async def says(self, text: str) -> None:
        """Write."""
        await self.does(Said(text))

    # --- anything at all ---------------------------------------------------------------------------------------------

    async def does_something(self) -> None:
        """Do one of the things that people do, sensible or not."""
        rnd = self._rnd
        things: list[tuple[int, Callable[[], Content | None]]] = [
            (40, lambda: Said(self._word())),
            (20, lambda: self._press(self.heard[-3:])),
            (10, lambda: self._press(self.heard)),
            (10, lambda: Said(rnd.choice(GARBAGE))),
            (14, lambda: Said(rnd.choice(COMMANDS))),
            (
                2,
                lambda: SentMedia(
                    rnd.choice(("photo", "sticker", "voice", "document")), caption=rnd.choice((None, "1"))
                ),
            ),
            (2, lambda: Located(51.5, 7.5)),
            (4, self._picture),
            (4, lambda: Said(self._word(), reply_to=rnd.choice(self.heard).id if self.heard else None)),
        ]
        if rnd.random() < 0.08 and self._own:
            await self.does(Edited(self._word()), message_id=rnd.choice(self._own))
            return
        if rnd.random() < 0.03:
            self._town.clock.pass_by(timedelta(days=rnd.choice((1, 30))))
        chosen = rnd.choices([thing for _, thing in things], [weight for weight, _ in things])[0]()
        await self.does(chosen or Said("/survey"))

    def _word(self) -> str:
        asked = self._asked()
        words = ("1", "2", "2", "nein") if asked == ANOTHER else WORDS.get(self._types.get(asked or "", "")) or ("1",)
        return self._rnd.choice(words)

    def _picture(self) -> SentMedia:
        return SentMedia("photo", file_id=f"file{len(self.said)}", size=9)

    def _press(self, among: list[Heard]) -> Pressed | None:
        alive = [heard for heard in among if heard.message.prompt is not None and _keys(heard.message)]
        if not alive:
            return None
        heard = self._rnd.choice(alive)
        prompt = heard.message.prompt
        assert prompt is not None
        key, on = self._rnd.choice(_keys(heard.message))
        return Pressed(PromptId(prompt), key, on, heard.id)

    def _asked(self) -> str | None:
        """Return the name of the question that is shown last, if the last thing shown is one."""
        shown = next((heard.message for heard in reversed(self.heard) if heard.message.prompt is not None), None)
        if shown is None:
            return None
        names = _QUESTION.findall(shown.text)
        if _ANOTHER.search(shown.text):
            return ANOTHER
        if not names and _SPECIFY.search(shown.text):
            return OTHER
        return names[-1] if names else None

    # --- to the end --------------------------------------------------------------------------------------------------

    async def finishes(self) -> str:
        """Answer what is asked until all is sent in.

        Returns:
            "submitted", or "paused" where no word that the person knows was taken: they were told why not each time.
        """
        if self._is_done():
            return "submitted"
        await self.says("/survey")
        self._tried.clear()
        for _ in range(_PATIENCE * (4 * len(self._types) + 2)):
            if self._is_done():
                return "submitted"
            if (submit := self._submit()) is not None:
                await self.does(submit)
                continue
            asked = self._asked()
            if asked is None:
                await self.says("/survey")
                assert self._asked() or self._submit(), "nothing is asked, and nothing can be sent in"
                continue
            if not await self._answers(asked):
                await self.says("/pause")
                assert self.memory.moved is not None
                assert self.memory.moved.state == "paused"
                return "paused"
        raise AssertionError("a dead end: it goes on for ever")

    def _is_done(self) -> bool:
        return self.memory.submitted

    def _submit(self) -> Pressed | None:
        shown = next((heard for heard in reversed(self.heard) if heard.message.prompt is not None), None)
        if shown is None or not any(choice.key == "submit" for choice in shown.message.choices):
            return None
        prompt = shown.message.prompt
        assert prompt is not None
        return Pressed(prompt, "submit", None, shown.id)

    async def _answers(self, asked: str) -> bool:
        """Try the next word at a question, at last to skip it; return False when all was tried."""
        if asked == ANOTHER:
            await self.says("2")
            return True
        if asked == OTHER:
            await self.says("Eis")
            return True
        words = [*(WORDS[self._types[asked]] or ("ein Bild",)), "/skip"]
        number = self._tried.get(asked, 0)
        self._tried[asked] = number + 1
        if number == 0 and self._types[asked] == "image":
            await self.does(self._picture())
        elif number < len(words):
            await self.says(words[number])
        return number < len(words)


def _keys(message: OutboundMessage) -> list[tuple[str, bool | None]]:
    choices = [(choice.key, None if choice.selected is None else not choice.selected) for choice in message.choices]
    return [*choices, *((way.key, None) for way in message.ways)]


def check_reread(memory: Memory, scene: Scene, interview: Interview) -> None:
    """Hold what was read from the database against what was written, and against what follows from it."""
    read = {path: (one.state, one.value, one.relevant) for path, one in interview.answers.items()}
    written = {path: (one.state, one.value, one.relevant) for path, one in memory.answers.items()}
    assert read == written, "what was read is not what was written"
    if memory.moved is not None:
        assert (interview.state, interview.position) == (memory.moved.state, memory.moved.position)
    assert {row.id: row for row in interview.instances} == memory.instances, "instances are not as they were written"
    walk = walk_of(scene, interview)
    contact = scene.contact
    assert contact is not None
    walk.follow()
    changes = walk.facts(response=interview.response, contact=contact.id)
    assert changes == (), "the state that was read leads to another one"


def check_whole(memory: Memory, scene: Scene, *, fits: bool) -> None:
    """Hold what is offered to be sent in against the form: everything that is asked was dealt with.

    Args:
        memory: what was written.
        scene: that of the turn.
        fits: whether it is sent in now, so that all must also be there that is required, and meet its constraint.
    """
    interview = scene.interview
    if interview is None:
        return
    now = replace(interview, answers=memory.answers, instances=tuple(memory.instances.values()))
    walk = walk_of(scene, now)
    for stop in walk.stops:
        assert walk.is_done(stop.key), f"{stop.key} is open and the end is offered"
        value = walk.value(stop.key)
        assert (
            not fits
            or (value is None and not walk.is_required(stop))
            or (value is not None and walk.accepts(stop, value))
        ), f"{stop.key} does not fit and is sent in"
