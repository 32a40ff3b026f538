"""`/forms` for admins: what is published, and a new form sent in as a file, checked, previewed, published."""

from __future__ import annotations

from bot.domain.messages import OutboundMessage, SentMedia
from bot.domain.outcomes import JobPlanned, PromptsClosed
from bot.domain.scene import Draft, Prompt

FILE_LIMIT = 5_000_000  # bytes; the largest public XLSForm we know has 3 MB
SUFFIXES = (".xlsx", ".xls", ".csv", ".md")


def list_(draft: Draft) -> None:
    """List the forms with their state, and say how to send in a new one."""
    say, scene = draft.say, draft.scene
    lines = [
        say(
            "forms.line",
            title=form.form.say(form.title, say.language) or form.name,
            name=form.name,
            state=say(f"forms.{form.state}"),
        )
        for form in scene.forms
    ]
    draft.reply(
        OutboundMessage(where=say("forms.title"), text="\n".join(lines) or say("forms.empty"), hint=say("forms.how"))
    )


def received(draft: Draft) -> None:
    """A file from an admin: plan its check; the result comes as a message of its own."""
    content = draft.scene.message.content
    assert isinstance(content, SentMedia)
    name = content.name or ""
    if not name.lower().endswith(SUFFIXES):
        draft.reply(draft.say("forms.not_a_form"))
        return
    if content.file_id is None or (content.size or 0) > FILE_LIMIT:
        draft.reply(draft.say("forms.too_large", limit=FILE_LIMIT // 1_000_000))
        return
    data = {"file_id": content.file_id, "name": name, "language": draft.say.language}
    draft.record(JobPlanned(job=draft.scene.next_id(), kind="check_form", data=data))
    draft.reply(draft.say("forms.checking"))


def decided(draft: Draft, prompt: Prompt, key: str) -> None:
    """Publish or discard the form that was checked."""
    scene = draft.scene
    if not scene.may("forms"):
        draft.toast(draft.say("press.unknown"))
        return
    if not prompt.current:
        draft.toast(draft.say("press.dead"))
        return
    draft.record(PromptsClosed())
    if key in ("publish", "publish_and_move"):
        data = {
            "sha256": prompt.data["sha256"],
            "name": prompt.data["name"],
            "language": draft.say.language,
            "migrate": key == "publish_and_move",
            "actor": scene.actor,
        }
        draft.record(JobPlanned(job=scene.next_id(), kind="publish_form", data=data))
        draft.reply(draft.say("forms.publishing"))
    else:
        draft.reply(draft.say("forms.discarded"))
