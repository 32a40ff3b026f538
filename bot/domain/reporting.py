"""`/progress`: a form's progress as messages, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import assert_never

from bot.domain.choosing import pick
from bot.domain.commands import typed_command
from bot.domain.messages import Choice, OutboundMessage, Pressed, PromptId, Said
from bot.domain.outcomes import JobPlanned
from bot.domain.progress import (
    QUESTIONS_SHOWN,
    STAGES,
    Absent,
    Absentee,
    Choosing,
    Counts,
    FormShown,
    Grouped,
    Overview,
    Stall,
)
from bot.domain.scene import Draft, NewPrompt, Prompt, Scene
from bot.domain.speech import Speaker
from bot.forms.markup import unmarked
from bot.forms.model import Texts

PAGE = 8  # lines of two; with the choices below about a phone's screen
KIND = "progress"
PICTURE, FILE = "progress_picture", "progress_file"
_BAR = 10
_LABEL = 48  # signs of a question; the rest is known to who wrote it
_TAG, _FORM, _PAGE = "tag:", "form:", "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants to see. form "": the newest open one; view: overview, company, channel, missing, tags, forms
    or `tag:KEY`.
    """

    form: str = ""
    view: str = "overview"
    page: int = 1


def asked(scene: Scene) -> Asked | None:
    """Return what figures a message asks for; None: none."""
    content = scene.message.content
    if not scene.may("send"):
        return None
    if isinstance(content, Said) and (typed := typed_command(content.text, roles=scene.roles)) is not None:
        named = typed.command is not None and typed.command.name == KIND
        return Asked(form=typed.argument) if named else None
    prompt = scene.referred if isinstance(content, Pressed) else scene.current
    if prompt is None or prompt.kind not in (KIND, "menu"):
        return None
    key = content.choice if isinstance(content, Pressed) else _typed_key(prompt, content)
    if prompt.kind == "menu":
        return Asked() if key == KIND else None
    return None if key is None else _view(prompt, key, scene)


def _typed_key(prompt: Prompt, content: object) -> str | None:
    choices = [(key, label) for key, label in prompt.data.get("choices", ())]
    return pick(choices, content.text) if isinstance(content, Said) else None


def _view(prompt: Prompt, key: str, scene: Scene) -> Asked | None:
    form = str(prompt.data.get("form", ""))
    if key.startswith(_FORM):
        return Asked(form=key.removeprefix(_FORM))
    if key.startswith(_PAGE) and key.removeprefix(_PAGE).isdigit():
        return Asked(form=form, view=str(prompt.data.get("view")), page=int(key.removeprefix(_PAGE)[:6]))
    if key == "missing" and not scene.may("names"):
        return None
    if key in ("overview", "company", "channel", "missing", "tags", "forms") or key.startswith(_TAG):
        return Asked(form=form, view=key)
    return None


def show(draft: Draft) -> None:
    """Show what was asked for; needs `progress` loaded."""
    match draft.scene.progress:
        case None:
            draft.reply(OutboundMessage(where=draft.say("progress.name"), text=draft.say("progress.no_form")))
        case Overview() as figures:
            _overview(draft, figures)
        case Grouped() as figures:
            _grouped(draft, figures)
        case Absent() as figures:
            _absent(draft, figures)
        case Choosing() as figures:
            _choosing(draft, figures)
        case never:
            assert_never(never)


def choose(draft: Draft, prompt: Prompt, key: str) -> None:
    """Show another part of the progress, or plan a picture or a file of it."""
    scene, say = draft.scene, draft.say
    if key == "picture" or (key == "file" and scene.may("names")):
        kind = PICTURE if key == "picture" else FILE
        data = {"form": prompt.data.get("form", ""), "language": say.language}
        draft.record(JobPlanned(job=scene.next_id(), kind=kind, data=data))
        draft.reply(say("progress.making"))
    elif scene.progress is None:
        draft.toast(say("press.unknown"))
    else:
        show(draft)


# --- messages --------------------------------------------------------------------------------------------------------


def _overview(draft: Draft, figures: Overview) -> None:
    say = draft.say
    lines = counts_lines(figures.counts, say)
    if figures.waiting:
        lines.append(say("progress.waiting", number=figures.waiting))
    if figures.stalled:
        lines.append(say.count("progress.stalled", figures.standing_still))
        lines += [stall_line(stall, say) for stall in figures.stalled[:QUESTIONS_SHOWN]]
    choices = [Choice("company", say("progress.by_company"))]
    if figures.tags:
        choices.append(Choice("tags", say("progress.by_tag")))
    choices.append(Choice("channel", say("progress.by_channel")))
    if draft.scene.may("names"):
        choices.append(Choice("missing", say("progress.who")))
    choices.append(Choice("picture", say("progress.picture")))
    if len(figures.form.all) > 1:
        choices.append(Choice("forms", say("progress.other")))
    _say(draft, figures.form, lines, choices, view="overview")


