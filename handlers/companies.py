"""`/companies` for organisers: look companies up, confirm, tag and note them, make two of them one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.domain.asking import menu_message
from bot.domain.desk import Collision, ConfirmCompany, MergeCompanies, NoteCompany, TagCompany, UnmergeCompanies
from bot.domain.desk.command import Command
from bot.domain.desk.companies import SharedResponse
from bot.domain.directory import CompanyPage
from bot.domain.listed import NOTE_LIMIT, TAGS_A_COMPANY
from bot.domain.looking_up import DIALOGUE, LIST, MERGE, ONE, meant
from bot.domain.messages import PromptId, Said
from bot.domain.outcomes import DialogueEnded, DialogueMoved, Ordered
from bot.domain.people import clean_name
from bot.domain.scene import Draft, NewPrompt, Scene
from bot.domain.tags import read_tag

WITHIN = timedelta(minutes=15)  # what is written later was not meant for this question
SHOWN_PEOPLE = 10
TAG_WORDS = {"sector": "companies.sector", "size": "companies.size", "municipality": "companies.municipality"}
"""What people call the keys that every hub has; they are read back by the same words."""


def is_meant(scene: Scene) -> bool:
    """Whether an organiser picks something that is shown about companies."""
    return scene.may("send") and meant(scene) is not None


def is_written(scene: Scene) -> bool:
    """Whether an organiser writes what was asked for about a company."""
    return (
        scene.may("send")
        and scene.dialogue is not None
        and scene.dialogue.name == DIALOGUE
        and isinstance(scene.message.content, Said)
    )


def list_(draft: Draft) -> None:
    """List the companies, or those that a search finds."""
    _list(draft)


def picked(draft: Draft) -> None:
    """Something was picked from a list, from a company's page, or about two companies."""
    found = meant(draft.scene)
    assert found is not None
    prompt, key = found
    if prompt.kind == LIST:
        _from_list(draft, prompt.data, key)
    elif prompt.kind == ONE:
        _on_page(draft, key)
    else:
        _about_two(draft, prompt.data, key)


def written(draft: Draft) -> None:
    """A tag, a note or the name of another company was written."""
    scene, say = draft.scene, draft.say
    content, dialogue, directory = scene.message.content, scene.dialogue, scene.directory
    assert isinstance(content, Said) and dialogue is not None and directory is not None
    company = directory.company
    if company is None:
        draft.record(DialogueEnded())
        draft.reply(say("companies.gone"))
    elif dialogue.step == "merge":
        draft.record(DialogueEnded())
        _list(draft, merging=company)
    elif dialogue.step == "tag":
        _tagged(draft, company, content.text)
    else:
        note = "\n".join(filter(None, map(clean_name, content.text.splitlines())))
        note = "" if note in ("-", "–") else note
        if len(note) > NOTE_LIMIT:
            draft.reply(say("companies.note_too_long", limit=NOTE_LIMIT))
            return
        _order(draft, NoteCompany(company=company.id, note=note))
        _show(draft, replace(company, note=note))


def _tagged(draft: Draft, company: CompanyPage, text: str) -> None:
    signed = "=" in text or ":" in text
    if " " in text.strip() and not signed:  # "Branche Bau" means a value, and says none
        draft.reply(draft.say("companies.no_tag"))
        return
    try:
        key, value = read_tag(text)
    except ValueError:
        draft.reply(draft.say("companies.no_tag"))
        return
    gone = not value and text.rstrip()[-1:] in ("=", ":")
    tags = {name: kept for name, kept in company.tags.items() if name != key} | ({} if gone else {key: value})
    if len(tags) > TAGS_A_COMPANY:
        draft.reply(draft.say("companies.too_many_tags", limit=TAGS_A_COMPANY))
        return
    _order(draft, TagCompany(company=company.id, tags={} if gone else {key: value}, remove=(key,) if gone else ()))
    _show(draft, replace(company, tags=dict(sorted(tags.items()))))


