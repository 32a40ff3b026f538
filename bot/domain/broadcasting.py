"""Writing a broadcast in the chat: to whom, the text in each language, what goes along; a job shows the preview."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.domain.asking import menu_message
from bot.domain.broadcasts.content import unknown_fields
from bot.domain.broadcasts.model import Broadcast
from bot.domain.broadcasts.problems import LABEL_LIMIT, Problem, is_web_address, sentence
from bot.domain.choosing import folded, pick
from bot.domain.messages import OutboundMessage, Pressed, PromptId, Said, SentMedia
from bot.domain.outcomes import DialogueEnded, DialogueMoved, JobPlanned, PromptsClosed
from bot.domain.scene import Draft, NewPrompt, OfferedForm, Scene

DIALOGUE = "broadcasting"
MAKE, LOOK, TEST, LIST = "broadcast_make", "broadcast_look", "broadcast_test", "broadcast_list"
"""The jobs: write a draft down and show its preview, show it again, send a test, list who got it."""

WITHIN = timedelta(hours=6)
TEXT_LIMIT = 12_000  # characters; what each channel takes of them the preview says
SHOWN = 5  # saved audiences
BUTTONS = 4
FILE_KINDS = frozenset({"photo", "document", "video", "audio", "voice", "animation"})
_STAGES = ("never", "unfinished", "submitted")
_RULE = re.compile(r"^\s*(?:not\s+)?\w+\s*[=<>]", re.IGNORECASE)
_SEVERAL = re.compile(r"\s*(?:[,;+&\n]|\bund\b|\band\b)\s*", re.IGNORECASE)
_FILES = {"photo": "bild.jpg", "video": "film.mp4", "voice": "sprache.ogg", "animation": "film.mp4"}


def begin(draft: Draft, *, audience: tuple[str, ...] = (), corrects: int | None = None) -> None:
    """Ask for whom it is; a correction is for those whom the other one reached, so it begins with the text."""
    data: dict[str, Any] = {"audience": list(audience), "texts": {}, "file": None, "buttons": [], "corrects": corrects}
    if audience:
        _ask_text(draft, data, place=0)
    else:
        _ask_audience(draft, data)


def change(draft: Draft, broadcast: Broadcast, what: str) -> None:
    """Take a draft up again: its text, its audience, or what goes along."""
    content = broadcast.content
    data = {
        "audience": list(broadcast.audience),
        "texts": dict(content.texts),
        "file": {"kept": True, "name": content.files[0].name} if content.files else None,
        "buttons": [[button.kind, dict(button.label), button.target] for button in content.buttons],
        "number": broadcast.id,
        "revision": broadcast.revision,
    }
    match what:
        case "text":
            _ask_text(draft, {**data, "once": True}, place=0)
        case "audience":
            _ask_audience(draft, {**data, "once": True})
        case _:
            _ask_extras(draft, data)


def answer(draft: Draft) -> None:
    """An answer within the dialogue."""
    scene = draft.scene
    dialogue, content = scene.dialogue, scene.message.content
    assert dialogue is not None
    step, _, rest = dialogue.step.partition(":")
    data = dict(dialogue.data)
    text = content.text.strip() if isinstance(content, Said) else ""
    key = _picked(scene, step=dialogue.step)
    match step:
        case _ if isinstance(content, Pressed) and key is None:
            draft.toast(draft.say("press.dead"))
        case "audience":
            _take_audience(draft, data, key, text)
        case "rule" if text:
            _took_audience(draft, data, _rules_in(text))
        case "text":
            _take_text(draft, data, key, place=int(rest))
        case "extras":
            _take_extra(draft, data, key)
        case "link":
            _take_link(draft, data, text)
        case "form" if key is not None:
            _add_form(draft, data, scene.forms, key)
        case _:
            draft.reply(draft.say("broadcast.not_that"))


# --- to whom ---------------------------------------------------------------------------------------------------------


def _ask_audience(draft: Draft, data: dict[str, Any]) -> None:
    say, scene = draft.say, draft.scene
    meant = [("all", say("broadcast.to_all"))]
    if (form := _newest(scene)) is not None:
        meant += [(f"form={form.name}:{stage}", say(f"broadcast.to_{stage}")) for stage in _STAGES]
    meant += [(f"saved={name}", name) for name in scene.board.audiences[:SHOWN]]
    meant.append(("rule", say("broadcast.own_rule")))
    _ask(draft, "audience", say("broadcast.to_whom"), data=data, meant=meant, hint=say("broadcast.to_several"))


def _newest(scene: Scene) -> OfferedForm | None:
    return next((form for form in reversed(scene.forms) if form.state == "open"), None)


def _take_audience(draft: Draft, data: dict[str, Any], key: str | None, text: str) -> None:
    if key == "rule":
        form = _newest(draft.scene)
        hint = draft.say("broadcast.rule_hint", form=form.name if form is not None else "f")
        _ask(draft, "rule", draft.say("broadcast.which_rule"), data=data, hint=hint)
    elif key is not None:
        _took_audience(draft, data, [key])
    elif _RULE.match(text):
        _took_audience(draft, data, _rules_in(text))
    else:
        chosen = [_pick(draft.scene, part) for part in _SEVERAL.split(text) if part]
        if chosen and all(each is not None and each != "rule" for each in chosen):
            _took_audience(draft, data, [each for each in chosen if each is not None])
        else:
            draft.reply(draft.say("broadcast.to_unclear"))


def _rules_in(text: str) -> list[str]:
    return [rule.strip() for rule in re.split(r"[\n;]", text) if rule.strip()]


def _took_audience(draft: Draft, data: dict[str, Any], rules: list[str]) -> None:
    data["audience"] = list(dict.fromkeys(rules))
    if data.pop("once", False):
        _make(draft, data)
    else:
        _ask_text(draft, data, place=0)


# --- what ------------------------------------------------------------------------------------------------------------


def _ask_text(draft: Draft, data: dict[str, Any], *, place: int) -> None:
    say, languages = draft.say, draft.scene.hub.languages
    language, first = languages[place], languages[0]
    named = say(f"broadcast.in_{language}")
    meant = []
    if data["texts"].get(language):
        meant.append(("keep", say("broadcast.keep_text")))
    if len(languages) > 1:
        meant.append(("skip", say("broadcast.leave_out")))
    text = say("broadcast.what", language=named) if not place else say("broadcast.what_too", language=named)
    other = say(f"language.{first}")
    hint = say("broadcast.what_hint", company="{company}", contact="{contact}", hub="{hub}") if not place else ""
    if place and data["texts"].get(first):
        hint = say("broadcast.what_too_hint", other=other)
    _ask(draft, f"text:{place}", text, data=data, meant=meant, hint=hint)


def _take_text(draft: Draft, data: dict[str, Any], key: str | None, *, place: int) -> None:
    scene, content, say = draft.scene, draft.scene.message.content, draft.say
    language = scene.hub.languages[place]
    text = content.text.strip() if isinstance(content, Said) else ""
    if isinstance(content, SentMedia):
        if not _keep_file(draft, data, content):
            return
        text = (content.caption or "").strip()
        if not text:
            draft.record(DialogueMoved(name=DIALOGUE, step=f"text:{place}", data=data, expires_at=scene.now + WITHIN))
            draft.reply(say("broadcast.file_kept"))
            return
    if key == "skip":
        data["texts"] = {name: kept for name, kept in data["texts"].items() if name != language}
    elif key != "keep":
        if not text or len(text) > TEXT_LIMIT:
            draft.reply(say("broadcast.text_unclear", limit=TEXT_LIMIT))
            return
        if unknown := unknown_fields(text):
            draft.reply(sentence(Problem(kind="field", what=unknown[0]), say) + "\n" + say("broadcast.once_more"))
            return
        data["texts"] = {**data["texts"], language: text}
    if place + 1 < len(scene.hub.languages):
        _ask_text(draft, data, place=place + 1)
    elif not data["texts"]:
        draft.reply(say("broadcast.no_text"))
        _ask_text(draft, data, place=0)
    elif data.pop("once", False):
        _make(draft, data)
    else:
        _ask_extras(draft, data)


# --- what goes along -------------------------------------------------------------------------------------------------


def _ask_extras(draft: Draft, data: dict[str, Any]) -> None:
    say, scene = draft.say, draft.scene
    meant = [("done", say("broadcast.to_preview"))]
    if len(data["buttons"]) < BUTTONS:
        meant.append(("link", say("broadcast.add_link")))
    if any(form.state == "open" for form in scene.forms) and not any(kind == "form" for kind, *_ in data["buttons"]):
        meant.append(("form", say("broadcast.add_form")))
    if data["buttons"] or data["file"]:
        meant.append(("none", say("broadcast.take_off")))
    along = [data["file"]["name"]] if data["file"] else []
    along += [next(iter(label.values()), target) for _, label, target in data["buttons"]]
    lines = [say("broadcast.along", what=", ".join(along))] if along else []
    _ask(draft, "extras", "\n".join([*lines, say("broadcast.extras")]), data=data, meant=meant)


def _take_extra(draft: Draft, data: dict[str, Any], key: str | None) -> None:
    scene, content, say = draft.scene, draft.scene.message.content, draft.say
    match key:
        case "done":
            _make(draft, data)
        case "link":
            hint = say("broadcast.link_two") if len(scene.hub.languages) > 1 else ""
            _ask(draft, "link", say("broadcast.which_link"), data=data, hint=hint)
        case "form":
            offered = [form for form in scene.forms if form.state == "open"]
            if len(offered) == 1:
                _add_form(draft, data, scene.forms, offered[0].name)
            else:
                meant = [(form.name, form.form.say(form.title, say.language) or form.name) for form in offered]
                _ask(draft, "form", say("broadcast.which_form"), data=data, meant=meant)
        case "none":
            _ask_extras(draft, {**data, "buttons": [], "file": None})
        case _ if isinstance(content, SentMedia):
            if _keep_file(draft, data, content):
                _ask_extras(draft, data)
        case _:
            draft.reply(say("broadcast.extras_unclear"))


def _take_link(draft: Draft, data: dict[str, Any], text: str) -> None:
    """Read `label https://…`, or `label in one language | in the other | https://…`."""
    scene, say = draft.scene, draft.say
    words, _, address = text.replace("|", " | ").strip().rpartition(" ")
    if not is_web_address(address):
        draft.reply(sentence(Problem(kind="link", what=address or text[:60]), say) + "\n" + say("broadcast.once_more"))
        return
    labels = [" ".join(label.split()) for label in words.split("|") if label.strip()]
    too_long = next((label for label in labels if len(label) > LABEL_LIMIT), "")
    if too_long:
        problem = Problem(kind="label", what=too_long, over=len(too_long) - LABEL_LIMIT)
        draft.reply(sentence(problem, say) + "\n" + say("broadcast.once_more"))
        return
    label = dict(zip(scene.hub.languages, labels, strict=False))
    _ask_extras(draft, {**data, "buttons": [*data["buttons"], ["link", label, address]]})


def _add_form(draft: Draft, data: dict[str, Any], forms: tuple[OfferedForm, ...], name: str) -> None:
    form = next((form for form in forms if form.name == name and form.state == "open"), None)
    if form is None:
        draft.reply(sentence(Problem(kind="form", what=name), draft.say))
        return
    scene = draft.scene
    label = {each: scene.catalogue.speaker(each)("broadcast.open_form") for each in scene.hub.languages}
    _ask_extras(draft, {**data, "buttons": [*data["buttons"], ["form", label, name]]})


def _keep_file(draft: Draft, data: dict[str, Any], content: SentMedia) -> bool:
    limit = draft.scene.hub.file_limit
    if content.kind not in FILE_KINDS or content.file_id is None:
        draft.reply(draft.say("broadcast.no_file"))
        return False
    if (content.size or 0) > limit:
        draft.reply(draft.say("broadcast.file_too_large", limit=limit // 1_000_000))
        return False
    data["file"] = {
        "file_id": content.file_id,
        "name": (content.name or _FILES.get(content.kind, "datei"))[-100:],
        "media_type": content.media_type,
    }
    return True


# --- asking ----------------------------------------------------------------------------------------------------------


def _make(draft: Draft, data: Mapping[str, Any]) -> None:
    plan(draft, MAKE, data)


def plan(draft: Draft, kind: str, data: Mapping[str, Any], *, text: str = "broadcast.looking") -> None:
    """Let a job go on with a broadcast, and end the dialogue; what a test or a list was asked from stays as it is."""
    scene = draft.scene
    writer = scene.person or scene.contact
    more = {"actor": scene.actor, "language": draft.say.language, "author": None if writer is None else writer.id}
    if kind in (MAKE, LOOK):
        draft.record(DialogueEnded(), PromptsClosed())
    draft.record(JobPlanned(job=scene.next_id(), kind=kind, data={**data, **more}))
    draft.reply(draft.say(text))


def _ask(
    draft: Draft,
    step: str,
    text: str,
    *,
    data: Mapping[str, Any],
    meant: list[tuple[str, str]] | None = None,
    hint: str = "",
) -> None:
    """Ask; `meant`: what each choice stands for, and its label."""
    scene, meant = draft.scene, meant or []
    choices = [[f"c{place}", label] for place, (_, label) in enumerate(meant, start=1)]
    shown = {"step": step, "choices": choices, "meant": [what for what, _ in meant]}
    prompt = NewPrompt(id=PromptId(scene.next_id()), kind="dialogue", data=shown)
    draft.record(DialogueMoved(name=DIALOGUE, step=step, data=data, expires_at=scene.now + WITHIN))
    message = menu_message(text, prompt, where=draft.say("broadcast.title"))
    draft.reply(OutboundMessage(where=message.where, text=text, hint=hint, choices=message.choices), prompt)


def _picked(scene: Scene, *, step: str) -> str | None:
    content = scene.message.content
    prompt = scene.referred if isinstance(content, Pressed) else scene.current
    if prompt is None or not prompt.current or prompt.data.get("step") != step:
        return None
    if isinstance(content, Said):
        # A text that is to be sent may begin with anything: only a whole label or a number picks.
        return _pick(scene, content.text) if folded(content.text) else None
    return _meaning(prompt.data, content.choice if isinstance(content, Pressed) else None)


def _pick(scene: Scene, text: str) -> str | None:
    prompt = scene.current
    if prompt is None or not prompt.current or "meant" not in prompt.data:
        return None
    return _meaning(prompt.data, pick([(key, label) for key, label in prompt.data["choices"]], text))


def _meaning(data: Mapping[str, Any], key: str | None) -> str | None:
    meant = {each: what for (each, _), what in zip(data["choices"], data["meant"], strict=True)}
    return meant.get(key or "")
