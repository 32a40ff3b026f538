"""The questionnaire: answer by text or button, back, skip, pause, review, send in."""

from __future__ import annotations

from bot.domain import answering, handing_in, questionnaire, repeating, review, sharing
from bot.domain.asking import revisit, walk_in
from bot.domain.choosing import folded, pick
from bot.domain.commands import typed_command
from bot.domain.interviews import Interview
from bot.domain.messages import Edited, FileLost, Located, Pressed, Said, SentMedia
from bot.domain.records import parts_of
from bot.domain.scene import Draft, Prompt, Scene
from bot.forms.model import ATTACHED

PLACES = frozenset({"geopoint"})


def usable(draft: Draft, interview: Interview) -> bool:
    """Say so if the form is closed: nothing can be answered any more, and nothing is lost."""
    if interview.form_state == "closed":
        draft.toast(draft.say("survey.closed"))
        draft.reply(draft.say("survey.closed"))
        return False
    return True


def _open_interview(draft: Draft) -> Interview | None:
    interview = draft.scene.interview
    if interview is None:
        if (over := sharing.ended(draft.scene)) is not None:
            sharing.say_ended(draft, over, menu=True)
        else:
            draft.reply(draft.say("survey.not_in"))
        return None
    return interview if usable(draft, interview) else None


def back(draft: Draft) -> None:
    """`/back`."""
    interview = _open_interview(draft)
    if interview is not None:
        questionnaire.back(draft, interview)


def skip(draft: Draft) -> None:
    """`/skip`."""
    interview = _open_interview(draft)
    if interview is not None:
        questionnaire.skip(draft, interview)


def pause(draft: Draft) -> None:
    """`/pause`."""
    interview = _open_interview(draft)
    if interview is not None:
        questionnaire.pause(draft, interview)


def review_(draft: Draft) -> None:
    """`/review`, or `/review 7` to change answer 7; without an open interview the newest one that was sent in."""
    scene = draft.scene
    interview = scene.interview or next(iter(scene.interviews.values()), None)
    if interview is None:
        draft.reply(draft.say("review.empty"))
        return
    typed = typed_command(scene.message.content.text) if isinstance(scene.message.content, Said) else None
    if typed is not None and typed.argument.isascii() and typed.argument.isdigit():
        if usable(draft, interview):
            review.pick_number(draft, interview, int(typed.argument[:6]))
        return
    review.show(draft, interview)


# --- presses ---------------------------------------------------------------------------------------------------------


def press_question(draft: Draft) -> None:
    """A button of a question, current or old."""
    prompt, pressed, interview = _pressed(draft)
    if interview is None or not usable(draft, interview):
        return
    if interview.ended_elsewhere and prompt.current:
        sharing.say_ended(draft, interview, menu=pressed.choice in ("back", "skip", "pause"))
        if pressed.choice in ("back", "skip", "pause"):
            return
    match pressed.choice:
        case "back":
            questionnaire.back(draft, interview, position=prompt.path)
        case "skip":
            questionnaire.skip_by_press(draft, interview, prompt)
        case "pause":
            questionnaire.pause(draft, interview)
        case _:
            answering.answer_by_press(draft, interview, prompt, pressed)


def choose(draft: Draft, prompt: Prompt, key: str, interview: Interview) -> None:
    """Do what a choice of such a menu says, however it was made."""
    if key == "copy":
        review.copy(draft, interview)
        return
    if key == "review" or (prompt.kind == "review" and key in ("next", "previous")):
        page = (
            int(prompt.data.get("page", 1)) + {"next": 1, "previous": -1}.get(key, 0) if prompt.kind == "review" else 1
        )
        review.show(draft, interview, page=page)
        return
    if not usable(draft, interview):
        return
    if key == "submit":
        if interview.ended_elsewhere:
            sharing.say_ended(draft, interview, menu=True)
        elif interview.status == "submitted":
            draft.reply(draft.say("submit.already"))
        else:
            questionnaire.submit(draft, interview)
    elif prompt.kind == "change":
        _change(draft, prompt, key, interview)
    elif prompt.kind == "guess":
        _guess(draft, prompt, key, interview)
    elif prompt.kind == "remove":
        repeating.choose(draft, interview, prompt, key)
    elif prompt.kind == "review" and key in prompt.data.get("paths", {}):
        _revisit(draft, interview, prompt.data["paths"][key])
    else:
        draft.toast(draft.say("press.unknown"))