# --- lists -----------------------------------------------------------------------------------------------------------


def _list(draft: Draft, *, merging: CompanyPage | None = None) -> None:
    say, directory = draft.say, draft.scene.directory
    assert directory is not None
    wanted = directory.wanted
    listed = [company for company in directory.listed if merging is None or company.id != merging.id]
    if not listed:
        draft.reply(say("companies.none", search=wanted.search) if wanted.search else say("companies.empty"))
        return
    # A company's id is too long for a button.
    choices = [
        [f"c{place}", say("companies.claimed", name=company.label) if company.state == "claimed" else company.label]
        for place, company in enumerate(listed)
    ]
    choices += [["more", say("companies.more")]] if directory.more else []
    choices += [["less", say("companies.less")]] if wanted.page else []
    ids = [company.id for company in listed]
    data: dict[str, Any] = {"choices": choices, "ids": ids, "search": wanted.search, "page": wanted.page}
    if merging is not None:
        data["merging"] = merging.id
    prompt = NewPrompt(id=PromptId(draft.scene.next_id()), kind=LIST, data=data)
    text = say("companies.which") if merging is None else say("companies.merge_with", name=merging.name)
    message = menu_message(text, prompt, where=say("companies.title"))
    draft.reply(replace(message, hint="" if merging is not None else say("companies.search")), prompt)


def _from_list(draft: Draft, data: Mapping[str, Any], key: str) -> None:
    directory = draft.scene.directory
    assert directory is not None
    if key in ("more", "less"):
        _list(draft, merging=directory.company)
    elif data.get("merging") is not None:
        _ask_merge(draft, {})
    else:
        _show(draft, directory.company)


# --- one company -----------------------------------------------------------------------------------------------------


def _show(draft: Draft, company: CompanyPage | None) -> None:
    say = draft.say
    if company is None:
        draft.reply(say("companies.gone"))
        return
    people = [each.name if each.joined else say("companies.not_joined", name=each.name) for each in company.people]
    more = [say("forms.preview_more", number=len(people) - SHOWN_PEOPLE)] if len(people) > SHOWN_PEOPLE else []
    lines = [say("companies.is_claimed")] if company.state == "claimed" else []
    lines.append(say("companies.people", names=", ".join(people[:SHOWN_PEOPLE] + more) or "–"))
    if company.tags:
        words = {key: say(TAG_WORDS[key]) if key in TAG_WORDS else key for key in company.tags}
        tags = ", ".join(f"{words[key]}={value}" if value else words[key] for key, value in company.tags.items())
        lines.append(say("companies.tags", tags=tags))
    if company.note:
        lines.append(say("companies.note", note=company.note))
    choices = [["confirm", say("companies.confirm")]] if company.state == "claimed" else []
    choices += [["tag", say("companies.set_tag")], ["note", say("companies.write_note")]]
    choices.append(["merge", say("companies.merge")])
    if company.undoable:
        choices.append(["undo", say("companies.undo", name=company.undoable)])
    choices.append(["list", say("companies.back")])
    prompt = NewPrompt(id=PromptId(draft.scene.next_id()), kind=ONE, data={"choices": choices, "company": company.id})
    draft.reply(menu_message("\n".join(lines), prompt, where=company.label), prompt)


def _on_page(draft: Draft, key: str) -> None:
    directory, say = draft.scene.directory, draft.say
    assert directory is not None
    company = directory.company
    if key == "list":
        _list(draft)
    elif company is None:
        draft.reply(say("companies.gone"))
    elif key == "confirm":
        _order(draft, ConfirmCompany(company=company.id))
        _show(draft, replace(company, state="confirmed"))
    elif key == "undo":
        _undo(draft, company)
    elif key in ("tag", "note", "merge"):
        asks = {"tag": "companies.ask_tag", "note": "companies.ask_note", "merge": "companies.ask_other"}
        prompt = NewPrompt(id=PromptId(draft.scene.next_id()), kind="dialogue", data={"step": key, "choices": []})
        data = {"company": company.id}
        draft.record(DialogueMoved(name=DIALOGUE, step=key, data=data, expires_at=draft.scene.now + WITHIN))
        draft.reply(say(asks[key], name=company.name), prompt)
    else:
        draft.toast(say("press.unknown"))


