"""What people read and write on Matrix alone: its own line of the notice, commands with "!", lists without buttons."""

from __future__ import annotations

from pathlib import Path

from tests.content.lists import places
from tests.contract.channels.matrix import MatrixPerson
from tests.contract.channels.staging import staged


async def test_the_notice_says_what_others_see_on_matrix(encrypted: bool, tmp_path: Path) -> None:
    channel = "matrix-encrypted" if encrypted else "matrix"
    async with staged(channel, folder=tmp_path, forms=("shipped",)) as stage:
        ada = stage.person()
        await ada.starts()
        notice = await ada.hears("Bevor es losgeht")
        assert "Die beteiligten Server sehen, wer wem wann schreibt" in notice.text
        assert "Telegram" not in notice.text
        await ada.says("3")
        await ada.hears("Ende-zu-Ende verschlüsselt: lesbar auf Ihren Geräten und für uns, nicht für die Server.")


async def test_a_long_list_is_read_and_answered_in_a_room(encrypted: bool, tmp_path: Path) -> None:
    channel = "matrix-encrypted" if encrypted else "matrix"
    async with staged(channel, folder=tmp_path, forms=("lists",)) as stage:
        ada = await stage.joined()
        assert isinstance(ada, MatrixPerson)
        await ada.picks("Fragebogen beginnen")
        await ada.hears("1 bis 20 von 412")
        await ada.says("!hlfe")
        await ada.hears("Meinten Sie /hilfe?")
        shown = ada.contact.heard[ada.room][-1].text
        assert "Meinten Sie !hilfe?" in shown
        stage.restarts = True
        await ada.picks("Nächste Seite ›")
        second = await ada.hears("21 bis 40 von 412")
        assert f"  25  {places()[24]}" in second.text
        await ada.says("hausen")
        await ada.hears("Dazu passen 21 Antworten von 412.")
        await ada.picks("Berghausen")
        await ada.hears("1 bis 20 von 100")
        stage.restarts = False
        await ada.says("3, 25 und glaspl")
        await ada.hears("Noch ein Wort?")
        found = await stage.answers()
        assert found["place"][2] == "p32"
        assert found["trades"][2] == ["t3", "t25", "t32"]
