"""A list of companies and people, sent in by an organiser: checked, looked at, entered or dropped."""

from __future__ import annotations

from bot.domain.listed import FILE_LIMIT
from bot.domain.messages import SentMedia
from bot.domain.outcomes import JobPlanned, PromptsClosed
from bot.domain.scene import Draft, Prompt, Scene

KIND = "people_list"
"""Of the prompt under a list's preview."""
SUFFIXES = (".csv", ".xlsx")


def is_sent(scene: Scene) -> bool:
    """Whether somebody who may write to people sends what may be a list of them."""
    content = scene.message.content
    return (
        scene.may("send")
        and isinstance(content, SentMedia)
        and content.kind == "document"
        and (content.name or "").lower().endswith(SUFFIXES)
    )


def received(draft: Draft) -> None:
    """Plan the check of a table; it turns out what it is once it is read."""
    content, scene = draft.scene.message.content, draft.scene
    assert isinstance(content, SentMedia)
    if content.file_id is None or (content.size or 0) > FILE_LIMIT:
        draft.reply(draft.say("forms.too_large", limit=FILE_LIMIT // 1_000_000))
        return
    data = {
        "file_id": content.file_id,
        "name": content.name,
        "language": draft.say.language,
        "forms": scene.may("forms"),
    }
    draft.record(JobPlanned(job=scene.next_id(), kind="check_list", data=data))
    draft.reply(draft.say("forms.checking"))


def decided(draft: Draft, prompt: Prompt, key: str) -> None:
    """Enter the list that was checked, or drop it."""
    scene = draft.scene
    if not scene.may("send"):
        draft.toast(draft.say("press.unknown"))
        return
    if not prompt.current:
        draft.toast(draft.say("press.dead"))
        return
    draft.record(PromptsClosed())
    data = {"sha256": prompt.data["sha256"], "language": draft.say.language, "actor": scene.actor}
    if key == "enter":
        draft.record(JobPlanned(job=scene.next_id(), kind="enter_list", data=data))
        draft.reply(draft.say("lists.entering"))
    else:
        draft.record(JobPlanned(job=scene.next_id(), kind="drop_list", data=data))
        draft.reply(draft.say("lists.dropped"))
