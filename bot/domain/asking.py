"""Asking: where an interview stands, and the question (or the end) as a reply with its prompt."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import pages, questions
from bot.domain.interviews import END, Interview, Walk
from bot.domain.messages import Choice, OutboundMessage, PromptId
from bot.domain.outcomes import InterviewMoved
from bot.domain.records import Moment
from bot.domain.scene import Draft, NewPrompt, Scene
from bot.domain.stops import OF_A_LABEL, Phrases, Stop
from bot.domain.styling import marked
from bot.domain.walks import walk_on
from bot.forms.markup import Piece
from bot.forms.model import Texts


def moment_of(scene: Scene) -> Moment:
    """Return the moment at which the form's expressions are worked out for this scene."""
    return Moment(now=scene.now, timezone=scene.hub.timezone, language=scene.language)


def walk_of(scene: Scene, interview: Interview) -> Walk:
    """Return the walk that an interview stands for now."""
    return walk_on(interview, moment_of(scene), new_id=scene.next_id, phrases=phrases_of(scene))


def walk_in(draft: Draft, interview: Interview) -> Walk:
    """Return the walk of an interview in this turn: the same one each time, with what the turn has changed."""
    known = draft.walks.get(interview.response)
    if known is None:
        known = draft.walks[interview.response] = walk_of(draft.scene, interview)
    return known


def phrases_of(scene: Scene) -> Phrases:
    """Return what says our own words in all languages of the hub, for questions that no form has written."""

    def said(key: str) -> Texts:
        label = {"label": "{label}"} if key in OF_A_LABEL else {}
        return {language: scene.catalogue.speaker(language)(key, **label) for language in scene.hub.languages}

    return said


def standing(walk: Walk, interview: Interview) -> str:
    """Return where the contact stands: the stored position if it is still asked, else the first open question."""
    if walk.stop(interview.position) is not None:
        return interview.position
    following = walk.next_open()
    return following.key if following else END


def resuming(walk: Walk, interview: Interview) -> str:
    """Return where the contact goes on: where they stand, unless a colleague has answered that since."""
    position = standing(walk, interview)
    answer = walk.answers.get(position)
    if interview.together is None or answer is None or answer.by == interview.contact:
        return position
    if not walk.is_done(position) or answer.answered_at <= interview.touched_at:
        return position
    following = walk.next_open(after=position)
    return following.key if following is not None else END


def ask_next(draft: Draft, walk: Walk, *, interview: int, response: int, after: str, submitted: bool) -> None:
    """Ask what is open after that question; at the end offer to send in, or thank for a revision."""
    following = walk.next_open(after=after)
    if following is not None:
        ask(draft, walk, interview=interview, response=response, stop=following)
    elif submitted:
        draft.record(InterviewMoved(interview=interview, state="finished", position=END))
        draft.reply(draft.say("revise.done"))
    else:
        ask_at(draft, walk, interview=interview, response=response, position=END)


def ask_at(draft: Draft, walk: Walk, *, interview: int, response: int, position: str) -> None:
    """Ask the question at that position, or offer to send in at the end."""
    stop = walk.stop(position)
    if stop is not None:
        ask(draft, walk, interview=interview, response=response, stop=stop)
        return
    say = draft.say
    draft.record(InterviewMoved(interview=interview, state="open", position=END))
    prompt = NewPrompt(
        id=PromptId(draft.scene.next_id()),
        kind="finish",
        response=response,
        data={"choices": [["submit", say("finish.submit")], ["review", say("finish.review")]]},
    )
    notes = [walk.styled(note, note.question.label, say.language) for note in walk.notes_before(END)]
    text, marks = marked([*notes, [Piece(say("finish.ask"))]])
    draft.reply(replace(menu_message(text, prompt), marks=marks), prompt)


def ask(
    draft: Draft,
    walk: Walk,
    *,
    interview: int,
    response: int,
    stop: Stop,
    tries: int = 0,
    shown: pages.Shown = pages.WHOLE,
    ticked: tuple[str, ...] = (),
) -> None:
    """Show one question, of a long list a page; toggles set before it was shown again are not lost.

    ticked: toggles that are set now, in their place.
    """
    value = walk.value(stop.key)
    selected = ticked or (value if isinstance(value, tuple) else ())
    current = draft.scene.current
    if (
        not ticked
        and current is not None
        and current.kind == "question"
        and (current.response, current.path) == (response, stop.key)
    ):
        selected = current.selected or selected  # toggles set before the question was shown again are not lost
    draft.record(InterviewMoved(interview=interview, state="open", position=stop.key, tries=tries))
    prompt = NewPrompt(
        id=PromptId(draft.scene.next_id()),
        kind="question",
        response=response,
        path=stop.key,
        data=pages.data_of(stop.question, shown),
        selected=selected,
    )
    draft.reply(questions.question_message(walk, stop, draft.say, selected=selected, shown=shown, tries=tries), prompt)


def menu_message(text: str, prompt: NewPrompt, *, where: str = "") -> OutboundMessage:
    """Return a message whose choices are those that the prompt remembers."""
    choices = tuple(Choice(key, label) for key, label in prompt.data.get("choices", ()))
    return OutboundMessage(where=where, text=text, choices=choices)


def with_prompt(message: OutboundMessage, prompt: PromptId) -> OutboundMessage:
    """Return the message as it stands under a prompt that was shown before."""
    return replace(message, prompt=prompt)


def leave(draft: Draft, walk: Walk) -> None:
    """Take the buttons off the question that is being left, so that only one keyboard is alive."""
    current = draft.scene.current
    if current is None or current.kind != "question" or not current.path:
        return
    stop = walk.stop(current.path)
    if stop is not None:
        message = questions.question_message(walk, stop, draft.say)
        draft.edit(current.message_id, OutboundMessage(where=message.where, text=message.text, marks=message.marks))


def ask_again(draft: Draft, interview: Interview) -> None:
    """Show the current question once more, without a word."""
    walk = walk_in(draft, interview)
    position = resuming(walk, interview)
    stop = walk.stop(position)
    if stop is not None and position == interview.position:  # what they tried before still counts
        ask(draft, walk, interview=interview.id, response=interview.response, stop=stop, tries=interview.tries)
        return
    ask_at(draft, walk, interview=interview.id, response=interview.response, position=position)


def revisit(draft: Draft, interview: Interview, path: str) -> None:
    """Show one question again so that its answer can be changed; one that is gone since is said to be."""
    walk = walk_in(draft, interview)
    if path != END and walk.stop(path) is None:
        draft.toast(draft.say("question.gone"))
        draft.reply(draft.say("question.gone"))
        if interview.status == "submitted" and walk.next_open() is None:
            return
        path = standing(walk, interview)
    ask_at(draft, walk, interview=interview.id, response=interview.response, position=path)
