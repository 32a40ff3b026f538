"""ROUTES: all use cases in the order in which they are tried, each with what it needs loaded."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain import reporting, roles, sharing
from bot.domain.messages import (
    Edited,
    FileLost,
    FileOfInquiry,
    Located,
    MembershipChanged,
    Missed,
    Pressed,
    Said,
    SentMedia,
)
from bot.domain.scene import Draft, Need, Scene
from bot.ports import Route
from handlers import (
    account,
    admission,
    basics,
    broadcasts,
    companies,
    forms,
    inbox,
    inquiries,
    inviting,
    linking,
    media,
    membership,
    onboarding,
    people_lists,
    questionnaire,
    surveys,
)
from handlers.menus import choose_typed, leads_to, press

BROADCASTS: frozenset[Need] = frozenset({"broadcasts", "forms"})
COMPANIES: frozenset[Need] = frozenset({"companies"})
FORMS: frozenset[Need] = frozenset({"forms"})
INVITATION: frozenset[Need] = frozenset({"invitation"})
INVITING: frozenset[Need] = frozenset({"inviting"})
MY_DATA: frozenset[Need] = frozenset({"my_data"})
STAFF: frozenset[Need] = frozenset({"staff"})
PROGRESS: frozenset[Need] = frozenset({"progress"})
LAST_RESPONSE: frozenset[Need] = frozenset({"last_response"})
TEAM: frozenset[Need] = frozenset({"team"})
INQUIRIES: frozenset[Need] = frozenset({"inquiries", "team"})
INBOX: frozenset[Need] = frozenset({"inbox", "team", "newcomers"})
NEWCOMERS: frozenset[Need] = frozenset({"newcomers", "team"})
LINK: frozenset[Need] = frozenset({"link"})
SHARES: frozenset[Need] = frozenset({"shares"})


def _known(scene: Scene) -> bool:
    return scene.contact is not None


def _unknown(scene: Scene) -> bool:
    return scene.contact is None


def _joining(scene: Scene) -> bool:
    return scene.dialogue is not None and scene.dialogue.name == onboarding.DIALOGUE


def _is(kind: type) -> Callable[[Scene], bool]:
    return lambda scene: isinstance(scene.message.content, kind)


def _verifies(scene: Scene) -> bool:
    content = scene.message.content
    return isinstance(content, SentMedia) and content.kind.startswith(media.VERIFICATION)


def _dialogue_text(scene: Scene) -> bool:
    return _joining(scene) and _known(scene) and isinstance(scene.message.content, Said | Pressed | SentMedia | Located)


def _says_whom(scene: Scene) -> bool:
    return (
        scene.dialogue is not None
        and scene.dialogue.name == roles.DIALOGUE
        and scene.may("grant")
        and isinstance(scene.message.content, Said)
    )


def _answers_something(scene: Scene) -> bool:
    if not isinstance(scene.message.content, Said):
        return False
    referred = scene.referred
    return (
        scene.interview is not None
        or sharing.ended(scene) is not None
        or (referred is not None and referred.kind == "question" and referred.response in scene.interviews)
    )


def _command(
    name: str, handle: Callable[[Draft], None], needs: frozenset[Need] = frozenset(), *, after_joining: bool = False
) -> list[Route]:
    """A command of contacts; `after_joining`: before the name is known it leads back to the open step."""
    routes = []
    if after_joining:
        routes.append(
            Route(
                name=f"{name} while joining",
                command=name,
                when=lambda scene: _joining(scene) and _known(scene),
                handle=account.joining_again,
            )
        )
    routes.append(Route(name=name, command=name, when=_known, handle=handle, needs=needs))
    return routes


_FROM_MENUS: tuple[tuple[str, Callable[[Draft], None], frozenset[Need]], ...] = (
    ("ask", inquiries.ask, INQUIRIES),
    ("inbox", inbox.inbox, INBOX),
    ("invite", inviting.invite, INVITING),
    ("broadcast", broadcasts.broadcast, BROADCASTS),
    ("companies", companies.list_, COMPANIES),
)


def _picked_from_menu(how: str, *, pressed: bool) -> list[Route]:
    """What a menu offers and needs more than the menus do, so that nobody else's press has to wait for it."""
    return [
        Route(
            name=f"{name}, {how}",
            when=leads_to(name, pressed=pressed),
            handle=handle,
            needs=needs,
        )
        for name, handle, needs in _FROM_MENUS
    ]