def _undo(draft: Draft, company: CompanyPage) -> None:
    if not company.undoable:
        draft.reply(draft.say("companies.not_undoable"))
        return
    _order(draft, UnmergeCompanies(company=company.id))
    draft.reply(draft.say("companies.undone", name=company.undoable))


# --- two companies ---------------------------------------------------------------------------------------------------


def _ask_merge(draft: Draft, keep: Mapping[str, Any]) -> None:
    """Ask which of two responses counts, as often as there are two, and then for the last word."""
    directory, say = draft.scene.directory, draft.say
    assert directory is not None
    source, target = directory.company, directory.other
    hindrance = _hindrance(draft, source, target)
    if source is None or target is None or hindrance:
        draft.reply(hindrance)
        return
    data: dict[str, Any] = {"source": source.id, "target": target.id, "keep": dict(keep)}
    undecided = next((each for each in directory.collisions if each.form not in keep), None)
    if undecided is not None:
        data |= {"form": undecided.form}
        data["choices"] = [["into", target.name], ["from", source.name], ["no", say("companies.merge_no")]]
        text = _side_by_side(draft, undecided, source=source, target=target)
    else:
        data["choices"] = [["go", say("companies.merge_go")], ["no", say("companies.merge_no")]]
        text = say("companies.merge_ask", source=source.label, target=target.label)
    prompt = NewPrompt(id=PromptId(draft.scene.next_id()), kind=MERGE, data=data)
    draft.reply(menu_message(text, prompt, where=say("companies.merge")), prompt)


def _hindrance(draft: Draft, source: CompanyPage | None, target: CompanyPage | None) -> str:
    """Say why two companies cannot become one, "" if they can."""
    if source is None or target is None or source.id == target.id:
        return draft.say("companies.gone")
    if source.state == "confirmed" and target.state == "claimed":
        return draft.say("companies.other_way", source=source.name, target=target.name)
    return ""


def _side_by_side(draft: Draft, both: Collision, *, source: CompanyPage, target: CompanyPage) -> str:
    say = draft.say

    def line(company: CompanyPage, response: SharedResponse) -> str:
        state = say("companies.submitted") if response.status == "submitted" else say("companies.partial")
        day = say.day(response.changed_at)
        return say("companies.response", name=company.name, number=response.answers, state=state, day=day)

    title = both.title.get(say.language) or next(iter(both.title.values()), both.form)
    lines = [say("companies.both", form=title), line(target, both.target), line(source, both.source)]
    return "\n".join([*lines, say("companies.which_counts")])


def _about_two(draft: Draft, data: Mapping[str, Any], key: str) -> None:
    directory, say = draft.scene.directory, draft.say
    assert directory is not None
    source, target = directory.company, directory.other
    keep = dict(data.get("keep", {}))
    if key == "no":
        draft.reply(say("companies.not_merged"))
        return
    if key in ("from", "into"):
        _ask_merge(draft, {**keep, data["form"]: key})
        return
    ready = all(each.form in keep for each in directory.collisions)
    if key != "go" or source is None or target is None or not ready or _hindrance(draft, source, target):
        _ask_merge(draft, keep)  # things have changed since it was asked
        return
    _order(draft, MergeCompanies(source=source.id, target=target.id, keep=keep))
    draft.reply(say("companies.merged", source=source.name, target=target.name))


def _order(draft: Draft, command: Command[Any]) -> None:
    draft.record(DialogueEnded(), Ordered(command=command, actor=draft.scene.actor))