def _revisit(draft: Draft, interview: Interview, path: str) -> None:
    other = draft.scene.interview
    if other is not None and other.id != interview.id:
        draft.reply(draft.say("review.other_open"))
        return
    revisit(draft, interview, path)


def _change(draft: Draft, prompt: Prompt, key: str, interview: Interview) -> None:
    if key != "yes":
        answering.leave_as_it_is(draft, prompt)
        return
    kept = (prompt.data["value"], prompt.data["was"])
    value, was = (tuple(item) if isinstance(item, list) else item for item in kept)
    answering.change_to(draft, interview, prompt.path, value, was=was)


def _guess(draft: Draft, prompt: Prompt, key: str, interview: Interview) -> None:
    value = prompt.data["value"]
    value = tuple(value) if isinstance(value, list) else value
    if key == "yes":
        answering.take_guess(draft, interview, prompt, value)
    else:
        answering.drop_guess(draft, interview, prompt)


def _pressed(draft: Draft) -> tuple[Prompt, Pressed, Interview | None]:
    scene, content = draft.scene, draft.scene.message.content
    prompt = scene.referred
    assert prompt is not None and isinstance(content, Pressed)
    interview = scene.interviews.get(prompt.response) if prompt.response is not None else None
    if interview is None:
        draft.toast(draft.say("press.dead"))
        draft.reply(draft.say("press.dead"))
    return prompt, content, interview


# --- typed text ------------------------------------------------------------------------------------------------------


def answer(draft: Draft) -> None:
    """Typed text while an interview is open: a reply to a question answers that one, else the current one."""
    scene, content = draft.scene, draft.scene.message.content
    assert isinstance(content, Said)
    referred = scene.referred
    if (
        referred is not None
        and referred.kind == "question"
        and referred.response is not None
        and referred.response in scene.interviews
    ):
        replied_to = scene.interviews[referred.response]
        if usable(draft, replied_to):
            answering.answer_by_text(draft, replied_to, referred.path, content.text, prompt=referred)
        return
    interview = scene.interview
    if interview is None:
        _answer_after_the_end(draft, content.text)
        return
    if not usable(draft, interview):
        return
    if (interview.state == "paused" or _away(scene, interview)) and only_greets(scene, content.text):
        questionnaire.resume(draft, interview)
        return
    shown = scene.current
    if shown is not None and shown.response == interview.response and shown.path not in ("", interview.position):
        # Meanwhile they went on elsewhere (in another room); what they write here is about what they see here.
        answering.answer_by_text(draft, interview, shown.path, content.text, prompt=shown)
        return
    walk = walk_in(draft, interview)
    stop = walk.stop(interview.position)
    if stop is None and interview.together is not None and shown is not None and shown.response == interview.response:
        answering.answer_by_text(draft, interview, shown.path, content.text, prompt=shown)  # a colleague closed it
        return
    if stop is None or (interview.state == "paused" and stop.question.type == "text"):
        questionnaire.resume(draft, interview)
        return
    current = scene.current if scene.current is not None and scene.current.path == stop.key else None
    answering.answer_by_text(draft, interview, stop.key, content.text, prompt=current)


def _answer_after_the_end(draft: Draft, text: str) -> None:
    """A colleague has sent the response in: say so; an answer to what is still shown is a change of it."""
    scene = draft.scene
    interview, shown = sharing.ended(scene), scene.current
    assert interview is not None
    asked = shown is not None and shown.kind == "question" and shown.response == interview.response
    takes = asked and interview.form_state != "closed" and not only_greets(scene, text)
    sharing.say_ended(draft, interview, menu=not takes)
    if takes and shown is not None:
        answering.answer_by_text(draft, interview, shown.path, text, prompt=shown)


