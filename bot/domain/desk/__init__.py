"""What staff order from outside a form: typed commands with what they give back, the same for chat and command line."""

from __future__ import annotations

from bot.domain.desk.admission import AdmitContact, DeclineContact
from bot.domain.desk.broadcasts import (
    CancelBroadcast,
    ChangeDraft,
    ConfirmBroadcast,
    DraftBroadcast,
    DropAudience,
    EditBroadcast,
    PauseBroadcast,
    RecallBroadcast,
    ResumeBroadcast,
    RetryBroadcast,
    SaveAudience,
    TryBroadcast,
)
from bot.domain.desk.command import Command
from bot.domain.desk.companies import (
    UNDO_WITHIN,
    Collision,
    ConfirmCompany,
    MergeCompanies,
    Merged,
    NoteCompany,
    SharedResponse,
    Side,
    TagCompany,
    UnmergeCompanies,
    Unmerged,
)
from bot.domain.desk.content import Applied, ApplyContent, ContentForm, NoteExport
from bot.domain.desk.forms import FORM_NAME, FormState, Outlook, Published, PublishForm, SetFormState, Stay
from bot.domain.desk.inquiries import AssignInquiry, ChooseInbox, CloseInquiry, ReopenInquiry, ReplyToInquiry
from bot.domain.desk.invitations import COMPANY_USES, INVITATION_LIFETIME, ROLE_USES, Invite, Invited, RevokeInvitation
from bot.domain.desk.merging import MergeContacts, MergedContacts, UnmergeContacts, UnmergedContacts
from bot.domain.desk.people import EraseContact, ImportPeople, NoteContact
from bot.domain.desk.reported import Missing, ReportedInstance, ReportedResponse
from bot.domain.desk.roles import GrantRole, Revoked, RevokeRole
from bot.domain.desk.words import LONGEST, public_id, read_duration, read_id, read_uses

__all__ = [
    "COMPANY_USES",
    "FORM_NAME",
    "INVITATION_LIFETIME",
    "LONGEST",
    "ROLE_USES",
    "UNDO_WITHIN",
    "AdmitContact",
    "Applied",
    "ApplyContent",
    "AssignInquiry",
    "CancelBroadcast",
    "ChangeDraft",
    "ChooseInbox",
    "CloseInquiry",
    "Collision",
    "Command",
    "ConfirmBroadcast",
    "ConfirmCompany",
    "ContentForm",
    "DeclineContact",
    "DraftBroadcast",
    "DropAudience",
    "EditBroadcast",
    "EraseContact",
    "FormState",
    "GrantRole",
    "ImportPeople",
    "Invite",
    "Invited",
    "MergeCompanies",
    "MergeContacts",
    "Merged",
    "MergedContacts",
    "Missing",
    "NoteCompany",
    "NoteContact",
    "NoteExport",
    "Outlook",
    "PauseBroadcast",
    "PublishForm",
    "Published",
    "RecallBroadcast",
    "ReopenInquiry",
    "ReplyToInquiry",
    "ReportedInstance",
    "ReportedResponse",
    "ResumeBroadcast",
    "RetryBroadcast",
    "RevokeInvitation",
    "RevokeRole",
    "Revoked",
    "SaveAudience",
    "SetFormState",
    "SharedResponse",
    "Side",
    "Stay",
    "TagCompany",
    "TryBroadcast",
    "UnmergeCompanies",
    "UnmergeContacts",
    "Unmerged",
    "UnmergedContacts",
    "public_id",
    "read_duration",
    "read_id",
    "read_uses",
]
