"""Forgetting a person: every row about them goes, a bare proof stays (platforms.md, section 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import BigInteger, BindParameter, Text, bindparam, cast, delete, exists, null, select, union_all, update

from bot.domain.importing import mail_hash
from storage.merging import inside
from storage.rights import HELD, admins_besides, revoke_team_codes
from storage.statements import Statement, Steps, change, insert, many, one, rows
from storage.tables import (
    addresses,
    answer_history,
    answers,
    broadcasts,
    companies,
    consents,
    contacts,
    deliveries,
    dialogues,
    erasures,
    inquiries,
    interviews,
    jobs,
    merges,
    prompts,
    responses,
    rights,
    visitors,
)

_NUMBER: BindParameter[int] = bindparam("contact", type_=BigInteger)
PLACES = Statement(
    select(addresses.c.channel, addresses.c.chat, addresses.c.person).where(addresses.c.contact_id == _NUMBER),
    name="places",
)
CONSENT = Statement(
    select(consents.c.purpose, consents.c.hash)
    .where(consents.c.contact_id == _NUMBER)
    .order_by(consents.c.given_at.desc()),
    name="last consent",
)
COMPANY = Statement(
    select(contacts.c.company_id, contacts.c.mail).where(contacts.c.id == _NUMBER), name="company and mail of contact"
)
PROOF = insert(erasures)
# Addresses, consents, own responses (with answers, history, interviews, prompts), inquiries and deliveries go by their
# foreign keys.
CONTACT_GONE = Statement(delete(contacts).where(contacts.c.id == _NUMBER), name="contact gone")
# What they said in a company's response stays the company's; nothing there says any more that it was they.
_SHARED = select(interviews.c.response_id).where(interviews.c.contact_id == _NUMBER)
_FORGOTTEN_IN_SHARED = (
    *(
        Statement(
            update(table)
            .where(table.c.response_id.in_(_SHARED), table.c.contact_id == _NUMBER)
            .values(contact_id=None),
            name=f"author of {table.name} forgotten",
        )
        for table in (answers, answer_history)
    ),
    *(
        Statement(
            update(responses).where(responses.c.id.in_(_SHARED), responses.c[column] == _NUMBER).values({column: None}),
            name=f"{column} forgotten",
        )
        for column in ("begun_by", "submitted_by")
    ),
)
# What an undo would put back holds names and addresses.
MERGES_GONE = Statement(
    delete(merges).where(merges.c.kind == "contact", (merges.c.kept == _NUMBER) | (merges.c.gone == _NUMBER)),
    name="merges of a contact gone",
)
LONELY_COMPANY_GONE = Statement(
    delete(companies).where(
        companies.c.id == bindparam("company"),
        companies.c.state == "claimed",
        ~exists().where(contacts.c.company_id == companies.c.id),
    ),
    name="lonely company gone",
)
_BY_CHAT = tuple(
    Statement(
        delete(table).where(table.c.channel == bindparam("channel_"), table.c.chat == bindparam("chat_")),
        name=f"{table.name} of chat gone",
    )
    for table in (prompts, dialogues, deliveries, visitors, jobs)
)
# A broadcast stays, and so do its figures but theirs; nobody follows it in their chat any more.
FOLLOWED_NO_MORE = Statement(
    update(broadcasts)
    .where(broadcasts.c.channel == bindparam("channel_"), broadcasts.c.chat == bindparam("chat_"))
    .values(channel="", chat="", prompt_id=null()),
    name="broadcasts followed no more",
)
# What the team was about to be told of them and their inquiries, and answers not sent yet, in the team's chats.
_ABOUT = select(prompts.c.id).where(
    prompts.c.kind.in_(["inquiry", "newcomer", "send"]),
    prompts.c.path.in_(
        union_all(
            select(cast(inquiries.c.id, Text)).where(inquiries.c.contact_id == _NUMBER), select(cast(_NUMBER, Text))
        )
    ),
)
UNSENT_GONE = Statement(
    delete(deliveries).where(
        deliveries.c.state.in_(["planned", "claimed", "sending"]), deliveries.c.prompt_id.in_(_ABOUT)
    ),
    name="unsent words about inquiries gone",
)
DRAFTS_GONE = Statement(
    delete(prompts).where(prompts.c.kind == "send", prompts.c.id.in_(_ABOUT)), name="drafts of answers gone"
)
RIGHTS_GONE = Statement(
    delete(rights).where(rights.c.channel == bindparam("channel_"), rights.c.person == bindparam("person_")),
    name="rights gone",
)


def erase(
    contact: int,
    *,
    erasure: int,
    now: int,
    person_hash: str,
    keyed: Callable[[str], str],
    number: Callable[[], int],
) -> Steps[None]:
    """Erase a contact, and those that were merged into them and can still be told apart; a proof each.

    Args:
        person_hash: a keyed hash of who they were.
        keyed: makes that of their mail address and of their other addresses, so that no list brings them back.
        number: for further proofs.

    Raises:
        UsageError: they are the last admin.
    """
    for merged in (yield from inside(contact)):
        yield from _erase(merged, proof={"id": number(), "person_hash": person_hash, "erased_at": now}, keyed=keyed)
        yield from revoke_team_codes(merged, now=now)
    yield from revoke_team_codes(contact, now=now)
    places = yield from rows(PLACES, contact=contact)
    proof = {"id": erasure, "person_hash": person_hash, "erased_at": now}
    purpose, notice_hash = yield from _erase(contact, proof=proof, keyed=keyed)
    others = {keyed(f"{channel}:{somebody}") for channel, _, somebody in places} - {person_hash}
    yield from many(
        PROOF,
        [
            {
                **proof,
                "id": number(),
                "person_hash": other,
                "contact_id": contact,
                "mail_hash": "",
                "purpose": purpose,
                "notice_hash": notice_hash,
            }
            for other in sorted(others)
        ],
    )


def _erase(contact: int, *, proof: Mapping[str, object], keyed: Callable[[str], str]) -> Steps[tuple[str, str]]:
    """Erase one row of contacts with all that hangs on it; return the purpose and the notice of the last consent."""
    places = yield from rows(PLACES, contact=contact)
    purpose, notice_hash = (yield from one(CONSENT, contact=contact)) or ("", "")
    company, mail = (yield from one(COMPANY, contact=contact)) or (None, "")
    if (yield from rows(HELD, role="admin", persons=[(row[0], row[2]) for row in places])):
        yield from admins_besides([(row[0], row[2]) for row in places])
    for channel, chat, somebody in places:
        for statement in _BY_CHAT:
            yield from change(statement, channel_=channel, chat_=chat)
        yield from change(FOLLOWED_NO_MORE, channel_=channel, chat_=chat)
        yield from change(RIGHTS_GONE, channel_=channel, person_=somebody)
    yield from change(UNSENT_GONE, contact=contact)
    yield from change(DRAFTS_GONE, contact=contact)
    for statement in _FORGOTTEN_IN_SHARED:
        yield from change(statement, contact=contact)
    yield from change(MERGES_GONE, contact=contact)
    yield from change(CONTACT_GONE, contact=contact)
    if company is not None:
        yield from change(LONELY_COMPANY_GONE, company=company)
    yield from change(
        PROOF,
        **proof,
        contact_id=contact,
        mail_hash=mail_hash(mail, keyed),
        purpose=purpose,
        notice_hash=notice_hash,
    )
    return purpose, notice_hash
