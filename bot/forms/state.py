"""A form while it is answered: relevance, calculations, choices, repeats, each worked out when what it reads changed.

What depends on what is known beforehand (`Program`), so an answer costs what hangs on it, whatever the form's size. It
behaves as the ODK engine does: what is irrelevant reads as empty and is kept; a calculation writes its result when that
changes or when it becomes relevant; an answer whose choice a filter takes away reads as empty until the choice is back.
"""

from __future__ import annotations

import math
import weakref
from datetime import datetime, tzinfo

from bot.errors import FormError
from bot.forms.blueprint import CHANGED, FIRST_LOAD, LOAD, NEW_REPEAT, Seed
from bot.forms.codecs import day_of, preloaded
from bot.forms.expressions.frames import MAX_VISITS, Frame, Surroundings
from bot.forms.expressions.nodes import Instance
from bot.forms.expressions.shape import Spec, homes
from bot.forms.expressions.values import Item, to_text
from bot.forms.labels import Labels
from bot.forms.model import Value
from bot.forms.plain import see
from bot.forms.program import Firing, Program, Step, offered
from bot.forms.worklist import Worklist

MAX_INSTANCES = 1_000
"""Instances of one repeat in one place: nobody answers more in a chat, and a hostile count must end."""

MAX_FIRED = 1_000
"""Values that one answer may set by triggers."""


