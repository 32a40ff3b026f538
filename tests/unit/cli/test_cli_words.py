from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.cli.opening import read_time, say_table
from bot.cli.output import written
from bot.errors import UsageError

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22", datetime(2026, 11, 21, 23, tzinfo=UTC)),
        ("2026-11-22T16:00", datetime(2026, 11, 22, 15, tzinfo=UTC)),
        ("2026-07-01 16:00", datetime(2026, 7, 1, 14, tzinfo=UTC)),
        ("2026-11-22T16:00:00Z", datetime(2026, 11, 22, 16, tzinfo=UTC)),
        ("2026-11-22T16:00:00+05:00", datetime(2026, 11, 22, 11, tzinfo=UTC)),
    ],
)
def test_time_without_an_offset_is_wall_time_of_the_hub(text: str, moment: datetime) -> None:
    assert read_time(text, zone=BERLIN) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "22.11.2026", "2026-13-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write a time"):
        read_time(text, zone=BERLIN)


def test_table_is_aligned_and_keeps_strange_text_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    say_table(("NAME", "N"), [("two\nlines\x1b[2J", 1), (None, 22)], empty="nothing")
    assert capsys.readouterr().out.splitlines() == ["NAME           N", "two lines [2J  1", "–              22"]


def test_table_without_rows_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    say_table(("NAME",), [], empty="nothing yet")
    assert capsys.readouterr().out == "nothing yet\n"


def test_file_appears_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    with written(str(target)) as file:
        file.write(b"new")
        assert not target.exists()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o600


def test_failed_work_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")

    def fail() -> None:
        with written(str(target)) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_bytes(b"old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    with written(str(tmp_path / "link.csv")) as file:
        file.write(b"new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"new"


def test_place_that_cannot_be_written_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="folder"), written(str(tmp_path)):
        pass
    with pytest.raises(UsageError, match="cannot be written"), written(str(tmp_path / "nowhere" / "out.csv")):
        pass
