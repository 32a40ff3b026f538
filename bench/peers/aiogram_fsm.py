"""Peer 2: aiogram 3 with its finite state machine and aiosqlite, as the documentation shows them."""

from __future__ import annotations

import asyncio
import sys

import aiosqlite
from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

from bench.peers.schema import CREATE, INSERT, PRAGMAS
from bench.questions import CHOICES, LABELS, by_button

_KEYBOARD = InlineKeyboardMarkup(
    inline_keyboard=[
        [InlineKeyboardButton(text=label, callback_data=key) for key, label in CHOICES[at : at + 2]] for at in (0, 2)
    ]
)


class Survey(StatesGroup):
    """One state a question."""

    q01 = State()
    q02 = State()
    q03 = State()
    q04 = State()
    q05 = State()
    q06 = State()
    q07 = State()
    q08 = State()
    q09 = State()
    q10 = State()


_STATES: tuple[State, ...] = tuple(Survey.__all_states__)
router = Router()


async def _ask(message: Message, state: FSMContext, question: int) -> None:
    await state.set_state(_STATES[question])
    await message.answer(LABELS[question], reply_markup=_KEYBOARD if by_button(question) else None)


async def _store(database: aiosqlite.Connection, *, chat: int, question: int, value: str) -> None:
    await database.execute(INSERT, (chat, question, value))
    await database.commit()


@router.message(CommandStart())
async def _start(message: Message, state: FSMContext) -> None:
    await _ask(message, state, 0)


def _pressed(question: int) -> None:
    @router.callback_query(_STATES[question], F.data)
    async def handle(query: CallbackQuery, state: FSMContext, database: aiosqlite.Connection) -> None:
        await query.answer()
        assert isinstance(query.message, Message)
        await _store(database, chat=query.message.chat.id, question=question, value=query.data or "")
        await _ask(query.message, state, (question + 1) % len(LABELS))


def _written(question: int) -> None:
    @router.message(_STATES[question], F.text)
    async def handle(message: Message, state: FSMContext, database: aiosqlite.Connection) -> None:
        await _store(database, chat=message.chat.id, question=question, value=message.text or "")
        await _ask(message, state, (question + 1) % len(LABELS))


async def main() -> None:
    """Run against the server and database named on the command line."""
    for question in range(len(LABELS)):
        (_pressed if by_button(question) else _written)(question)
    bot = Bot("4711:bench", session=AiohttpSession(api=TelegramAPIServer.from_base(sys.argv[1])))
    dispatcher = Dispatcher()
    dispatcher.include_router(router)
    async with aiosqlite.connect(sys.argv[2]) as database:
        for pragma in PRAGMAS:
            await database.execute(pragma)
        await database.execute(CREATE)
        await database.commit()
        await dispatcher.start_polling(bot, database=database)


if __name__ == "__main__":
    asyncio.run(main())
