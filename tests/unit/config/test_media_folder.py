"""What a form shows, taken from the folder beside its sheet."""

from __future__ import annotations

from pathlib import Path

from bot.cli.forms import published_media
from bot.forms.source import compile_source
from config.hub import media_folder, media_in, read_content

SHEET = """
| survey |
| | type | name | label | media::image |
| | text | hall | What do you see? | hall.png |
"""


def test_the_folder_stands_beside_the_sheet_as_in_odk() -> None:
    assert media_folder(Path("forms/needs.v2.xlsx")) == Path("forms/needs.v2-media")


def test_what_the_form_names_is_taken_and_what_is_missing_is_told(tmp_path: Path) -> None:
    (tmp_path / "hall.png").write_bytes(b"picture")
    (tmp_path / "other.png").write_bytes(b"nobody shows it")
    assert media_in(tmp_path, {"hall.png", "gone.png"}) == ({"hall.png": b"picture"}, ("gone.png",))


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    folder = tmp_path / "f-media"
    folder.mkdir()
    names = ("../secret", str(tmp_path / "secret"), "..", "")
    assert media_in(folder, names)[0] == {}


def test_a_hubs_form_brings_its_folder_along(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text('[[forms]]\nname = "a"\nfile = "a.md"\n[[forms]]\nname = "b"\nfile = "b.md"\n')
    for name in ("a", "b"):
        (tmp_path / f"{name}.md").write_text("")
    (tmp_path / "a-media").mkdir()
    assert [form.media for form in read_content(tmp_path).forms] == [tmp_path / "a-media", None]


def test_what_a_form_shows_is_taken_from_its_own_folder_or_from_beside_it(tmp_path: Path) -> None:
    sheet = tmp_path / "needs.md"
    sheet.write_text(SHEET, encoding="utf-8")
    form = compile_source(SHEET.encode(), file_name="needs.md").form
    assert form is not None
    assert published_media(sheet, form, folder=None) is None, "what was published before stays"
    (tmp_path / "hall.png").write_bytes(b"beside")
    assert published_media(sheet, form, folder=None) == {"hall.png": b"beside"}
    (tmp_path / "needs-media").mkdir()
    (tmp_path / "needs-media" / "hall.png").write_bytes(b"own")
    assert published_media(sheet, form, folder=None) == {"hall.png": b"own"}
    assert published_media(sheet, form, folder=tmp_path) == {"hall.png": b"beside"}
