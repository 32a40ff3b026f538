"""All tables on one page.

Times are microseconds since 1970 in UTC (`BigInteger`), JSON is text that storage alone reads, ids are 63-bit numbers
made by the application: so the same plain values go through SQLite's and PostgreSQL's drivers (DECISIONS.md, 3).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def _moment(name: str, *, nullable: bool = True) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey(target, ondelete="CASCADE"), nullable=nullable)


hub_settings = Table(
    "hub_settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    _moment("changed_at", nullable=False),
)

# What the hub says (notice, welcome …), a version a wording: consents point at the hash of what was read.
hub_texts = Table(
    "hub_texts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("hash", Text, nullable=False),
    _moment("changed_at", nullable=False),
)

companies = Table(
    "companies",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False, server_default=""),  # the name as duplicates and searches compare it
    Column("town", Text, nullable=False, server_default=""),
    Column("domain", Text, nullable=False, server_default=""),  # of its contacts' mail, where it is the company's own
    Column("note", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),  # claimed | confirmed
    _moment("created_at", nullable=False),
    Index(None, "folded"),
    Index("ix_companies_domain", "domain", sqlite_where=text("domain <> ''"), postgresql_where=text("domain <> ''")),
)

# What audiences and reports group by: sector, size, municipality, and what a hub adds. One value a key.
company_tags = Table(
    "company_tags",
    metadata,
    Column("company_id", BigInteger, ForeignKey("companies.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False, server_default=""),
    Index(None, "key", "value"),
)

# People who consented, and people whom an organiser has entered to invite them (`joined_at` is empty): those are in no
# audience and no export.
contacts = Table(
    "contacts",
    metadata,
    _id(),
    Column("company_id", BigInteger, ForeignKey("companies.id"), nullable=True, index=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("mail", Text, nullable=False, server_default=""),  # lower case
    Column("note", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False),
    Column("staff", Boolean, nullable=False, server_default=false()),
    Column("pushes", Boolean, nullable=False, server_default=true()),
    Column("push_channel", Text, nullable=False, server_default=""),  # "": where they wrote last
    Column("zone", Text, nullable=False, server_default=""),  # IANA name; "": the hub's
    Column("admitted", Boolean, nullable=False, server_default=true()),  # False: an organiser's nod is awaited
    _moment("joined_at"),
    Column("merged_into", BigInteger, nullable=True),  # kept for a day, so that it can be undone
    _moment("created_at", nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),
    Index(None, "mail"),
    Index(
        "ix_contacts_merged",
        "merged_into",
        sqlite_where=text("merged_into IS NOT NULL"),
        postgresql_where=text("merged_into IS NOT NULL"),
    ),
    # Who waits to be let in: few, among many.
    Index(
        "ix_contacts_waiting",
        "joined_at",
        sqlite_where=text("NOT admitted"),
        postgresql_where=text("NOT admitted"),
    ),
)

# One row a place where somebody can be reached. A contact may have several; a group or a lost contact has none.
addresses = Table(
    "addresses",
    metadata,
    _id(),
    Column("channel", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False, server_default="private"),
    _ref("contact_id", "contacts.id", nullable=True),
    Column("reachable", Boolean, nullable=False, server_default=true()),
    Column("trouble", Text, nullable=False, server_default=""),  # why it is not reachable: blocked, deactivated …
    _moment("seen_at", nullable=False),
    UniqueConstraint("channel", "chat"),
    Index(None, "contact_id"),
    Index(None, "channel", "person"),
)

visitors = Table(
    "visitors",
    metadata,
    _id(),
    Column("channel", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("code_hash", Text, nullable=False, server_default=""),
    Column("step", Text, nullable=False),
    _moment("created_at", nullable=False),
    UniqueConstraint("channel", "chat"),
    Index(None, "created_at"),
)

invitations = Table(
    "invitations",
    metadata,
    _id(),
    Column("code_hash", Text, nullable=False, unique=True),
    _ref("company_id", "companies.id", nullable=True),
    _ref("contact_id", "contacts.id", nullable=True),  # for one person whom an organiser has entered
    Column("role", Text, nullable=False, server_default=""),  # "" | organiser | admin
    Column("uses", Integer, nullable=True),  # NULL: any number
    Column("uses_left", Integer, nullable=True),
    Column("opened", Integer, nullable=False, server_default="0"),  # how often somebody came with the code
    _moment("opened_at"),
    _moment("expires_at"),
    _moment("revoked_at"),
    Column("created_by", Text, nullable=False, server_default=""),
    _moment("created_at", nullable=False),
    Index(None, "company_id"),
    Index(None, "contact_id"),
)

invitation_uses = Table(
    "invitation_uses",
    metadata,
    Column("invitation_id", BigInteger, ForeignKey("invitations.id", ondelete="CASCADE"), primary_key=True),
    Column("contact_id", BigInteger, ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True),
    _moment("used_at", nullable=False),
    Index(None, "contact_id"),
)

# Wrong codes of late, by a keyed hash of who tried, and of all together (key "all"): guessing is slowed down.
guesses = Table(
    "guesses",
    metadata,
    Column("key", Text, primary_key=True),
    Column("tries", Integer, nullable=False),
    _moment("since", nullable=False),
    _moment("last_at", nullable=False),
)

# Codes by which a person ties another address of theirs to their contact; good once, for minutes.
link_codes = Table(
    "link_codes",
    metadata,
    Column("code_hash", Text, primary_key=True),
    _ref("contact_id", "contacts.id"),
    _moment("expires_at", nullable=False),
    Index(None, "contact_id"),
)

# Two contacts, or two companies, that became one; what was moved is kept for a day.
merges = Table(
    "merges",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),  # contact | company
    Column("state", Text, nullable=False),  # asked | done | undone
    Column("kept", BigInteger, nullable=False),
    Column("gone", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("data", Text, nullable=False, server_default="{}"),  # JSON: what was picked, what was moved
    _moment("made_at", nullable=False),
    Index(None, "kept"),
    Index(None, "gone"),
)

consents = Table(
    "consents",
    metadata,
    _id(),
    _ref("contact_id", "contacts.id", nullable=True),
    Column("purpose", Text, nullable=False),  # study | staff
    Column("version", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("channel", Text, nullable=False),
    _moment("given_at", nullable=False),
    _moment("withdrawn_at"),
    Index(None, "contact_id"),
)

# What remains after an erasure (platforms.md, section 6): a random id, time, purpose, hash of the wording.
erasures = Table(
    "erasures",
    metadata,
    _id(),
    Column("person_hash", Text, nullable=False),
    Column("mail_hash", Text, nullable=False, server_default="", index=True),
    Column("contact_id", BigInteger, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("notice_hash", Text, nullable=False),
    _moment("erased_at", nullable=False),
)

# A right belongs to a person on a channel, so that it can be granted before they have written.
rights = Table(
    "rights",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("role", Text, primary_key=True),  # organiser | admin
    Column("source", Text, nullable=False),  # settings | command | invitation | chat
    Column("granted_by", Text, nullable=False, server_default=""),
    _moment("granted_at", nullable=False),
)

forms = Table(
    "forms",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),  # draft | open | closed
    _moment("created_at", nullable=False),
    _moment("closed_at"),
)

form_versions = Table(
    "form_versions",
    metadata,
    _id(),
    _ref("form_id", "forms.id"),
    Column("number", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("title", Text, nullable=False),  # JSON: language -> text
    Column("file_name", Text, nullable=False),
    Column("source", LargeBinary, nullable=False),
    Column("compiled", Text, nullable=False),
    Column("hash", Text, nullable=False),
    _moment("published_at", nullable=False),
    UniqueConstraint("form_id", "number"),
)

# Pictures, recordings and films that a version's questions show.
form_files = Table(
    "form_files",
    metadata,
    Column("version_id", BigInteger, ForeignKey("form_versions.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

# Of a contact (who belongs to a company), or of a company: then `contact_id` is empty, and colleagues share it.
responses = Table(
    "responses",
    metadata,
    _id(),
    _ref("form_id", "forms.id"),
    _ref("form_version_id", "form_versions.id"),
    _ref("contact_id", "contacts.id", nullable=True),
    _ref("company_id", "companies.id", nullable=True),
    Column("respondent", Text, nullable=False, server_default="contact"),  # contact | company
    Column("round", Integer, nullable=False, server_default="1"),
    Column("status", Text, nullable=False),  # partial | submitted
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),
    _moment("started_at", nullable=False),
    _moment("submitted_at"),
    _moment("revised_at"),
    # Who began and sent in a company's response; emptied when they are erased, which leaves the response.
    Column("begun_by", BigInteger, nullable=True),
    Column("submitted_by", BigInteger, nullable=True),
    _moment("superseded_at"),  # another one counts since two contacts or companies became one; this one is not exported
    Index(
        "uq_responses_of_contact",
        "form_id",
        "contact_id",
        "round",
        unique=True,
        sqlite_where=text("superseded_at IS NULL"),
        postgresql_where=text("superseded_at IS NULL"),
    ),
    Index(
        "uq_responses_of_company",
        "form_id",
        "company_id",
        "round",
        unique=True,
        sqlite_where=text("superseded_at IS NULL AND respondent = 'company'"),
        postgresql_where=text("superseded_at IS NULL AND respondent = 'company'"),
    ),
    Index(None, "contact_id"),
    Index(None, "company_id"),
    Index(None, "form_id", "status"),
)

repeat_instances = Table(
    "repeat_instances",
    metadata,
    _id(),
    _ref("response_id", "responses.id"),
    Column("path", Text, nullable=False),
    Column("parent_id", BigInteger, nullable=True),
    Column("ordinal", Integer, nullable=False),
    Index(None, "response_id"),
)

answers = Table(
    "answers",
    metadata,
    Column("response_id", BigInteger, ForeignKey("responses.id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("instance", BigInteger, primary_key=True, server_default="0"),
    Column("state", Text, nullable=False),  # given | skipped | unknown | default | calculated
    Column("relevant", Boolean, nullable=False, server_default=true()),
    Column("value", Text, nullable=True),  # JSON
    Column("contact_id", BigInteger, nullable=True),
    _moment("answered_at", nullable=False),
)

answer_history = Table(
    "answer_history",
    metadata,
    _id(),
    _ref("response_id", "responses.id"),
    Column("path", Text, nullable=False),
    Column("instance", BigInteger, nullable=False, server_default="0"),
    Column("state", Text, nullable=False),
    Column("value", Text, nullable=True),
    Column("contact_id", BigInteger, nullable=True),
    _moment("answered_at", nullable=False),
    Index(None, "response_id"),
)

# Files that people sent, as answers or with an inquiry. The bytes lie in the data directory, by their hash
# (`storage/shelf.py`).
attachments = Table(
    "attachments",
    metadata,
    _id(),
    _ref("response_id", "responses.id", nullable=True),
    _ref("inquiry_message_id", "inquiry_messages.id", nullable=True),
    Column("path", Text, nullable=False, server_default=""),
    Column("instance", BigInteger, nullable=False, server_default="0"),
    Column("value", Text, nullable=False),  # the name that the answer holds
    Column("name", Text, nullable=False, server_default=""),  # as its sender called it
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=True),
    Column("sha256", Text, nullable=True),
    Column("state", Text, nullable=False),  # waiting | stored | failed
    Column("reason", Text, nullable=False, server_default=""),
    Column("channel", Text, nullable=False),
    Column("file_id", Text, nullable=True),  # the platform's; emptied once it is stored or given up
    _moment("created_at", nullable=False),
    _moment("stored_at"),
    Index(None, "response_id"),
    Index(None, "inquiry_message_id"),
    Index(None, "sha256"),
)

# Where a contact stands in a response. At most one is open a contact.
interviews = Table(
    "interviews",
    metadata,
    _id(),
    _ref("contact_id", "contacts.id"),
    _ref("response_id", "responses.id"),
    Column("state", Text, nullable=False),  # open | paused | finished
    Column("position", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    _moment("touched_at", nullable=False),
    UniqueConstraint("contact_id", "response_id"),
    Index(None, "response_id"),
    Index(
        "uq_interviews_open",
        "contact_id",
        unique=True,
        sqlite_where=text("state <> 'finished'"),
        postgresql_where=text("state <> 'finished'"),
    ),
)

prompts = Table(
    "prompts",
    metadata,
    _id(),
    Column("channel", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("kind", Text, nullable=False),  # question | dialogue | menu | review | change …
    Column("response_id", BigInteger, ForeignKey("responses.id", ondelete="CASCADE"), nullable=True),
    Column("path", Text, nullable=False, server_default=""),
    Column("instance", BigInteger, nullable=False, server_default="0"),
    Column("data", Text, nullable=False, server_default="{}"),  # JSON: choices shown, page …
    Column("selected", Text, nullable=False, server_default="[]"),  # JSON: toggles that are on
    Column("message_id", Text, nullable=True),
    Column("answered_by", Text, nullable=True),  # native id of the person's message that answered it
    _moment("created_at", nullable=False),
    _moment("superseded_at"),
    Index(None, "channel", "chat", "message_id"),
    Index(None, "channel", "chat", "answered_by"),
    Index(
        "ix_prompts_current",
        "channel",
        "chat",
        sqlite_where=text("superseded_at IS NULL"),
        postgresql_where=text("superseded_at IS NULL"),
    ),
    Index(None, "response_id"),
    # Those in the team's chats about an inquiry or a newcomer (whose id is the path).
    Index(
        "ix_prompts_inquiry",
        "path",
        sqlite_where=text("kind IN ('inquiry','newcomer','send')"),
        postgresql_where=text("kind IN ('inquiry','newcomer','send')"),
    ),
)

dialogues = Table(
    "dialogues",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("chat", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("data", Text, nullable=False, server_default="{}"),
    _moment("expires_at"),
)

# What contacts ask the team, and whom the team has to let in. `number` is what people call it by.
inquiries = Table(
    "inquiries",
    metadata,
    _id(),
    Column("number", Integer, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # question | registration | companies
    _ref("contact_id", "contacts.id"),
    Column("state", Text, nullable=False),  # open | closed
    Column("assigned_to", BigInteger, ForeignKey("contacts.id", ondelete="SET NULL"), nullable=True),
    Column("quote", Text, nullable=False, server_default=""),  # the question in a form that it is about
    Column("data", Text, nullable=False, server_default="{}"),
    _moment("opened_at", nullable=False),
    _moment("touched_at", nullable=False),
    _moment("waiting_since"),  # somebody waits for the team's word
    _moment("remind_at"),
    _moment("closed_at"),
    Index(None, "contact_id"),
    Index(None, "assigned_to"),
    Index(
        "ix_inquiries_open",
        "touched_at",
        sqlite_where=text("state = 'open'"),
        postgresql_where=text("state = 'open'"),
    ),
    Index(
        "ix_inquiries_remind",
        "remind_at",
        sqlite_where=text("remind_at IS NOT NULL"),
        postgresql_where=text("remind_at IS NOT NULL"),
    ),
)

inquiry_messages = Table(
    "inquiry_messages",
    metadata,
    _id(),
    _ref("inquiry_id", "inquiries.id"),
    Column("from_team", Boolean, nullable=False),
    Column("author_id", BigInteger, ForeignKey("contacts.id", ondelete="SET NULL"), nullable=True),
    Column("body", Text, nullable=False),
    Column("prompt_id", BigInteger, nullable=True),  # of the message that carries it to the contact
    Column("arrived", Boolean, nullable=False, server_default=true()),
    _moment("sent_at", nullable=False),
    Index(None, "inquiry_id"),
    Index(None, "author_id"),
    Index(None, "prompt_id"),
)

milestones = Table(
    "milestones",
    metadata,
    _id(),
    Column("key", Text, nullable=False, unique=True),
    Column("due_on", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("field", Text, nullable=False, server_default=""),
    Column("title", Text, nullable=False),  # JSON: language -> text
    Column("text", Text, nullable=False, server_default="{}"),
)

# What is sent to many. A broadcast has one delivery for each contact of its audience, made when it begins
# (`planned_up_to` says how far), so that its states always add up. `id` is the number that people call it by.
broadcasts = Table(
    "broadcasts",
    metadata,
    _id(),
    Column("state", Text, nullable=False),  # draft | scheduled | planning | running | paused | done | cancelled
    Column("reason", Text, nullable=False, server_default=""),  # why it is paused
    Column("content", Text, nullable=False),  # JSON: texts a language, buttons, files
    Column("audience", Text, nullable=False),  # JSON: rules as they are written
    Column("hurry", Boolean, nullable=False, server_default=false()),  # courtesy hours do not hold it back
    Column("transactional", Boolean, nullable=False, server_default=false()),  # neither courtesy nor frequency cap
    Column("corrects", BigInteger, nullable=True),  # the broadcast whose readers it goes to
    Column("edition", Integer, nullable=False, server_default="0"),  # raised when what was sent is to be edited
    Column("recalled", Boolean, nullable=False, server_default=false()),  # what was sent is to be taken back
    Column("amending", Boolean, nullable=False, server_default=false()),  # readers are left who have an older edition
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("author_id", BigInteger, ForeignKey("contacts.id", ondelete="SET NULL"), nullable=True),
    Column("created_by", Text, nullable=False, server_default=""),  # as the audit log names people
    Column("channel", Text, nullable=False, server_default=""),  # where its organiser follows it
    Column("chat", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default=""),
    Column("prompt_id", BigInteger, nullable=True),  # of the message there that shows how it goes
    Column("planned_up_to", BigInteger, nullable=False, server_default="0"),  # a contact's id
    _moment("start_at"),
    _moment("not_after"),
    _moment("created_at", nullable=False),
    _moment("confirmed_at"),
    _moment("planned_at"),
    _moment("finished_at"),
    # Those at work are few among all that ever were.
    Index(
        "ix_broadcasts_alive",
        "state",
        sqlite_where=text("state IN ('scheduled','planning','running','paused')"),
        postgresql_where=text("state IN ('scheduled','planning','running','paused')"),
    ),
)

# Files that a broadcast shows; sent by the reference `broadcast:<id>:<name>`.
broadcast_files = Table(
    "broadcast_files",
    metadata,
    Column("broadcast_id", BigInteger, ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

# Audiences that somebody gave a name.
audiences = Table(
    "audiences",
    metadata,
    Column("name", Text, primary_key=True),
    Column("rules", Text, nullable=False),  # JSON: rules as they are written
    Column("created_by", Text, nullable=False, server_default=""),
    _moment("created_at", nullable=False),
)

# A channel that paused itself for what nobody has asked for, since it was in trouble.
pauses = Table(
    "pauses",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    _moment("until", nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    Column("channel", Text, nullable=False),
    Column("chat", Text, nullable=False),  # "" while a push waits: it is chosen when it is sent
    _ref("contact_id", "contacts.id", nullable=True),
    Column("priority", Text, nullable=False),  # reply | push
    Column(
        "state", Text, nullable=False
    ),  # planned | claimed | sending | sent | failed | unknown | skipped | cancelled
    Column("reason", Text, nullable=False, server_default=""),
    Column("prompt_id", BigInteger, nullable=True),
    Column("body", Text, nullable=True),  # JSON of the message; emptied when a reply is sent
    Column("broadcast_id", BigInteger, nullable=True),  # no foreign key: broadcasts stay, and checks cost planning
    Column("language", Text, nullable=False, server_default=""),  # of a push, frozen when it is planned
    Column("params", Text, nullable=True),  # of a push, frozen likewise: JSON [contact's name, company's name]
    Column("edition", Integer, nullable=False, server_default="0"),  # of a push: what its reader has; -1: taken back
    Column("amend_failed", Text, nullable=False, server_default=""),  # why its reader keeps what they have
    Column("via", Text, nullable=False, server_default=""),  # who recognises a second sending: a device
    Column("message_ids", Text, nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("owner", Text, nullable=True),
    _moment("leased_until"),
    _moment("not_before"),
    _moment("not_after"),
    Column("dedupe_key", Text, nullable=True, unique=True),
    _moment("created_at", nullable=False),
    _moment("tried_at"),  # when it may have left for the first time
    _moment("finished_at"),
    Index(
        "ix_deliveries_due",
        "channel",
        "state",
        "not_before",
        sqlite_where=text("state IN ('planned','claimed','sending') AND broadcast_id IS NULL"),
        postgresql_where=text("state IN ('planned','claimed','sending') AND broadcast_id IS NULL"),
    ),
    # With the id, so that a claim reads as many rows as it takes, whatever the audience's size.
    Index(
        "ix_deliveries_broadcast",
        "broadcast_id",
        "state",
        "channel",
        "not_before",
        "id",
        sqlite_where=text("broadcast_id IS NOT NULL"),
        postgresql_where=text("broadcast_id IS NOT NULL"),
    ),
    # One a contact (invariant 3), and what a contact got of late (the frequency cap).
    Index(
        "uq_deliveries_contact",
        "contact_id",
        "broadcast_id",
        unique=True,
        sqlite_where=text("broadcast_id IS NOT NULL"),
        postgresql_where=text("broadcast_id IS NOT NULL"),
    ),
    Index(None, "channel", "chat"),
    Index(None, "contact_id"),
)

jobs = Table(
    "jobs",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("data", Text, nullable=False, server_default="{}"),
    Column("state", Text, nullable=False),  # planned | running | done | failed
    Column("attempts", Integer, nullable=False, server_default="0"),
    _moment("leased_until"),
    _moment("created_at", nullable=False),
    Index(None, "state"),
)

# Every message a platform gave us, so that one given twice counts once (pruned after 30 days).
inbox_seen = Table(
    "inbox_seen",
    metadata,
    Column("account", Text, primary_key=True),
    Column("native_id", Text, primary_key=True),
    _moment("seen_at", nullable=False),
    Index(None, "seen_at"),
)

set_aside = Table(
    "set_aside",
    metadata,
    _id(),
    Column("account", Text, nullable=False),
    Column("native_id", Text, nullable=False),
    Column("error", Text, nullable=False),
    _moment("set_aside_at", nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("account", Text, primary_key=True),
    Column("cursor", Text, nullable=False),
    _moment("moved_at", nullable=False),
)

identities = Table(
    "identities",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("link", Text, nullable=True),
    _moment("seen_at", nullable=False),
)

# Secrets of channels (a Matrix account's signing keys), encrypted under the installation's secret, so that a backup of
# the rows is enough to be the same bot again.
vault = Table(
    "vault",
    metadata,
    Column("name", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    _moment("changed_at", nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Text, primary_key=True),
    _moment("beat_at", nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
)

audit_log = Table(
    "audit_log",
    metadata,
    _id(),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
    _moment("done_at", nullable=False),
)
