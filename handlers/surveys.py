"""Which questionnaire: go on with the open one, else begin one, or look at what was sent in."""

from __future__ import annotations

from bot.domain import questionnaire, sharing
from bot.domain.asking import menu_message
from bot.domain.choosing import folded
from bot.domain.commands import typed_command
from bot.domain.messages import Pressed, PromptId, Said
from bot.domain.people import Contact
from bot.domain.scene import Draft, NewPrompt, OfferedForm, Scene
from handlers.questionnaire import usable


def survey(draft: Draft) -> None:
    """Go on with the open interview, else offer the open forms by title."""
    scene = draft.scene
    contact = scene.contact
    assert contact is not None
    if contact.staff:
        draft.reply(draft.say("survey.staff"))
        return
    content = scene.message.content
    typed = typed_command(content.text) if isinstance(content, Said) else None
    if typed is not None and (wanted := folded(typed.argument)):
        _open_called(draft, wanted)
        return
    if scene.interview is not None:
        if usable(draft, scene.interview):
            questionnaire.resume(draft, scene.interview)
        return
    is_open = [form for form in scene.forms if form.state == "open"]
    offered = [form for form in is_open if contact.company is not None or form.form.respondent != "company"]
    if is_open and not offered:
        draft.reply(draft.say("survey.needs_company"))
    elif not offered:
        draft.reply(draft.say("survey.none"))
    elif len(offered) == 1:
        _open(draft, offered[0])
    else:
        _offer(draft, offered)


def _offer(draft: Draft, offered: list[OfferedForm]) -> None:
    say = draft.say
    choices = []
    for number, form in enumerate(offered, start=1):
        title = form.form.say(form.title, say.language) or form.name
        choices.append([str(number), f"{title} ✓" if form.status == "submitted" else title])
    prompt = NewPrompt(
        id=PromptId(draft.scene.next_id()),
        kind="menu",
        data={"choices": choices, "forms": [form.id for form in offered]},
    )
    draft.reply(menu_message(say("survey.which"), prompt), prompt)


def _open_called(draft: Draft, wanted: str) -> None:
    """Open the form of that name or title; part of a title is enough where it means one alone."""
    called = [(form, {folded(form.name), *map(folded, form.title.values())}) for form in draft.scene.forms]
    found = [form for form, names in called if wanted in names]
    found = found or [form for form, names in called if any(wanted in name for name in names)]
    still = [form for form in found if form.state == "open"]
    if len(still) > 1:
        _offer(draft, still)
    elif still:
        _open(draft, still[0])
    elif found:
        draft.reply(draft.say("survey.closed"))
    else:
        draft.reply(draft.say("survey.no_such"))


def chosen_in_broadcast(scene: Scene) -> bool:
    """Whether the button of a broadcast that starts a form was pressed."""
    return (
        isinstance(scene.message.content, Pressed) and scene.referred is not None and scene.referred.kind == "broadcast"
    )


def open_of_broadcast(draft: Draft) -> None:
    """Begin or go on with the form that a broadcast offers."""
    scene = draft.scene
    assert scene.referred is not None and scene.contact is not None
    if scene.contact.staff:
        draft.reply(draft.say("survey.staff"))
        return
    name = scene.referred.data.get("form")
    form = next((form for form in scene.forms if form.name == name and form.state == "open"), None)
    if form is None:
        draft.reply(draft.say("survey.closed"))
    else:
        _open(draft, form)


def open_form(draft: Draft, form_id: int) -> None:
    """Begin or go on with the form of that id."""
    form = next((form for form in draft.scene.forms if form.id == form_id and form.state == "open"), None)
    if form is None:
        draft.reply(draft.say("survey.closed"))
    else:
        _open(draft, form)


def _open(draft: Draft, form: OfferedForm) -> None:
    contact = draft.scene.contact
    assert contact is not None
    shared = form.form.respondent == "company"
    if shared and contact.company is None:
        draft.reply(draft.say("survey.needs_company"))
        return
    running = draft.scene.interview
    if running is not None:  # one at a time; an old menu offers others all the same
        if running.response == form.response:
            questionnaire.resume(draft, running)
        else:
            draft.reply(draft.say("review.other_open"))
        return
    if form.response is None:
        questionnaire.begin(draft, contact, form)
        return
    if shared:
        _open_shared(draft, contact, form, form.response)
        return
    own = draft.scene.interviews.get(form.response)
    if form.status == "partial" and own is not None:  # it waited since two contacts became one
        questionnaire.resume(draft, own)
        return
    _say_submitted(draft, form, form.response, shared=False)


def _say_submitted(draft: Draft, form: OfferedForm, response: int, *, shared: bool) -> None:
    title = form.form.say(form.title, draft.say.language) or form.name
    draft.reply(*sharing.looking(draft, response, draft.say("survey.submitted", title=title), shared=shared))


def _open_shared(draft: Draft, contact: Contact, form: OfferedForm, response: int) -> None:
    """Go on with the company's response, or look at it once it is sent in."""
    own = draft.scene.interviews.get(response)
    begun = draft.scene.begun.get(response)
    if form.status == "partial":
        if own is not None:
            questionnaire.resume(draft, own)
        elif begun is not None:
            sharing.join(draft, contact, begun)
        return
    if own is None and begun is not None:
        own = sharing.look_at(draft, contact, begun)
    if own is not None and own.together is not None and own.together.submitted_by != contact.id:
        sharing.say_ended(draft, own, menu=True)
    else:
        _say_submitted(draft, form, response, shared=True)
