"""What a turn sees, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from bot.domain.broadcasts.board import NO_BOARD, Board
from bot.domain.commands import typed_command
from bot.domain.desk.words import public_id
from bot.domain.directory import Directory
from bot.domain.filing import FILE_LIMIT
from bot.domain.guessing import Guesses
from bot.domain.holders import Holder, Known
from bot.domain.inquiries import NO_INBOX, REMIND_AFTER, FileSent, Inbox, Inquiry
from bot.domain.interviews import Interview, Walk
from bot.domain.linked import NOT_LINKED, Linking
from bot.domain.messages import Address, ChatKind, Edit, InboundMessage, OutboundMessage, PromptId, Said
from bot.domain.newcomers import NO_NEWCOMERS, Newcomers
from bot.domain.outcomes import Outcome
from bot.domain.people import Company, Contact, ContactId, Invitation, Role, Visitor
from bot.domain.progress import Figures
from bot.domain.rights import Right, rights_of
from bot.domain.speech import Catalogue, Speaker
from bot.forms.model import Form, Texts

Registration = Literal["open", "approval", "invitation"]
Need = Literal[
    "link",
    "forms",
    "invitation",
    "my_data",
    "last_response",
    "shares",
    "team",
    "inquiries",
    "inbox",
    "file",
    "staff",
    "companies",
    "progress",
    "inviting",
    "newcomers",
    "broadcasts",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """The programme that runs the bot. `texts`: what its content says, by (name, language), fields filled in;
    `hashes` of those wordings; `code_hash` gives what is stored of an invitation's code ("" if it cannot be one).
    `channels`: where else people find it, by name; `fresh_code` gives a new code; `contact`: how people reach the team;
    `file_limit`: bytes of a file that people send as an answer; `remind_after`: how long an inquiry waits
    before the team is reminded.
    """

    name: str
    languages: tuple[str, ...]
    timezone: ZoneInfo
    registration: Registration
    texts: Mapping[tuple[str, str], str]
    hashes: Mapping[tuple[str, str], str]
    notice_version: str
    code_hash: Callable[[str], str]
    person_hash: Callable[[str], str]
    channels: tuple[str, ...] = ()
    fresh_code: Callable[[], str] = str
    contact: str = ""
    file_limit: int = FILE_LIMIT
    remind_after: timedelta = REMIND_AFTER

    def text(self, name: str, language: str) -> str:
        """Return a text of the hub's content in `language`, else in the hub's first, else ""."""
        return self.texts.get((name, language)) or self.texts.get((name, self.languages[0]), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A shown question or menu. `data`: what its choices mean; `current`: typed text answers it."""

    id: PromptId
    kind: str
    response: int | None = None
    path: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    selected: tuple[str, ...] = ()
    message_id: str | None = None
    current: bool = True
    shown_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """A conversation that is not a form."""

    name: str
    step: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedForm:
    """A form as a contact may meet it: `response` is theirs, if any."""

    id: int
    version: int
    name: str
    title: Texts
    state: Literal["draft", "open", "closed"]
    form: Form
    response: int | None = None
    status: Literal["", "partial", "submitted"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A code that a message carries; with `held_until` it was not looked at.

    guesses: the person's wrong ones of late.
    """

    guesses: Guesses | None = None
    held_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInvitation:
    """An invitation that still lets people in, as an organiser sees it."""

    id: int
    whom: str
    role: Role | None
    uses: int | None
    used: int
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Where something for the team goes. `contact` None: a group that is the inbox."""

    address: Address
    contact: ContactId | None
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that a turn may know, loaded beforehand; the base is always there, the rest where a route needs it."""

    hub: Hub
    catalogue: Catalogue
    message: InboundMessage
    now: datetime
    next_id: Callable[[], int]
    contact: Contact | None = None
    visitor: Visitor | None = None
    new_address: bool = False  # the contact is known by another address, and writes from here for the first time
    roles: frozenset[Role] = frozenset()
    reachable: bool = True
    unseen: bool = False  # it has to be noted that they wrote from here
    dialogue: Dialogue | None = None
    interviews: Mapping[int, Interview] = field(default_factory=dict)  # by response
    begun: Mapping[int, Interview] = field(default_factory=dict)  # by response: the company's, without them so far
    lost: tuple[int, ...] = ()  # their interviews about a company that they left, if still open
    current: Prompt | None = None
    referred: Prompt | None = None
    answered: Prompt | None = None  # the prompt that the person's edited message had answered
    forms: tuple[OfferedForm, ...] = ()
    invitation: Invitation | None = None
    tried: Tried | None = None
    linking: Linking = NOT_LINKED
    companies: tuple[Company, ...] = ()
    open_invitations: tuple[OpenInvitation, ...] = ()
    my_data: Mapping[str, Any] = field(default_factory=dict)
    team: tuple[Recipient, ...] = ()
    organisers: tuple[Recipient, ...] = ()  # each of them alone, also where a group is the inbox
    person: Contact | None = None  # who writes: in a group too, where the chat is nobody's
    inquiries: tuple[Inquiry, ...] = ()  # the contact's own: open, or not long closed
    next_inquiry: Callable[[], int] = int
    inbox: Inbox = NO_INBOX
    newcomers: Newcomers = NO_NEWCOMERS
    file: FileSent | None = None
    staff: tuple[Holder, ...] = ()
    found: tuple[Known, ...] = ()  # people who were looked for
    shares: bool = False  # they answered in a response that is their company's
    directory: Directory | None = None
    progress: Figures | None = None
    board: Board = NO_BOARD

    @property
    def address(self) -> Address:
        """Where the message came from and replies go to."""
        return self.message.address

    @property
    def private(self) -> bool:
        """Whether nobody else reads along."""
        return self.message.chat_kind is ChatKind.PRIVATE

    @property
    def command(self) -> str | None:
        """The name of the typed command, "" for one that does not exist for this person, None for no command."""
        content = self.message.content
        typed = typed_command(content.text, roles=self.roles) if isinstance(content, Said) else None
        if typed is None:
            return None
        return typed.command.name if typed.command is not None else ""

    def may(self, right: Right) -> bool:
        """Whether who writes has a right; it is read anew for each message, so that a revoked one is gone at once."""
        return right in rights_of(self.roles)

    @property
    def waits(self) -> bool:
        """Whether the team has to let in who writes before they can take part; staff are in by their role."""
        return self.contact is not None and not self.contact.admitted and not self.roles

    @property
    def actor(self) -> str:
        """Who writes, as the audit log has it: an id that says nothing once they are erased."""
        writer = self.person or self.contact
        return public_id("P", writer.id) if writer is not None else ""

    @property
    def written_by(self) -> str:
        """Who writes, as roles are granted: `telegram:4711`."""
        return f"{self.address.channel}:{self.message.sender}"

    @property
    def language(self) -> str:
        """The language to speak here: the contact's, the visitor's, the platform's hint, the hub's first."""
        if self.contact is not None:
            return self.contact.language
        if self.visitor is not None:
            return self.visitor.language
        hint = (self.message.language or "").partition("-")[0].lower()
        return hint if hint in self.hub.languages else self.hub.languages[0]

    @property
    def say(self) -> Speaker:
        """Texts in the language spoken here."""
        return self.catalogue.speaker(self.language)

    @property
    def interview(self) -> Interview | None:
        """The contact's open or paused interview."""
        return next((interview for interview in self.interviews.values() if interview.state != "finished"), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrompt:
    """A prompt that a reply brings along; it takes the place of what was shown in the chat before."""

    id: PromptId
    kind: str
    response: int | None = None
    path: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    selected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A message to send back, as a delivery row."""

    message: OutboundMessage
    prompt: NewPrompt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """A message to another chat than the one that is answered, as a delivery row.

    Its prompt is never what typed text answers there: pressing it, or replying to its message, refers to it.
    """

    address: Address
    contact: ContactId | None
    message: OutboundMessage
    prompt: NewPrompt | None = None

    @classmethod
    def of(
        cls,
        address: Address,
        message: OutboundMessage,
        *,
        contact: ContactId | None,
        language: str,
        prompt: NewPrompt | None = None,
    ) -> Tell:
        """Return the message as it is told in that language, bound to its prompt."""
        message = replace(message, language=language, prompt=prompt.id if prompt else None)
        return cls(address=address, contact=contact, message=message, prompt=prompt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one message leads to: facts to store, replies to send here, what others are told, best-effort edits, and a
    line for the press.
    """

    outcomes: tuple[Outcome, ...] = ()
    replies: tuple[Reply, ...] = ()
    tells: tuple[Tell, ...] = ()
    edits: tuple[Edit, ...] = ()
    toast: str = ""


class Draft:
    """A turn while it is written: the scene it starts from, and what was found so far."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.say = scene.say
        self.walks: dict[int, Walk] = {}  # by response, as this turn has changed them
        self._outcomes: list[Outcome] = []
        self._replies: list[Reply] = []
        self._tells: list[Tell] = []
        self._edits: list[Edit] = []
        self._toast = ""

    def become(self, contact: Contact, interviews: Mapping[int, Interview]) -> None:
        """Go on as the contact whom who writes turned out to be."""
        self.scene = replace(self.scene, contact=contact, visitor=None, interviews=interviews)
        self.speak(contact.language)

    def record(self, *outcomes: Outcome) -> None:
        """Note facts, in order."""
        self._outcomes.extend(outcomes)

    def speak(self, language: str) -> None:
        """Go on in another language."""
        self.say = self.scene.catalogue.speaker(language)

    def reply(self, message: OutboundMessage | str, prompt: NewPrompt | None = None) -> None:
        """Say something; with a prompt, the buttons and typed numbers of this message refer to it."""
        if isinstance(message, str):
            message = OutboundMessage(text=message)
        message = replace(message, language=self.say.language, prompt=prompt.id if prompt else None)
        self._replies.append(Reply(message=message, prompt=prompt))

    def tell(
        self,
        address: Address,
        message: OutboundMessage,
        *,
        contact: ContactId | None,
        language: str,
        prompt: NewPrompt | None = None,
    ) -> None:
        """Say something in another chat, in the language spoken there.

        contact: whose chat it is, None for a group.
        """
        self._tells.append(Tell.of(address, message, contact=contact, language=language, prompt=prompt))

    def edit(self, message_id: str | None, message: OutboundMessage) -> None:
        """Change a message shown earlier, if its id is known."""
        if message_id is not None:
            message = replace(message, language=self.say.language, attachments=())  # what was sent once stays there
            self._edits.append(Edit(address=self.scene.address, message_id=message_id, message=message))

    def toast(self, text: str) -> None:
        """Say a short line in answer to the press; who typed instead hears it as a message if nothing else is said."""
        self._toast = text

    def turn(self) -> Turn:
        """Return the finished turn."""
        if self._toast and not self._replies and isinstance(self.scene.message.content, Said):
            self.reply(self._toast)
        return Turn(
            outcomes=tuple(self._outcomes),
            replies=tuple(self._replies),
            tells=tuple(self._tells),
            edits=tuple(self._edits),
            toast=self._toast,
        )
