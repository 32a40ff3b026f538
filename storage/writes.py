"""The statements by which outcomes become rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, and_, bindparam, case, delete, func, null, select, update

from bot.domain.guessing import SIEGE
from storage.statements import Statement, any_of, insert, lock_rows, upsert
from storage.tables import (
    addresses,
    answer_history,
    answers,
    attachments,
    companies,
    consents,
    contacts,
    dialogues,
    guesses,
    hub_settings,
    inquiries,
    inquiry_messages,
    interviews,
    invitation_uses,
    invitations,
    jobs,
    link_codes,
    merges,
    prompts,
    repeat_instances,
    responses,
    rights,
    visitors,
)
from storage.tables import (
    deliveries as deliveries_table,
)

CHAT = ("channel", "chat")


def _set(table: Any, *columns: str, key: str = "id") -> Statement:
    """UPDATE table SET columns = :columns WHERE key = :key_."""
    values = {column: bindparam(column, type_=table.c[column].type) for column in columns}
    return Statement(
        update(table).where(table.c[key] == bindparam(f"{key}_", type_=table.c[key].type)).values(values),
        name=f"update {table.name} {'/'.join(columns)}",
    )


def _here(table: Any) -> Any:
    return and_(table.c.channel == bindparam("channel_"), table.c.chat == bindparam("chat_"))


HOLD = Statement(
    lock_rows(
        select(responses.c.id)
        .where(any_of((responses.c.id, responses.c.form_version_id, responses.c.revision), "read"))
        .order_by(responses.c.id)
    ),
    name="hold responses",
)
HOLD_TOLD = Statement(
    lock_rows(
        select(addresses.c.id)
        .where(any_of((addresses.c.channel, addresses.c.chat, addresses.c.contact_id), "told"))
        .order_by(addresses.c.id)
    ),
    name="hold chats that are told something",
)
VISITOR = upsert(visitors, keys=CHAT, set_=("language", "code_hash", "step"))
VISITOR_GONE = Statement(delete(visitors).where(_here(visitors)), name="visitor gone")
# What was said to a visitor goes with them; the reply that says so is a new row and goes when it is sent.
VISITOR_DELIVERIES_GONE = Statement(
    delete(deliveries_table).where(_here(deliveries_table), deliveries_table.c.contact_id.is_(None)),
    name="visitor's deliveries gone",
)
VISITOR_PROMPTS_GONE = Statement(
    delete(prompts).where(_here(prompts), prompts.c.response_id.is_(None)), name="visitor's prompts gone"
)
# Whom an organiser has entered keeps what is known of them when they join by an invitation of their own.
CONTACT = upsert(
    contacts,
    keys=("id",),
    set_=("language", "staff", "admitted", "joined_at"),
    columns=("id", "language", "staff", "admitted", "joined_at", "created_at"),
)
ADDRESS = upsert(
    addresses,
    keys=CHAT,
    set_=("person", "account", "contact_id", "reachable", "trouble", "seen_at"),
    columns=("id", "channel", "chat", "person", "account", "kind", "contact_id", "reachable", "trouble", "seen_at"),
)
CONSENT = insert(consents, ("id", "contact_id", "purpose", "version", "hash", "language", "channel", "given_at"))
DELIVERIES_OF_CONTACT = Statement(
    update(deliveries_table)
    .where(_here(deliveries_table), deliveries_table.c.contact_id.is_(None))
    .values(contact_id=bindparam("contact_id")),
    name="deliveries of contact",
)
COMPANY = insert(companies, ("id", "name", "folded", "state", "created_at"))
CONTACT_COMPANY = _set(contacts, "company_id")
CONTACT_NAME = _set(contacts, "name")
CONTACT_LANGUAGE = _set(contacts, "language")
CONTACT_PUSHES = _set(contacts, "pushes")
RESPONSES_COMPANY = _set(responses, "company_id", key="contact_id")
REACHABLE = Statement(
    update(addresses)
    .where(_here(addresses))
    .values(
        reachable=bindparam("reachable", type_=Boolean),
        trouble=case((bindparam("reachable", type_=Boolean), ""), else_="blocked"),
    ),
    name="reachable",
)
USE_INVITATION = Statement(
    update(invitations)
    .where(
        invitations.c.id == bindparam("id_"),
        (invitations.c.uses_left.is_(None)) | (invitations.c.uses_left > 0),
        (invitations.c.expires_at.is_(None)) | (invitations.c.expires_at > bindparam("now")),
        invitations.c.revoked_at.is_(None),
    )
    .values(uses_left=invitations.c.uses_left - 1),
    name="use invitation",
)
# Two codes may be on their way to one person: whoever comes second is somebody else.
ENTERED_JOINS = Statement(
    update(contacts)
    .where(contacts.c.id == bindparam("id_"), contacts.c.joined_at.is_(None), contacts.c.merged_into.is_(None))
    .values(joined_at=bindparam("now")),
    name="entered contact joins",
)
USED_BY = upsert(invitation_uses, keys=("invitation_id", "contact_id"))
INVITATION_OPENED = Statement(
    update(invitations)
    .where(invitations.c.id == bindparam("id_"))
    .values(opened=invitations.c.opened + 1, opened_at=func.coalesce(invitations.c.opened_at, bindparam("now"))),
    name="invitation opened",
)
GUESS = upsert(guesses, keys=("key",), set_=("tries", "since", "last_at"))
_SIEGE = int(SIEGE.total_seconds()) * 1_000_000
# Of all people together: processes count side by side, so the database adds up.
GUESS_OF_ALL = upsert(
    guesses,
    keys=("key",),
    set_={
        "tries": lambda new: case((guesses.c.since <= new.since - _SIEGE, 1), else_=guesses.c.tries + 1),
        "since": lambda new: case((guesses.c.since <= new.since - _SIEGE, new.since), else_=guesses.c.since),
        "last_at": lambda new: new.last_at,
    },
    name="guess of all",
)
RIGHT = upsert(rights, keys=("channel", "person", "role"))
DIALOGUE = upsert(dialogues, keys=CHAT, set_=("name", "step", "data", "expires_at"))
DIALOGUE_GONE = Statement(delete(dialogues).where(_here(dialogues)), name="dialogue gone")
RESPONSE = insert(
    responses,
    (
        "id",
        "form_id",
        "form_version_id",
        "contact_id",
        "company_id",
        "respondent",
        "begun_by",
        "status",
        "channel",
        "language",
        "started_at",
    ),
)
INTERVIEW = insert(interviews, ("id", "contact_id", "response_id", "state", "touched_at"))
INTERVIEW_MOVED = _set(interviews, "state", "position", "tries", "touched_at")
ANSWER = upsert(
    answers,
    keys=("response_id", "path", "instance"),
    set_=("state", "relevant", "value", "contact_id", "answered_at"),
    columns=("response_id", "path", "instance", "state", "relevant", "value", "contact_id", "answered_at"),
)
HISTORY = insert(
    answer_history, ("id", "response_id", "path", "instance", "state", "value", "contact_id", "answered_at")
)
INSTANCE = insert(repeat_instances, ("id", "response_id", "path", "parent_id", "ordinal"))
# What a person said in it has been in the history since they said it.
INSTANCE_ANSWERS_GONE = Statement(
    delete(answers).where(
        answers.c.response_id == bindparam("response_id_"), answers.c.instance == bindparam("instance_")
    ),
    name="answers of an instance gone",
)
INSTANCE_FILES_GONE = Statement(
    delete(attachments).where(
        attachments.c.response_id == bindparam("response_id_"), attachments.c.instance == bindparam("instance_")
    ),
    name="files of an instance gone",
)
INSTANCE_GONE = Statement(
    delete(repeat_instances).where(repeat_instances.c.id == bindparam("id_")), name="instance gone"
)
ANSWER_TAKEN_BACK = Statement(
    delete(answers).where(
        answers.c.response_id == bindparam("response_id_"),
        answers.c.path == bindparam("path_"),
        answers.c.instance == bindparam("instance_"),
    ),
    name="answer taken back",
)
FILE = insert(
    attachments,
    (
        "id",
        "response_id",
        "path",
        "instance",
        "value",
        "name",
        "media_type",
        "size",
        "state",
        "channel",
        "file_id",
        "created_at",
    ),
)
FILE_GIVEN_UP = Statement(
    update(attachments)
    .where(attachments.c.id == bindparam("id_"))
    .values(state="failed", reason=bindparam("reason"), file_id=null()),
    name="file given up",
)
SUBMITTED = _set(responses, "status", "submitted_at")
REVISED = Statement(
    update(responses)
    .where(responses.c.id == bindparam("id_"))
    .values(revised_at=bindparam("revised_at"), revision=responses.c.revision + 1),
    name="revised",
)
SHARED_SUBMITTED = Statement(
    update(responses)
    .where(responses.c.id == bindparam("id_"))
    .values(submitted_by=bindparam("submitted_by"), revision=responses.c.revision + 1),
    name="shared submitted",
)
SHARED_CHANGED = Statement(
    update(responses).where(responses.c.id == bindparam("id_")).values(revision=responses.c.revision + 1),
    name="shared changed",
)
COLLEAGUES_FINISHED = Statement(
    update(interviews)
    .where(
        interviews.c.response_id == bindparam("response_id_"),
        interviews.c.id != bindparam("own"),
        interviews.c.state != "finished",
    )
    .values(state="finished"),
    name="colleagues finished",
)
# Who goes to another company is in no interview about the old one any more; what they answered there stays.
INTERVIEWS_LEFT = Statement(
    update(interviews)
    .where(
        interviews.c.contact_id == bindparam("contact_id_"),
        interviews.c.state != "finished",
        interviews.c.response_id.in_(
            select(responses.c.id).where(
                responses.c.id == interviews.c.response_id,
                responses.c.respondent == "company",
                responses.c.company_id != bindparam("company_id_"),
            )
        ),
    )
    .values(state="finished"),
    name="interviews left",
)
SELECTION = _set(prompts, "selected")
PAGE = _set(prompts, "data")
ANSWERED_BY = _set(prompts, "answered_by")
PROMPTS_CLOSED = Statement(
    update(prompts).where(_here(prompts), prompts.c.superseded_at.is_(None)).values(superseded_at=bindparam("now")),
    name="prompts closed",
)
PROMPT = insert(
    prompts,
    ("id", "channel", "chat", "kind", "response_id", "path", "data", "selected", "created_at", "superseded_at"),
)
JOB = insert(jobs, ("id", "kind", "channel", "chat", "data", "state", "created_at"))

INQUIRY_COUNTED = upsert(hub_settings, keys=("key",), set_=("value", "changed_at"), name="inquiry counted")
INQUIRY = insert(
    inquiries,
    (
        "id",
        "number",
        "kind",
        "contact_id",
        "state",
        "quote",
        "opened_at",
        "touched_at",
        "waiting_since",
        "remind_at",
    ),
)
# Who waits already has waited since then; the reminder that is due stays due.
INQUIRY_GOES_ON = Statement(
    update(inquiries)
    .where(inquiries.c.id == bindparam("id_"))
    .values(
        state="open",
        closed_at=null(),
        touched_at=bindparam("now"),
        waiting_since=func.coalesce(inquiries.c.waiting_since, bindparam("now")),
        remind_at=func.coalesce(inquiries.c.remind_at, bindparam("remind_at")),
    ),
    name="inquiry goes on",
)
INQUIRY_MESSAGE = insert(inquiry_messages, ("id", "inquiry_id", "from_team", "author_id", "body", "sent_at"))
INQUIRY_FILE = insert(
    attachments,
    (
        "id",
        "inquiry_message_id",
        "value",
        "name",
        "media_type",
        "size",
        "state",
        "channel",
        "file_id",
        "created_at",
    ),
    name="file of an inquiry",
)
ADDRESS_SEEN = Statement(
    update(addresses).where(_here(addresses)).values(seen_at=bindparam("now"), reachable=True, trouble=""),
    name="address seen",
)

LINK_CODES_GONE = Statement(
    delete(link_codes).where(link_codes.c.contact_id == bindparam("contact_id_")), name="link codes of contact gone"
)
LINK_CODE = insert(link_codes)
PUSH_CHANNEL = _set(contacts, "push_channel")
MERGE_ASKED = insert(merges)
ADDRESS_OFF = Statement(
    update(addresses).where(_here(addresses), addresses.c.contact_id == bindparam("contact")).values(contact_id=null()),
    name="address off",
)
# What was on its way there, and what was shown, belongs to somebody who is not there any more.
CHAT_UNSENT_GONE = Statement(
    delete(deliveries_table).where(_here(deliveries_table), deliveries_table.c.state == "planned"),
    name="unsent of a chat gone",
)
CHAT_DIALOGUE_GONE = Statement(delete(dialogues).where(_here(dialogues)), name="dialogue of a chat gone")
CHAT_PROMPTS_GONE = Statement(delete(prompts).where(_here(prompts)), name="prompts of a chat gone")
