"""`hubtalk run`, answered in a thread and killed after answers: each question comes in that thread."""

from __future__ import annotations

from pathlib import Path

import orjson

from tests.acceptance.matrix.conftest import OpenContact
from tests.acceptance.matrix.test_matrix_process import ANSWERS, CONTENT
from tests.acceptance.processes import BotProcess, command, environment
from tests.fixtures_synapse import PASSWORD, Synapse, aside


async def test_a_talk_in_a_thread_stays_there_over_kills(
    synapse: Synapse, contact: OpenContact, tmp_path: Path
) -> None:
    user_id = await aside(synapse.new_user, "bot")
    await aside(synapse.unlimited, user_id)
    environ = environment(
        tmp_path,
        MATRIX__HOMESERVER=synapse.url,
        MATRIX__USER_ID=user_id,
        MATRIX__PASSWORD=PASSWORD,
        REGISTRATION="open",
        CONTENT_DIR=str(CONTENT),
    )
    bot = BotProcess(environ, directory=tmp_path)
    try:
        await bot.start()
        ada = await contact()
        room = await ada.opens_room(user_id, encrypted=True)
        first = await ada.hears(room, "Welche Sprache")
        in_thread = {"rel_type": "m.thread", "event_id": first.event_id}
        for place, (said, wanted) in enumerate(
            (
                ("Deutsch", "Verantwortlich: Hochschule Muster"),
                ("Einverstanden", "Unternehmen sprechen"),
                ("Testwerk GmbH", "ansprechen"),
                ("Ada Muster", "Wollen wir anfangen?"),
                ("1", ANSWERS[0][0]),
                (ANSWERS[0][1], ANSWERS[1][0]),
            )
        ):
            await ada.says(room, said, **{"m.relates_to": in_thread})
            if place in (1, 4):
                await bot.kill()
                await bot.start()
            heard = await ada.hears(room, wanted)
            assert heard.content["m.relates_to"]["rel_type"] == "m.thread"
            assert heard.content["m.relates_to"]["event_id"] == first.event_id
        await ada.says(room, "!hilfe")
        assert "m.relates_to" not in (await ada.hears(room, "!umfrage")).content
    finally:
        code = await bot.stop()
    assert code == 0, bot.text
    _, out, _ = await command(environ, "export", "walk", "--partial", "-f", "jsonl", "-o", "-", directory=tmp_path)
    (row,) = [orjson.loads(line) for line in out.splitlines()]
    assert row["size"] == "medium"
