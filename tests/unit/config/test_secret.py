from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from config.secret import Keys, Purpose, load_secret
from config.settings import Settings, load_settings

PURPOSES: tuple[Purpose, ...] = ("codes", "pseudonyms", "suppression", "matrix_seeds", "matrix_store", "backups")


def settings(folder: Path, **environ: str) -> Settings:
    return load_settings(environ, directory=folder)


def test_secret_is_made_once_and_kept_for_its_owner_alone(tmp_path: Path) -> None:
    made = load_secret(settings(tmp_path))
    assert made.path == tmp_path / "data" / "secret"
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700
    assert len(made.value) == 43
    assert made.solid
    assert load_secret(settings(tmp_path)) == made
    assert [file.name for file in made.path.parent.iterdir()] == ["secret"]


def test_secret_is_another_one_in_every_installation(tmp_path: Path) -> None:
    first, second = (load_secret(settings(tmp_path / name)) for name in ("a", "b"))
    assert first.value != second.value


def test_processes_that_start_together_agree_on_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        values = set(pool.map(lambda _: load_secret(settings(tmp_path)).value, range(16)))
    assert len(values) == 1
    assert (tmp_path / "data" / "secret").read_text(encoding="ascii").strip() in values


def test_secret_that_is_set_makes_no_file(tmp_path: Path) -> None:
    given = load_secret(settings(tmp_path, HUBTALK_SECRET="hush"))
    assert (given.value, given.path, given.solid) == ("hush", None, False)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe"])
def test_damaged_secret_is_never_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret").write_bytes(content)
    with pytest.raises(ConfigurationError, match="from a backup"):
        load_secret(settings(tmp_path))
    assert (tmp_path / "data" / "secret").read_bytes() == content


def test_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="data/secret"):
        load_secret(settings(tmp_path))


def test_secret_and_keys_do_not_show_themselves(tmp_path: Path) -> None:
    secret = load_secret(settings(tmp_path, HUBTALK_SECRET="hush hush"))
    assert "hush" not in repr(secret) + repr(secret.keys)


def test_every_purpose_has_a_key_of_its_own() -> None:
    keys = Keys(secret="hush")
    assert len({keys.key(purpose) for purpose in PURPOSES}) == len(PURPOSES)
    assert {len(keys.key(purpose)) for purpose in PURPOSES} == {32}


def test_keys_stay_the_same_in_later_versions() -> None:
    keys = Keys(secret="hush")
    assert keys.key("codes").hex() == "b8a1e57aa766dba07addede48c025b5a52846fde29c58bcd23762f02f40ecf2d"
    assert keys.digest("pseudonyms", "Ada") == "48d7b95326c106481af376185da8829ce8e4a074a2cee5c79ca8d71ea5142eed"


def test_digest_depends_on_purpose_text_and_secret() -> None:
    digests = {
        Keys(secret="a").digest("codes", "x"),
        Keys(secret="a").digest("codes", "y"),
        Keys(secret="a").digest("pseudonyms", "x"),
        Keys(secret="b").digest("codes", "x"),
    }
    assert len(digests) == 4