ROUTES: tuple[Route, ...] = (
    # A word of our own, wherever the file came from.
    Route(
        name="file of an inquiry",
        when=_is(FileOfInquiry),
        handle=inbox.file_of_inquiry,
        needs=frozenset({"file", "team"}),
    ),
    Route(name="inbox of a group", when=inbox.in_group, handle=inbox.group, needs=INBOX),
    Route(name="group", when=lambda scene: not scene.private, handle=membership.group, needs=TEAM),
    Route(name="file lost", when=_is(FileLost), handle=questionnaire.file_lost),
    # Before all else, since it is no word of the person's: it answers nothing and begins nothing.
    Route(name="verification", when=_verifies, handle=media.verification),
    Route(
        name="another address",
        when=lambda scene: scene.new_address,
        handle=membership.another_address,
        needs=INVITATION,
    ),
    Route(name="membership", when=_is(MembershipChanged), handle=membership.private),
    # Of visitors and contacts alike: the code of another channel, and what was asked about it.
    Route(name="choice about linking", when=linking.chooses, handle=linking.choose, needs=LINK | TEAM),
    Route(
        name="no choice about linking",
        when=lambda scene: linking.is_unclear(scene) and not (not _known(scene) and linking.brings_code(scene)),
        handle=linking.unclear,
        needs=LINK,
    ),
    # visitors
    Route(
        name="visitor brings a code",
        when=lambda scene: not _known(scene) and linking.brings_code(scene),
        handle=linking.visitor_code,
        needs=LINK | INVITATION,
    ),
    Route(name="visitor starts", command="start", when=_unknown, handle=onboarding.visitor_start, needs=INVITATION),
    Route(name="visitor's help", command="help", when=_unknown, handle=basics.visitor_help),
    Route(name="visitor's notice", command="privacy", when=_unknown, handle=account.privacy),
    Route(name="visitor's data", command="mydata", when=_unknown, handle=account.visitor_data),
    Route(name="visitor's language", command="language", when=_unknown, handle=basics.language),
    Route(name="visitor forgets", command="forget", when=_unknown, handle=account.visitor_forget),
    Route(name="visitor stops", command="stop", when=_unknown, handle=account.visitor_forget),
    Route(
        name="visitor was not heard",
        when=lambda scene: not _known(scene) and isinstance(scene.message.content, Missed),
        handle=onboarding.visitor_start,
        needs=INVITATION,
    ),
    Route(
        name="visitor",
        when=lambda scene: not _known(scene) and not isinstance(scene.message.content, Edited),
        handle=onboarding.visitor,
        needs=INVITATION,
    ),
    Route(name="visitor edits", when=lambda scene: not _known(scene), handle=media.edit_without_answer),
    Route(name="not heard", when=_is(Missed), handle=basics.missed),
    # The one place where those are held back whom the team has not let in yet.
    Route(
        name="waits for the team",
        when=lambda scene: not _joining(scene) and admission.holds_back(scene),
        handle=admission.wait,
    ),
    # commands
    *_command("start", linking.start, INVITATION | LINK),
    *_command("link", linking.link, LINK | INVITATION),
    *_command("help", basics.help_),
    *_command("menu", basics.menu, FORMS, after_joining=True),
    *_command("survey", surveys.survey, FORMS, after_joining=True),
    *_command("back", questionnaire.back, after_joining=True),
    *_command("skip", questionnaire.skip, after_joining=True),
    *_command("pause", questionnaire.pause, after_joining=True),
    *_command("review", questionnaire.review_, LAST_RESPONSE, after_joining=True),
    *_command("language", basics.language),
    *_command("cancel", basics.cancel),
    *_command("privacy", account.privacy),
    *_command("mydata", account.my_data, MY_DATA),
    *_command("stop", account.stop),
    *_command("forget", account.forget, STAFF | SHARES),
    *_command("ask", inquiries.ask, INQUIRIES, after_joining=True),
    *_command("inbox", inbox.inbox, INBOX),
    *_command("invite", inviting.invite, INVITING),
    *_command("broadcast", broadcasts.broadcast, BROADCASTS),
    *_command("forms", forms.list_, FORMS),
    *_command("roles", roles.show, STAFF),
    *_command("companies", companies.list_, COMPANIES),
    *_command("progress", reporting.show, PROGRESS),
    Route(name="unknown command", command="", when=lambda _: True, handle=basics.unknown_command),
    # buttons
    Route(
        name="press of nothing we know",
        when=lambda scene: isinstance(scene.message.content, Pressed) and scene.referred is None,
        handle=basics.dead_button,
    ),
    Route(
        name="press in a broadcast",
        when=surveys.chosen_in_broadcast,
        handle=surveys.open_of_broadcast,
        needs=FORMS,
    ),
    Route(
        name="press about a broadcast",
        when=lambda scene: isinstance(scene.message.content, Pressed) and broadcasts.chooses(scene),
        handle=broadcasts.choose,
        needs=BROADCASTS,
    ),
    Route(
        name="press about an inquiry",
        when=lambda scene: isinstance(scene.message.content, Pressed) and inquiries.chooses(scene),
        handle=inquiries.choose,
        needs=INQUIRIES,
    ),
    Route(
        name="press about a newcomer",
        when=lambda scene: isinstance(scene.message.content, Pressed) and admission.chooses(scene),
        handle=admission.choose,
        needs=NEWCOMERS,
    ),
    Route(
        name="press in the inbox",
        when=lambda scene: isinstance(scene.message.content, Pressed) and inbox.chooses(scene),
        handle=inbox.choose,
        needs=INBOX,
    ),
    Route(
        name="press of a question",
        when=lambda scene: (
            isinstance(scene.message.content, Pressed)
            and scene.referred is not None
            and scene.referred.kind == "question"
        ),
        handle=questionnaire.press_question,
    ),
    Route(
        name="press about companies",
        when=lambda scene: isinstance(scene.message.content, Pressed) and companies.is_meant(scene),
        handle=companies.picked,
        needs=COMPANIES,
    ),
    *_picked_from_menu("pressed", pressed=True),
    Route(
        name="press of a menu",
        when=lambda scene: (
            isinstance(scene.message.content, Pressed)
            and scene.referred is not None
            and scene.referred.kind != "dialogue"
        ),
        handle=press,
        needs=FORMS | MY_DATA | STAFF | PROGRESS,
    ),
    # corrections
    Route(
        name="correction",
        when=lambda scene: (
            isinstance(scene.message.content, Edited)
            and scene.answered is not None
            and scene.answered.kind == "question"
        ),
        handle=questionnaire.corrected,
    ),
    Route(
        name="correction of a name",
        when=lambda scene: isinstance(scene.message.content, Edited) and scene.answered is not None,
        handle=onboarding.corrected,
    ),
    Route(name="edit of nothing", when=_is(Edited), handle=media.edit_without_answer),
    # dialogues
    Route(
        name="joining, where the team lets people in",
        when=lambda scene: scene.waits and _dialogue_text(scene),
        handle=onboarding.dialogue,
        needs=FORMS | NEWCOMERS,
    ),
    Route(name="joining", when=_dialogue_text, handle=onboarding.dialogue, needs=FORMS),
    Route(name="typed choice about a broadcast", when=broadcasts.chooses, handle=broadcasts.choose, needs=BROADCASTS),
    Route(name="writing a broadcast", when=broadcasts.is_answer, handle=broadcasts.answer, needs=BROADCASTS),
    Route(name="inviting", when=inviting.is_answer, handle=inviting.answer, needs=INVITING),
    Route(
        name="forget?",
        when=lambda scene: (
            scene.dialogue is not None
            and scene.dialogue.name == account.FORGET
            and isinstance(scene.message.content, Said)
        ),
        handle=account.forget_confirmed,
        needs=STAFF | SHARES | LINK,
    ),
    Route(
        name="words about a newcomer",
        when=lambda scene: admission.replies(scene) or admission.chooses(scene),
        handle=admission.choose,
        needs=NEWCOMERS,
    ),
    # inquiries
    Route(name="reply in the inbox", when=inbox.replies, handle=inbox.reply, needs=INBOX),
    Route(name="answer to an inquiry", when=inbox.in_dialogue, handle=inbox.said, needs=INBOX),
    Route(name="typed choice of the inbox", when=inbox.chooses, handle=inbox.choose, needs=INBOX),
    Route(name="reply about an inquiry", when=inquiries.goes_on, handle=inquiries.said_more, needs=INQUIRIES),
    Route(name="typed choice about an inquiry", when=inquiries.chooses, handle=inquiries.choose, needs=INQUIRIES),
    Route(name="words for the team", when=inquiries.in_dialogue, handle=inquiries.said, needs=INQUIRIES),
    Route(name="written about a company", when=companies.is_written, handle=companies.written, needs=COMPANIES),
    # everything else
    Route(name="file", when=questionnaire.awaits_file, handle=questionnaire.file_),
    Route(name="list or form sent in", when=people_lists.is_sent, handle=people_lists.received),
    Route(
        name="form sent in by an admin",
        when=lambda scene: (
            scene.may("forms")
            and isinstance(scene.message.content, SentMedia)
            and scene.message.content.kind == "document"
        ),
        handle=forms.received,
    ),
    Route(name="media", when=_is(SentMedia), handle=media.media),
    Route(name="place", when=questionnaire.awaits_place, handle=questionnaire.place),
    Route(name="place of nothing", when=_is(Located), handle=media.media),
    Route(
        name="forwarded",
        when=lambda scene: isinstance(scene.message.content, Said) and scene.message.content.forwarded,
        handle=media.forwarded,
    ),
    Route(name="typed choice about companies", when=companies.is_meant, handle=companies.picked, needs=COMPANIES),
    *_picked_from_menu("typed", pressed=False),
    Route(
        name="typed choice of a menu",
        when=lambda scene: (
            isinstance(scene.message.content, Said)
            and questionnaire.menu_key(scene, scene.message.content.text) is not None
        ),
        handle=choose_typed,
        needs=FORMS | MY_DATA | STAFF | PROGRESS,
    ),
    Route(name="roles: who?", when=_says_whom, handle=roles.typed, needs=STAFF),
    Route(name="answer", when=_answers_something, handle=questionnaire.answer),
    Route(name="press of a dialogue that is over", when=_is(Pressed), handle=basics.dead_button),
    Route(name="not understood", when=lambda _: True, handle=basics.not_understood, needs=FORMS),
)
