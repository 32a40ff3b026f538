"""What a person may ask about their data: the notice, what is stored, no more pushes, to be forgotten."""

from __future__ import annotations

from datetime import timedelta

from bot.domain import linking
from bot.domain.choosing import folded
from bot.domain.messages import Address, Attachment, OutboundMessage, PromptId, Said
from bot.domain.outcomes import DialogueEnded, DialogueMoved, PersonErased, PromptsClosed, PushesSet, VisitorLeft
from bot.domain.scene import Draft, NewPrompt, Scene
from handlers.onboarding import again

FORGET = "forget"
FORGET_WITHIN = timedelta(minutes=15)  # a confirmation typed later was not meant for this question


def privacy(draft: Draft) -> None:
    """Show the whole notice."""
    scene = draft.scene
    name = "notice/staff" if scene.contact is not None and scene.contact.staff else "notice/privacy"
    draft.reply(OutboundMessage(where=draft.say("privacy.title"), text=scene.hub.text(name, scene.language)))


def my_data(draft: Draft) -> None:
    """Say what is stored, readable and as a file."""
    scene, say = draft.scene, draft.say
    contact = scene.contact
    assert contact is not None
    lines = [
        say("mydata.name", name=contact.name or "–"),
        say("mydata.company", company=contact.company.name if contact.company else "–"),
        # What they know themselves by there: on Matrix the user id, not the room's.
        *(say("mydata.address", address=place) for place in _places(scene)),
        say("mydata.language", language=say("language.name")),
        say("mydata.pushes_on") if contact.pushes else say("mydata.pushes_off"),
        say("mydata.since", day=say.day(contact.created_at)),
        say.count("mydata.answers", int(scene.my_data.get("answers", 0))),
    ]
    # What the team keeps about somebody is theirs to see.
    for what, text in (("mydata.mail", scene.my_data.get("mail")), ("mydata.note", scene.my_data.get("note"))):
        if text:
            lines.append(say(what, text=text))
    if files := int(scene.my_data.get("files", 0)):
        lines.append(say.count("mydata.files", files))
    if inquiries := int(scene.my_data.get("inquiries", 0)):
        lines.append(say.count("mydata.inquiries", inquiries))
    if broadcasts := int(scene.my_data.get("broadcasts", 0)):
        lines.append(say.count("mydata.broadcasts", broadcasts))
    if scene.my_data.get("superseded"):
        lines.append(say("mydata.superseded"))
    if scene.my_data.get("shared"):
        lines.append(say("mydata.shared"))
    content = bytes(scene.my_data.get("json", b"{}"))
    file = Attachment(name=say("mydata.file"), media_type="application/json", content=content)
    draft.reply(
        OutboundMessage(
            where=say("mydata.title"), text="\n".join(lines), hint=say("mydata.rights"), attachments=(file,)
        )
    )


def _places(scene: Scene) -> list[str]:
    here = f"{scene.address.channel}:{scene.message.sender}"
    return list(dict.fromkeys([here, *scene.my_data.get("addresses", ())]))


def visitor_data(draft: Draft) -> None:
    """A visitor asks what is stored: only that they are here."""
    draft.reply(draft.say("mydata.visitor"))


def stop(draft: Draft) -> None:
    """No pushes from now on; answers are kept."""
    contact = draft.scene.contact
    assert contact is not None
    draft.record(PushesSet(contact=contact.id, wanted=False))
    draft.reply(draft.say("stop.done"))


def forget(draft: Draft) -> None:
    """Ask for a typed confirmation before anything is erased."""
    scene, say = draft.scene, draft.say
    if _is_last_admin(scene):
        draft.reply(OutboundMessage(where=say("forget.title"), text=say("forget.last_admin")))
        return
    prompt = NewPrompt(id=PromptId(scene.next_id()), kind="dialogue", data={"step": "confirm", "choices": []})
    draft.record(DialogueMoved(name=FORGET, step="confirm", data={}, expires_at=scene.now + FORGET_WITHIN))
    ask = say("forget.ask_shared" if scene.shares else "forget.ask", word=say("forget.word"))
    draft.reply(OutboundMessage(where=say("forget.title"), text=ask), prompt)


def visitor_forget(draft: Draft) -> None:
    """A visitor wants to be forgotten: their one row goes at once."""
    draft.record(VisitorLeft())
    draft.reply(draft.say("consent.refused"))


def forget_confirmed(draft: Draft) -> None:
    """Erase if the word was typed; anything else ends the dialogue and erases nothing."""
    scene, say = draft.scene, draft.say
    content, contact = scene.message.content, scene.contact
    assert contact is not None
    words = {folded(scene.catalogue.speaker(language)("forget.word")) for language in scene.hub.languages} | {
        "loeschen"
    }
    if _is_last_admin(scene):  # the others went since the question was asked
        draft.record(DialogueEnded(), PromptsClosed())
        draft.reply(OutboundMessage(where=say("forget.title"), text=say("forget.last_admin")))
        return
    if isinstance(content, Said) and folded(content.text) in words:
        person = f"{scene.address.channel}:{scene.message.sender}"
        draft.record(
            PersonErased(contact=contact.id, erasure=scene.next_id(), person_hash=scene.hub.person_hash(person))
        )
        draft.reply(say("forget.done_shared" if scene.shares else "forget.done"))
        # What stands in those chats would otherwise look as if somebody still listened.
        linking.tell(draft, scene.linking.of(contact.id), "forget.elsewhere", known=False)
        return
    draft.record(DialogueEnded(), PromptsClosed())
    draft.reply(say("forget.kept"))


def _is_last_admin(scene: Scene) -> bool:
    """Whether nobody would be left to give roles."""
    if not scene.may("grant") or scene.contact is None:
        return False
    admins = {
        holder.known.contact if holder.known is not None else holder.person
        for holder in scene.staff
        if holder.role == "admin"
    }
    return admins <= {scene.contact.id, Address(scene.address.channel, scene.message.sender)}


def joining_again(draft: Draft) -> None:
    """What cannot be done before the joining dialogue is finished leads back to its open step."""
    again(draft)
