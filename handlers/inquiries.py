"""`/ask`: what contacts want the team to know, and words that answer nothing, which may be meant for the team."""

from __future__ import annotations

from bot.domain import passing_on
from bot.domain.commands import typed_command
from bot.domain.messages import Pressed, Said, SentMedia
from bot.domain.outcomes import PageTurned
from bot.domain.passing_on import ANSWER, ASK, ASKED, KINDS, PASS_ON
from bot.domain.scene import Draft, Prompt, Scene
from handlers.choices import picked
from handlers.questionnaire import only_greets

FILES = frozenset({"photo", "voice", "video", "document"})


def in_dialogue(scene: Scene) -> bool:
    """Whether what was written or sent is for the team: they were asked for it, and nothing was asked since."""
    return (
        scene.dialogue is not None
        and scene.dialogue.name == ASK
        and (scene.current is None or scene.current.kind == ASK)
        and _is_word(scene)
    )


def goes_on(scene: Scene) -> bool:
    """Whether it is a reply to a message about an inquiry."""
    return scene.referred is not None and scene.referred.kind in (ASKED, ANSWER) and _is_word(scene)


def chooses(scene: Scene) -> bool:
    """Whether one of our choices was made, by a press or in words."""
    if isinstance(scene.message.content, Pressed):
        return scene.referred is not None and scene.referred.kind in KINDS
    return scene.current is not None and scene.current.kind in KINDS and picked(scene) is not None


def may_be_meant(scene: Scene) -> bool:
    """Whether words or a file that answer nothing may be meant for the team; a greeting is none, nor staff's words."""
    content = scene.message.content
    if scene.contact is None or scene.contact.staff:
        return False
    if isinstance(content, SentMedia):
        return content.kind in FILES and not _is_asked(scene)
    return isinstance(content, Said) and not _is_asked(scene) and not only_greets(scene, content.text)


def _is_asked(scene: Scene) -> bool:
    return scene.interview is not None and scene.interview.state == "open"


def _is_word(scene: Scene) -> bool:
    content = scene.message.content
    return isinstance(content, Said) or (isinstance(content, SentMedia) and content.kind in FILES)


def ask(draft: Draft) -> None:
    """`/ask`, `/ask words`, or `/ask 12` for what was said about an own inquiry."""
    scene = draft.scene
    typed = typed_command(scene.message.content.text) if isinstance(scene.message.content, Said) else None
    argument = typed.argument.strip() if typed is not None else ""
    interview = scene.interview if _is_asked(scene) else None
    if not argument:
        passing_on.open_dialogue(draft, interview=interview)
    elif argument.isascii() and argument.isdigit():
        mine = next((each for each in scene.inquiries if str(each.number) == argument.lstrip("0")), None)
        if mine is None:
            draft.reply(draft.say("ask.not_yours", number=argument[:9]))
        else:
            passing_on.open_dialogue(draft, inquiry=mine)
    else:
        quote = passing_on.quote_of(draft, interview) if interview is not None else ""
        passing_on.pass_on(draft, argument, quote=quote)


def said(draft: Draft) -> None:
    """The words that `/ask` asked for."""
    dialogue = draft.scene.dialogue
    assert dialogue is not None
    _take(draft, inquiry=dialogue.data.get("inquiry"), quote=str(dialogue.data.get("quote") or ""))


def said_more(draft: Draft) -> None:
    """A reply to a message about an inquiry."""
    referred = draft.scene.referred
    assert referred is not None
    _take(draft, inquiry=referred.data.get("inquiry"), quote="")


def _take(draft: Draft, *, inquiry: object, quote: str) -> None:
    content = draft.scene.message.content
    mine = passing_on.own(draft.scene, inquiry)
    if isinstance(content, SentMedia):
        passing_on.pass_on(draft, content.caption or "", inquiry=mine, quote=quote, file=content)
    elif isinstance(content, Said):
        passing_on.pass_on(draft, content.text, inquiry=mine, quote=quote)


def offer(draft: Draft) -> None:
    """Ask whether it shall go to the team; what came line by line goes as one."""
    content, current = draft.scene.message.content, draft.scene.current
    if isinstance(content, SentMedia):
        passing_on.offer(draft, content.caption or "", file=content)
        return
    assert isinstance(content, Said)
    before = str(current.data.get("text") or "") if current is not None and current.kind == PASS_ON else ""
    if before and current is not None and not current.data.get("file"):
        draft.record(PageTurned(current.id, {"choices": []}))
        passing_on.offer(draft, f"{before}\n{content.text}")
        return
    passing_on.offer(draft, content.text)


def choose(draft: Draft) -> None:
    """A choice about an inquiry, pressed or typed."""
    prompt, key = _chosen(draft.scene)
    if prompt.kind == PASS_ON:
        _decide(draft, prompt, key)
    elif key == "add":
        mine = passing_on.own(draft.scene, prompt.data.get("inquiry"))
        newest = passing_on.own_open(draft.scene)[-1:] if prompt.kind == ASK else []
        passing_on.open_dialogue(draft, inquiry=mine or (newest[0] if newest else None))
    else:
        draft.toast(draft.say("press.unknown"))


def _chosen(scene: Scene) -> tuple[Prompt, str]:
    content = scene.message.content
    prompt = scene.referred if isinstance(content, Pressed) else scene.current
    key = content.choice if isinstance(content, Pressed) else picked(scene)
    assert prompt is not None and key is not None
    return prompt, key


def _decide(draft: Draft, prompt: Prompt, key: str) -> None:
    data = prompt.data
    if key not in ("yes", "no") or not data.get("choices"):  # it was decided before
        draft.toast(draft.say("press.dead"))
        return
    draft.record(PageTurned(prompt.id, {"choices": []}))
    if key == "no":
        draft.reply(draft.say("ask.kept"))
        return
    sent = data.get("file")
    file = SentMedia(**sent) if isinstance(sent, dict) else None
    passing_on.pass_on(draft, str(data.get("text") or ""), file=file)