def _away(scene: Scene, interview: Interview) -> bool:
    return scene.now - interview.touched_at > questionnaire.AWAY_AFTER


def only_greets(scene: Scene, text: str) -> bool:
    """Whether the words are a mere greeting."""
    return _is_one_of(scene, text, "greetings")


def only_thanks(scene: Scene, text: str) -> bool:
    """Whether the words are mere thanks."""
    return _is_one_of(scene, text, "thanks")


def _is_one_of(scene: Scene, text: str, words: str) -> bool:
    said = folded(text)
    return any(
        said == folded(word)
        for language in scene.hub.languages
        for word in scene.catalogue.speaker(language)(words).split(",")
    )


def awaits_file(scene: Scene) -> bool:
    """Whether what was sent answers a question that is answered by a file: one replied to, or the current one."""
    content = scene.message.content
    return isinstance(content, SentMedia) and content.kind != "unreadable" and _asked_for(scene, ATTACHED) is not None


def awaits_place(scene: Scene) -> bool:
    """Whether a sent place answers a question for one: one replied to, or the current one."""
    return isinstance(scene.message.content, Located) and _asked_for(scene, PLACES) is not None


def file_(draft: Draft) -> None:
    """A file as the answer to a question."""
    content, found = draft.scene.message.content, _asked_for(draft.scene, ATTACHED)
    assert isinstance(content, SentMedia) and found is not None
    interview, key, prompt = found
    if usable(draft, interview):
        handing_in.answer_by_file(draft, interview, key, content, prompt=prompt)


def place(draft: Draft) -> None:
    """A place as the answer to a question."""
    content, found = draft.scene.message.content, _asked_for(draft.scene, PLACES)
    assert isinstance(content, Located) and found is not None
    interview, key, prompt = found
    if usable(draft, interview):
        handing_in.answer_by_place(draft, interview, key, content, prompt=prompt)


def file_lost(draft: Draft) -> None:
    """A file that was an answer could not be kept."""
    content = draft.scene.message.content
    assert isinstance(content, FileLost)
    if draft.scene.contact is not None:
        handing_in.file_lost(draft, content)


def _asked_for(scene: Scene, types: frozenset[str]) -> tuple[Interview, str, Prompt | None] | None:
    """Return the interview, the key and the prompt of the question that takes such an answer, if one is asked.

    It is a question replied to, else the current one.
    """
    referred = scene.referred
    interview = None if referred is None or referred.response is None else scene.interviews.get(referred.response)
    prompt = referred if referred is not None and referred.kind == "question" else None
    if interview is None or prompt is None:
        over = sharing.ended(scene)
        interview = scene.interview or over
        if interview is None or (interview.state != "open" and interview is not over):
            return None
        prompt = scene.current if scene.current is not None and scene.current.path == interview.position else None
    key = interview.position if prompt is None else prompt.path
    question = interview.form.by_path.get(parts_of(key)[0])
    return (interview, key, prompt) if question is not None and question.type in types else None


def corrected(draft: Draft) -> None:
    """An edited message corrects the answer that it gave."""
    scene, content = draft.scene, draft.scene.message.content
    assert isinstance(content, Edited)
    prompt = scene.answered
    assert prompt is not None and prompt.response is not None
    interview = scene.interviews.get(prompt.response)
    if interview is not None and usable(draft, interview):
        answering.correct(draft, interview, prompt.path, content.text, prompt=prompt)


def menu_key(scene: Scene, text: str) -> str | None:
    """Return what typed text picks from the menu that is shown, if one is."""
    if scene.current is None or scene.current.kind == "question":
        return None
    return pick([(key, label) for key, label in scene.current.data.get("choices", ())], text)
