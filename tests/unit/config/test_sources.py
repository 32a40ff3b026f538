from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from config.settings import load_settings


def complaint(directory: Path, **environ: str) -> str:
    """What the start says when it refuses what is written in this directory and environment."""
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ, directory=directory)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def write(folder: Path, /, **files: str) -> Path:
    for name, text in files.items():
        (folder / {"dotenv": ".env", "toml": "hubtalk.toml"}.get(name, name)).write_text(text, encoding="utf-8")
    return folder


def test_the_nearer_place_wins(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    names = {name: f"HUBTALK_{name}" for name in ("HUB__NAME", "HUB__CONTACT", "HUB__DPO", "HUB__CONTROLLER")}
    write(
        tmp_path,
        toml='secrets_dir = "secrets"\n[hub]\nname = "toml"\ntimezone = "UTC"\ndpo = "toml"\ncontact = "toml"\n'
        'controller = "toml"\n',
        dotenv="".join(f"{names[name]}=dotenv\n" for name in ("HUB__NAME", "HUB__CONTACT", "HUB__DPO")),
    )
    write(secrets, **dict.fromkeys(names.values(), "file\n"))
    environ = {names["HUB__NAME"]: "environment", names["HUB__CONTACT"]: "environment"}
    hub = load_settings(environ, directory=tmp_path, hub={"name": "option"}).hub
    assert (hub.name, hub.contact, hub.dpo, hub.controller, hub.timezone) == (
        "option",
        "environment",
        "dotenv",
        "file",
        "UTC",
    )


def test_the_environment_of_the_process_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HUBTALK_HUB__NAME", "Testhub")
    settings = load_settings()
    assert (settings.hub.name, settings.data_dir) == ("Testhub", tmp_path / "data")


def test_unknown_variable_is_named_with_its_nearest_neighbour(tmp_path: Path) -> None:
    said = complaint(tmp_path, HUBTALK_TELEGRAM_TOKEN="4711:abc")
    assert said == "HUBTALK_TELEGRAM_TOKEN is no setting of hubtalk; did you mean HUBTALK_TELEGRAM__TOKEN?"


def test_variable_far_from_everything_is_sent_to_the_page(tmp_path: Path) -> None:
    assert "docs/configuration.md" in complaint(tmp_path, HUBTALK_XYZZY="1")


def test_group_as_a_whole_is_no_variable(tmp_path: Path) -> None:
    assert "HUBTALK_HUB__" in complaint(tmp_path, HUBTALK_HUB='{"name": "x"}')


def test_unknown_variable_is_refused_even_when_it_is_empty(tmp_path: Path) -> None:
    assert "HUBTALK_MIGRAT " in complaint(tmp_path, HUBTALK_MIGRAT="")


def test_variables_that_kubernetes_injects_are_ignored(tmp_path: Path) -> None:
    environ = {
        "HUBTALK_SERVICE_HOST": "10.0.0.1",
        "HUBTALK_SERVICE_PORT_HTTP": "8080",
        "HUBTALK_PORT": "tcp://10.0.0.1:8080",
        "HUBTALK_PORT_8080_TCP_ADDR": "10.0.0.1",
    }
    assert load_settings(environ, directory=tmp_path) == load_settings({}, directory=tmp_path)


def test_variables_of_others_are_ignored(tmp_path: Path) -> None:
    write(tmp_path, dotenv="COMPOSE_PROJECT_NAME=hub\n")
    assert load_settings({"PATH": "/bin"}, directory=tmp_path) == load_settings({}, directory=tmp_path)


def test_names_may_be_written_in_any_letter_case(tmp_path: Path) -> None:
    assert load_settings({"hubtalk_hub__name": "Testhub"}, directory=tmp_path).hub.name == "Testhub"


def test_unknown_name_in_dotenv_is_refused(tmp_path: Path) -> None:
    write(tmp_path, dotenv="HUBTALK_HUB__NAM=x\n")
    assert complaint(tmp_path) == "HUBTALK_HUB__NAM in .env is no setting of hubtalk; did you mean HUBTALK_HUB__NAME?"


def test_broken_line_of_dotenv_is_named(tmp_path: Path) -> None:
    write(tmp_path, dotenv='HUBTALK_MIGRATE=true\nHUBTALK_HUB__NAME="never closed\n')
    assert complaint(tmp_path) == ".env, line 2: write NAME=value"


def test_dotenv_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"HUBTALK_HUB__NAME=\xff\xfe\n")
    assert "cannot be read" in complaint(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'registratoin = "open"\n',
            "registratoin in hubtalk.toml is no setting of hubtalk; did you mean registration?",
        ),
        ('[hub]\nnam = "x"\n', "hub.nam in hubtalk.toml is no setting of hubtalk; did you mean hub.name?"),
        ('[telgram]\ntoken = "x"\n', "telgram in hubtalk.toml is no setting of hubtalk"),
        ("hub = 3\n", "HUBTALK_HUB: "),
        ("migrate = maybe\n", "hubtalk.toml cannot be read: "),
        ('[http]\nbind = ["a"]\n', "HUBTALK_HTTP__BIND: "),
        ("secrets_dir = 3\n", "HUBTALK_SECRETS_DIR: "),
    ],
)
def test_wrong_toml_is_refused_with_the_place(tmp_path: Path, text: str, expected: str) -> None:
    write(tmp_path, toml=text)
    assert complaint(tmp_path).startswith(expected)


def test_toml_takes_lists_and_numbers_as_they_are(tmp_path: Path) -> None:
    write(tmp_path, toml='migrate = false\nadmins = ["telegram:1"]\n[telegram]\nrate = 2.5\n')
    settings = load_settings({}, directory=tmp_path)
    assert (settings.migrate, settings.admins, settings.telegram.rate) == (False, ("telegram:1",), 2.5)


def test_secret_files_lose_the_newline_at_their_end(tmp_path: Path) -> None:
    write(tmp_path, HUBTALK_TELEGRAM__TOKEN="4711:abc\n", other_service="not ours")
    (tmp_path / "..data").mkdir()
    settings = load_settings({"HUBTALK_SECRETS_DIR": str(tmp_path)}, directory=tmp_path)
    assert settings.telegram.token is not None
    assert settings.telegram.token.get_secret_value() == "4711:abc"


def test_unknown_secret_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    write(tmp_path / "secrets", HUBTALK_TELEGRAM__TOKN="4711:abc")
    said = complaint(tmp_path, HUBTALK_SECRETS_DIR="secrets")
    assert "HUBTALK_TELEGRAM__TOKN in secrets is no setting of hubtalk" in said
    assert "4711" not in said
