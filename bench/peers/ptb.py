"""Peer 1: python-telegram-bot's ConversationHandler and aiosqlite, as the documentation shows them.

Its HTTP client is the default one (httpx), its updates come one after the other, which ConversationHandler demands.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

import aiosqlite
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    filters,
)
from telegram.warnings import PTBUserWarning

from bench.peers.schema import CREATE, INSERT, PRAGMAS
from bench.questions import CHOICES, LABELS, by_button

_Context = ContextTypes.DEFAULT_TYPE
_KEYBOARD = InlineKeyboardMarkup(
    [[InlineKeyboardButton(label, callback_data=key) for key, label in CHOICES[at : at + 2]] for at in (0, 2)]
)


async def _open(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
    database = await aiosqlite.connect(sys.argv[2])
    for pragma in PRAGMAS:
        await database.execute(pragma)
    await database.execute(CREATE)
    await database.commit()
    application.bot_data["database"] = database


async def _ask(message: Message, question: int) -> int:
    await message.reply_text(LABELS[question], reply_markup=_KEYBOARD if by_button(question) else None)
    return question


async def _store(context: _Context, *, chat: int, question: int, value: str) -> None:
    database: aiosqlite.Connection = context.bot_data["database"]
    await database.execute(INSERT, (chat, question, value))
    await database.commit()


async def _start(update: Update, _: _Context) -> int:
    assert update.message
    return await _ask(update.message, 0)


def _pressed(question: int) -> CallbackQueryHandler[_Context, int]:
    async def handle(update: Update, context: _Context) -> int:
        query = update.callback_query
        assert query
        assert isinstance(query.message, Message)
        await query.answer()
        await _store(context, chat=query.message.chat_id, question=question, value=query.data or "")
        return await _ask(query.message, (question + 1) % len(LABELS))

    return CallbackQueryHandler(handle)


def _written(question: int) -> MessageHandler[_Context, int]:
    async def handle(update: Update, context: _Context) -> int:
        message = update.message
        assert message
        await _store(context, chat=message.chat_id, question=question, value=message.text or "")
        return await _ask(message, (question + 1) % len(LABELS))

    return MessageHandler(filters.TEXT & ~filters.COMMAND, handle)


def main() -> None:
    """Run against the server and database named on the command line."""
    # It warns that a press is not tracked a message, which this form does not need.
    warnings.simplefilter("ignore", PTBUserWarning)
    application = Application.builder().token("4711:bench").base_url(f"{sys.argv[1]}/bot").post_init(_open).build()
    states: dict[object, list[Any]] = {
        question: [_pressed(question) if by_button(question) else _written(question)] for question in range(len(LABELS))
    }
    application.add_handler(ConversationHandler([CommandHandler("start", _start)], states, []))
    application.run_polling()


if __name__ == "__main__":
    main()