class State:
    """All answers to one form, and what follows from them.

    The moment and zone are those of today() and now(); language is the name that the form's texts have.
    """

    def __init__(self, program: Program, *, now: datetime, zone: tzinfo, language: str = "") -> None:
        self.program = program
        self.now = now
        self.zone = zone
        self.labels = Labels(program, language=language or next(iter(program.blueprint.languages), ""))
        me = weakref.ref(self)  # no ring: a state is made at every message, and goes without the garbage collector
        self.world = Surroundings(
            lists=program.lists,
            label=lambda node, name: state.labels.choice(state, node, name) if (state := me()) is not None else "",
            text=self.labels.plain,
        )
        self.top = Instance(program.shape.root)
        self._frames: dict[Instance, Frame] = {}
        self._seeds: dict[tuple[Instance, str], list[Seed]] = {}
        self._waiting = Worklist()
        self._born: dict[Instance, None] = {}
        self._fired: list[tuple[Firing, Instance]] = []
        self._loading = True
        self._unfinished = False
        self._calculates = True
        self._reviving = False

    @classmethod
    def opened(
        cls, program: Program, *, now: datetime, zone: tzinfo, language: str = "", chance: int | None = None
    ) -> State:
        """Return the state of somebody who has just begun: defaults, calculations and first instances are there."""
        state = cls(program, now=now, zone=zone, language=language)
        state.world.chance = chance
        state._fill(state.top, program.shape.root, program.blueprint.beginning)
        for state._calculates in (False, True):  # numbers of instances are first taken from the defaults
            state._everything(state.top)
            state._work()
        state._dispatch({FIRST_LOAD, LOAD}, within=[state.top])
        state._ended()
        return state

    @classmethod
    def revived(
        cls, program: Program, top: Instance, *, now: datetime, zone: tzinfo, language: str = "",
        chance: int | None = None,
    ) -> State:  # fmt: skip
        """Return the state of somebody who goes on with the answers that stand in `top`, in one pass over the form.

        What a person said (`Instance.kept`) and what chance gave stands; other calculations are worked out anew.

        Args:
            program: the form's.
            top: the stored answers, with their instances of repeats.
            now, zone, language: as for a new state.
            chance: from which lists are shuffled that name no seed, so that each question keeps its order.
        """
        state = cls(program, now=now, zone=zone, language=language)
        state.top, state.world.chance = top, chance
        state._loading, state._reviving = False, True
        state.world.visits = 3 * MAX_VISITS  # all at once what answers have cost one by one
        for step in program.steps:
            if step.is_plain:
                see(state, step, top)
                continue
            for instance in top.below(step.home):
                state._settle(step, instance)
        state._reviving = False
        for step in program.steps:
            if step.path in step.far:
                state._waiting.push(step, None)
        state._work()
        state._ended()
        return state

    def frame(self, instance: Instance) -> Frame:
        """Return what expressions see in an instance."""
        known = self._frames.get(instance)
        if known is None:
            known = self._frames[instance] = Frame(
                instance.values, now=self.now, zone=self.zone, language="", world=self.world, instance=instance
            )
        return known

    def put(self, spec: Spec, instance: Instance, value: Value | None) -> None:
        """Store an answer and work out what hangs on it.

        Raises:
            FormError: it takes too long, or does not come to rest; then it is not stored.
        """
        self._begin()
        before = instance.stored.get(spec.path)
        self._store(spec, instance, value)
        try:
            self._work()
        except FormError:
            self._store(spec, instance, before)
            self._begin()
            self._work()
            self._ended()
            raise
        self._ended()

    def add(self, spec: Spec, outer: Instance) -> Instance:
        """Add an instance of a repeat at its end.

        Raises:
            FormError: their number is calculated, or there are too many.
        """
        if self.program.entries[spec.path].count:
            raise FormError("how often this repeat is asked is calculated")
        self._begin()
        made = self._grow(outer, spec, self.program.entries[spec.path].template or Seed(name=spec.name))
        self._work()
        self._ended()
        return made

    def remove(self, instance: Instance) -> None:
        """Take an instance of a repeat away.

        Raises:
            FormError: it is none, or their number is calculated.
        """
        spec, outer = instance.spec, instance.parent
        if spec is None or outer is None or self.program.entries[spec.path].count:
            raise FormError("this cannot be removed")
        self._begin()
        self._shrink(outer, spec, instance)
        self._work()
        self._ended()

    def speak(self, language: str) -> None:
        """Go on in another language; what the choices' names are in it may matter to calculations."""
        self.labels.language = language
        self._begin()
        self._everything(self.top)
        self._work()
        self._ended()

    def _begin(self) -> None:
        self.world.visits = MAX_VISITS
        self._waiting.clear()
        self._born.clear()
        self._fired.clear()
        if self._unfinished:  # the last answer was refused in the middle of its consequences
            self._everything(self.top)
        self._unfinished = True

    def _ended(self) -> None:
        self._born.clear()
        self._loading = self._unfinished = False

    def _store(self, spec: Spec, instance: Instance, value: Value | None) -> None:
        if value is None:
            instance.stored.pop(spec.path, None)
        else:
            instance.stored[spec.path] = value
        self._waiting.push(self.program.step_of[spec.path], instance)

    def _fill(self, instance: Instance, spec: Spec, seed: Seed) -> None:
        """Give an instance the answers with which it begins."""
        for child in spec.children:
            seeds = [inner for inner in seed.children if inner.name == child.name]
            if child.sort == "repeat":
                self._fill_range(instance, child, seeds)
            elif child.is_question:
                self._fill_question(instance, child, seeds[0].text if seeds else "")
            else:
                self._fill(instance, child, seeds[0] if seeds else Seed(name=child.name))

    def _fill_range(self, instance: Instance, spec: Spec, seeds: list[Seed]) -> None:
        instance.ranges[spec.path] = []
        real = [seed for seed in seeds if not seed.is_template]
        if self.program.entries[spec.path].count:
            self._seeds[instance, spec.path] = real
            return
        for seed in real:
            self._grow(instance, spec, seed)

    def _fill_question(self, instance: Instance, spec: Spec, text: str) -> None:
        entry, decode = self.program.entries[spec.path], self.program.step_of[spec.path].decode
        value = decode(text) if text else None
        if self._loading and entry.preload:
            value = decode(preloaded(entry, now=self.now, zone=self.zone)) or value
        if value is not None:
            instance.stored[spec.path] = value

    def _everything(self, instance: Instance) -> None:
        for step in self.program.steps:
            for inner in instance.below(step.home) if step.home.depth >= _depth(instance) else ():
                self._waiting.push(step, inner)

    def _grow(self, outer: Instance, spec: Spec, seed: Seed) -> Instance:
        made_before = outer.ranges.setdefault(spec.path, [])
        if len(made_before) >= MAX_INSTANCES:
            raise FormError(f"more than {MAX_INSTANCES} times {spec.name}")
        made = Instance(spec, parent=outer, index=len(made_before))
        made_before.append(made)
        self._born[made] = None
        self._fill(made, spec, seed)
        for step in self.program.steps_within[spec.path]:
            self._waiting.push(step, made)
        self._tell(f"{spec.path}#", outer)
        return made

    def _shrink(self, outer: Instance, spec: Spec, instance: Instance) -> None:
        left = outer.ranges[spec.path]
        left.remove(instance)
        self._frames.pop(instance, None)
        instance.index = -1
        for index, other in enumerate(left):
            other.index = index
        self._tell(f"{spec.path}#", outer)

    def _tell(self, path: str, instance: Instance) -> None:
        if self._reviving:  # whoever reads it comes later in the same pass
            return
        for step, near in self.program.dependents.get(path, ()):
            if not near:
                self._waiting.push(step, None)
            elif step.home.depth == _depth(instance):
                self._waiting.push(step, instance)
            else:
                for inner in instance.below(step.home):
                    self._waiting.push(step, inner)

    def _work(self) -> None:
        """Work out what waits, until nothing does; then fire what was triggered, and so on."""
        fired = 0
        self._settle_all()
        while self._fired or self._born:
            if self._fired:
                fired += 1
                if fired > MAX_FIRED:
                    raise FormError("the form's triggers do not come to rest")
                self._fire(*self._fired.pop(0))
            elif self._loading:
                break
            else:
                born = [*self._born]
                self._dispatch({NEW_REPEAT}, within=born)
                for instance in born:
                    del self._born[instance]
            self._settle_all()

    def _settle_all(self) -> None:
        while self._waiting:
            number, instances = self._waiting.pop()
            step = self.program.steps[number]
            for instance in self.top.below(step.home) if instances is None else instances:
                if instance.index >= 0:
                    self._settle(step, instance)

    def _settle(self, step: Step, instance: Instance) -> None:
        relevant = self._is_relevant(step, instance)
        path = step.path
        if relevant != (path in instance.relevant):
            (instance.relevant.add if relevant else instance.relevant.discard)(path)
            if not step.spec.is_question:
                self._tell(path, instance)
        if step.count is not None:
            self._resize(step, instance)
        if step.spec.is_question:
            self._settle_question(step, instance, relevant=relevant)

    def _is_relevant(self, step: Step, instance: Instance) -> bool:
        around = instance.parent if step.spec.sort == "repeat" and not step.of_range else instance
        if step.parent is not None and around is not None and step.parent not in around.relevant:
            return False
        if step.relevant is None:
            return True
        frame = self.frame(instance)
        frame.here = instance.stored.get(step.spec.path)
        return step.relevant(frame)

    def _resize(self, step: Step, outer: Instance) -> None:
        """Keep as many instances as the expression says; where it gives no number, as many as there are."""
        spec, made = step.spec, outer.ranges.setdefault(step.spec.path, [])
        wanted = step.count(self.frame(outer)) if step.count is not None else math.nan
        if math.isnan(wanted):
            return
        if wanted > MAX_INSTANCES:
            raise FormError(f"more than {MAX_INSTANCES} times {spec.name}")
        seeds = self._seeds.get((outer, spec.path), [])
        template = step.entry.template or Seed(name=spec.name)
        while len(made) < int(wanted):
            self._grow(outer, spec, seeds[len(made)] if len(made) < len(seeds) else template)
        while len(made) > max(0, int(wanted)):
            self._shrink(outer, spec, made[-1])

    def _settle_question(self, step: Step, instance: Instance, *, relevant: bool) -> None:
        path, stored = step.spec.path, instance.stored
        if step.options is not None:
            instance.options[path] = self.labels.names(self, step.options, instance)
        if not relevant:
            instance.calculated.pop(path, None)
            self._show(step, instance, None)
            return
        if step.calculation is not None and self._calculates:
            frame = self.frame(instance)
            frame.here = stored.get(path)
            text = self._text_of(step.calculation(frame), step)
            if self._reviving and (path in instance.kept or (step.by_chance and path in stored)):
                instance.calculated[path] = text
            elif instance.calculated.get(path) != text:
                instance.calculated[path] = text
                instance.kept.discard(path)
                found = step.decode(text)
                if found is None:
                    stored.pop(path, None)
                else:
                    stored[path] = found
        value = stored.get(path)
        self._show(step, instance, value if value is None else offered(value, step=step, instance=instance))

    def _text_of(self, item: Item, step: Step) -> str:
        """Return a result as its question stores it."""
        day = day_of(item, zone=self.zone) if self.program.in_chat and step.entry.type == "date" else None
        return day or to_text(item)

    def _show(self, step: Step, instance: Instance, value: Value | None) -> None:
        """Let others read a value; whoever does is worked out again."""
        path = step.spec.path
        if instance.values.get(path) == value:
            return
        if value is None:
            del instance.values[path]
        else:
            instance.values[path] = value
        self._tell(path, instance)
        if step.triggers and not (self._loading or self._reviving) and instance not in self._born:
            self._fired += [(firing, instance) for firing in step.triggers if CHANGED in firing.action.events]

    def _fire(self, firing: Firing, source: Instance) -> None:
        place = source
        around = homes(firing.target)
        while place.parent is not None and place.spec not in around:
            place = place.parent
        for instance in place.below(firing.target.home):
            self._set_by(firing, instance)

    def _set_by(self, firing: Firing, instance: Instance) -> None:
        frame = self.frame(instance)
        path = firing.target.path
        frame.here = instance.values.get(path)
        step = self.program.step_of[path]
        instance.kept.discard(path)
        self._store(firing.target, instance, step.decode(self._text_of(firing.value(frame), step)))

    def _dispatch(self, events: set[str], *, within: list[Instance]) -> None:
        """Perform the actions that such an event brings, in document order, each seeing what those before it set."""
        for firing in self.program.firings:
            if events.isdisjoint(firing.action.events):
                continue
            home = firing.target.home
            for outer in within:
                exact = LOAD in events or outer.spec is home
                for instance in outer.below(home) if exact else ():
                    if firing.target.path in instance.relevant:
                        self._set_by(firing, instance)
                        self._settle_all()


def _depth(instance: Instance) -> int:
    return instance.spec.depth if instance.spec is not None else 0
