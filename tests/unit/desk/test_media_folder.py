"""What a form shows, taken from the folder beside its sheet."""

from __future__ import annotations

from pathlib import Path

from bot.desk import media_folder, media_in
from bot.forms.model import Form, Question


def showing(*names: str) -> Form:
    questions = tuple(
        Question(path=f"q{number}", name=f"q{number}", type="text", media={"image": {"": name}})
        for number, name in enumerate(names)
    )
    return Form(name="f", title={}, version="", languages=("de",), questions=questions)


def test_the_folder_stands_beside_the_sheet_as_in_odk() -> None:
    assert media_folder(Path("forms/needs.v2.xlsx")) == Path("forms/needs.v2-media")


def test_what_the_form_names_is_taken_and_what_is_missing_is_told(tmp_path: Path) -> None:
    (tmp_path / "hall.png").write_bytes(b"picture")
    (tmp_path / "other.png").write_bytes(b"nobody shows it")
    assert media_in(tmp_path, showing("hall.png", "gone.png")) == ({"hall.png": b"picture"}, ("gone.png",))


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = tmp_path / "f-media"
    folder.mkdir()
    names = ("../secret", str(tmp_path / "secret"), "..", "")
    assert media_in(folder, showing(*names))[0] == {}
