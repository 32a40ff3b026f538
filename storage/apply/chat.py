"""What becomes of dialogues, prompts and jobs."""

from __future__ import annotations

from typing import assert_never

from bot.domain import outcomes as o
from bot.domain.scene import Scene
from storage.apply.gathered import Rows
from storage.codec import dump, to_micros
from storage.writes import (
    ANSWERED_BY,
    DIALOGUE,
    DIALOGUE_GONE,
    JOB,
    PAGE,
    PROMPTS_CLOSED,
    SELECTION,
)


def gather(gathered: Rows, scene: Scene, outcome: o.ChatOutcome) -> None:
    """Note the rows of one outcome."""
    add, now = gathered.add, to_micros(scene.now)
    channel, chat = scene.address.channel, scene.address.chat
    here = {"channel_": channel, "chat_": chat}
    match outcome:
        case o.DialogueMoved():
            expires_at = None if outcome.expires_at is None else to_micros(outcome.expires_at)
            add(
                DIALOGUE,
                channel=channel,
                chat=chat,
                name=outcome.name,
                step=outcome.step,
                data=dump(outcome.data),
                expires_at=expires_at,
            )
        case o.DialogueEnded():
            add(DIALOGUE_GONE, **here)
        case o.SelectionChanged(prompt=prompt, selected=selected):
            add(SELECTION, id_=prompt, selected=dump(selected))
        case o.PageTurned(prompt=prompt, data=data):
            add(PAGE, id_=prompt, data=dump(data))
        case o.PromptAnswered():
            add(ANSWERED_BY, id_=outcome.prompt, answered_by=outcome.message_id)
        case o.PromptsClosed():
            add(PROMPTS_CLOSED, **here, now=now)
        case o.JobPlanned():
            add(
                JOB,
                id=outcome.job,
                kind=outcome.kind,
                channel=channel,
                chat=chat,
                data=dump(outcome.data),
                state="planned",
                created_at=now,
            )
        case _:
            assert_never(outcome)