def counts_lines(counts: Counts, say: Speaker) -> list[str]:
    """Say how many came how far, a line a stage; the bar says the number once more, for the eye."""
    lines = [say("progress.line_first", stage=say("progress.invited"), number=counts.invited)]
    for stage in STAGES[1:]:
        percent = counts.percent(stage)
        filled = round(percent * _BAR / 100)
        line = say("progress.line", stage=say(f"progress.{stage}"), number=counts.of(stage), percent=percent)
        lines.append(f"{line} {'█' * filled}{'░' * (_BAR - filled)}")
    return lines


def stall_line(stall: Stall, say: Speaker) -> str:
    """Say how many stand at a question; it is called by its label, cut between words, or its name if it is gone."""
    if not stall.path:
        return say("progress.stalled_end", number=stall.responses)
    written = stall.label.get(say.language) or next(iter(stall.label.values()), "")
    asked = " ".join(unmarked(written).split()) or stall.path.rpartition("/")[2]
    return say("progress.stalled_at", number=stall.responses, question=shorten(asked, _LABEL, placeholder=" …"))


def _grouped(draft: Draft, figures: Grouped) -> None:
    say = draft.say
    first = []
    if figures.whole is not None:
        whole = figures.whole
        values = {"invited": whole.invited, "started": whole.started, "submitted": whole.submitted}
        first = [say("progress.companies", **values)]
    lines = [
        say("progress.group", name=name_of(group.name, figures.by, say), submitted=group.counts.submitted,
            started=group.counts.started, invited=group.counts.invited)
        for group in figures.groups
    ]  # fmt: skip
    view = f"{_TAG}{figures.key}" if figures.by == "tag" else figures.by
    where = say("progress.tag", tag=tag_called(figures.key, say)) if figures.by == "tag" else say(
        f"progress.by_{figures.by}"
    )  # fmt: skip
    body = [where, *first, say("progress.group_head"), *lines] if lines else [where, say("progress.nothing")]
    _say(draft, figures.form, body, _pages(figures.page, figures.total, say), view=view)


def name_of(name: str, by: str, say: Speaker) -> str:
    """Return what a group is called."""
    if not name:
        return say("progress.no_channel") if by == "channel" else say("progress.none")
    return name.capitalize() if by == "channel" else name


def tag_called(key: str, say: Speaker) -> str:
    """Return what people call a tag's key; those that a hub adds are called what it calls them."""
    return say(f"progress.key_{key}") if key in ("sector", "size", "municipality") else key


def _absent(draft: Draft, figures: Absent) -> None:
    say = draft.say
    lines = [say.count("progress.missing", figures.total)]
    lines += [absentee_line(each, say) for each in figures.people]
    choices = _pages(figures.page, figures.total, say)
    if figures.total:
        choices.insert(0, Choice("file", say("progress.file")))
    _say(draft, figures.form, lines, choices, view="missing")


def absentee_line(each: Absentee, say: Speaker) -> str:
    """Say who is missing, where they stand, and since when."""
    name = ", ".join(part for part in (each.name, each.company) if part) or say("progress.none")
    return say("progress.absentee", name=name, stage=say(f"progress.stands_{each.stage}"), day=say.day(each.since))


def _choosing(draft: Draft, figures: Choosing) -> None:
    say = draft.say
    if figures.tags:
        choices = [Choice(f"{_TAG}{key}", tag_called(key, say)) for key in figures.tags]
        _say(draft, figures.form, [say("progress.which_tag")], choices, view="tags")
    else:
        choices = [Choice(f"{_FORM}{name}", _title(title, name, say)) for name, title, _ in figures.form.all]
        _say(draft, figures.form, [say("progress.which_form")], choices, view="forms")


def _pages(page: int, total: int, say: Speaker) -> list[Choice]:
    choices = []
    if page > 1:
        choices.append(Choice(f"{_PAGE}{page - 1}", say("way.page_before")))
    if page * PAGE < total:
        choices.append(Choice(f"{_PAGE}{page + 1}", say("way.page_after")))
    return [*choices, Choice("overview", say("progress.back"))]


def _say(draft: Draft, form: FormShown, lines: Sequence[str], choices: Sequence[Choice], *, view: str) -> None:
    """Send a part of the progress; its prompt remembers which form and part it is, and nobody's name."""
    data = {"form": form.name, "view": view, "choices": [[choice.key, choice.label] for choice in choices]}
    prompt = NewPrompt(id=PromptId(draft.scene.next_id()), kind=KIND, data=data)
    where = draft.say("progress.title", form=_title(form.title, form.name, draft.say))
    draft.reply(OutboundMessage(where=where, text="\n".join(lines), choices=tuple(choices)), prompt)


def _title(title: Texts, name: str, say: Speaker) -> str:
    return title.get(say.language) or next(iter(title.values()), "") or name
