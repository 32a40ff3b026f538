"""A strict double of the Telegram Bot API: checks every request, keeps what people see, fails on wish."""

from tests.doubles.telegram.chats import Seen
from tests.doubles.telegram.clock import Clock
from tests.doubles.telegram.double import TOKEN, TelegramDouble
from tests.doubles.telegram.faults import Fault, PlannedFault
from tests.doubles.telegram.people import Group, User
from tests.doubles.telegram.presses import Answer, Press
from tests.doubles.telegram.rates import Haste

__all__ = [
    "TOKEN",
    "Answer",
    "Clock",
    "Fault",
    "Group",
    "Haste",
    "PlannedFault",
    "Press",
    "Seen",
    "TelegramDouble",
    "User",
]
