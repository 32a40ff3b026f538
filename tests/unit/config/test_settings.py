from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from config.settings import Settings, load_settings, require_for_run
from config.values import Bind

TOKEN = "4711:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"


def complaint(**environ: str) -> str:
    """What the start says when it refuses these variables."""
    with pytest.raises(ConfigurationError) as caught:
        load_settings({f"HUBTALK_{name}": value for name, value in environ.items()}, directory=Path("/nowhere"))
    return str(caught.value)


def loaded(**environ: str) -> Settings:
    return load_settings({f"HUBTALK_{name}": value for name, value in environ.items()}, directory=Path("/nowhere"))


def test_defaults_are_those_of_the_shipped_hub() -> None:
    settings = loaded()
    assert settings.hub.name == "EcoTecHub Bergkamen"
    assert settings.hub.zone.key == "Europe/Berlin"
    assert settings.hub.languages == ("de", "en")
    assert settings.data_dir == Path("/nowhere/data")
    assert settings.database_url == "sqlite:////nowhere/data/hubtalk.db"
    assert (settings.registration, settings.admins, settings.migrate) == ("invitation", (), True)
    assert settings.telegram.token is None
    assert (settings.telegram.rate, settings.telegram.chat_rate) == (30, 1)
    assert settings.http.bind == Bind("127.0.0.1", 8080)
    assert (settings.log.level, settings.log.format) == ("info", None)


def test_one_setting_of_a_group_leaves_the_others_at_their_defaults() -> None:
    hub = loaded(HUB__NAME="Testhub").hub
    assert (hub.name, hub.timezone) == ("Testhub", "Europe/Berlin")


def test_settings_cannot_be_changed_later() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(loaded(), "migrate", False)  # noqa: B010 - the assignment itself is a type error


@pytest.mark.parametrize("text", ['["en","de"]', "en,de", " en , de "])
def test_lists_are_written_as_json_or_with_commas(text: str) -> None:
    assert loaded(HUB__LANGUAGES=text).hub.languages == ("en", "de")


def test_language_named_twice_counts_once() -> None:
    assert loaded(HUB__LANGUAGES="en,de,en").hub.languages == ("en", "de")


def test_admin_addresses_keep_the_colons_of_matrix() -> None:
    assert loaded(ADMINS='["Telegram:4711","matrix:@ada:example.org"]').admins == (
        "telegram:4711",
        "matrix:@ada:example.org",
    )


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ADMINS", '["4711"]', "telegram:4711"),
        ("ADMINS", '["telegram:"]', "telegram:4711"),
        ("ADMINS", "[telegram:4711", 'write a list as ["one","two"]'),
        ("HUB__LANGUAGES", "de,fr", "'de' or 'en'"),
        ("HUB__LANGUAGES", "[]", "at least 1"),
        ("HUB__TIMEZONE", "Europe/Bergkamen", "Europe/Berlin"),
        ("HUB__TIMEZONE", "../etc/passwd", "Europe/Berlin"),
        ("REGISTRATION", "closed", "'open'"),
        ("TELEGRAM__TOKEN", "not-a-token", "123456:ABC-DEF"),
        ("TELEGRAM__MODE", "webhook", "comes in a later version"),
        ("TELEGRAM__API_URL", "api.example.org", "http://127.0.0.1:8081"),
        ("TELEGRAM__RATE", "-1", "greater than or equal to 0"),
        ("TELEGRAM__RATE", "fast", "valid number"),
        ("TELEGRAM__CHAT_RATE", "inf", "finite"),
        ("MATRIX__USER_ID", "hub", "should match pattern"),
        ("HTTP__BIND", "8080", "127.0.0.1:8080"),
        ("HTTP__BIND", "localhost:99999", "127.0.0.1:8080"),
        ("COURTESY__QUIET_HOURS", "at night", "20:00-08:00"),
        ("COURTESY__WORKING_DAYS", "weekdays", "Mon-Fri"),
        ("COURTESY__LAND", "XX", "NW"),
        ("MIGRATE", "perhaps", "boolean"),
        ("LOG__LEVEL", "loud", "'debug'"),
        ("DATABASE_URL", "mysql://localhost/hub", "sqlite:///PATH"),
        ("DATABASE_URL", "sqlite:///", "sqlite:///PATH"),
        ("CONTENT_DIR", "/nowhere/content", "no folder /nowhere/content"),
        ("SECRETS_DIR", "/nowhere/secrets", "/nowhere/secrets"),
    ],
)
def test_wrong_value_is_refused_in_one_line_that_names_it(name: str, value: str, expected: str) -> None:
    said = complaint(**{name: value})
    assert f"HUBTALK_{name}: " in said
    assert expected in said
    assert "\n" not in said


def test_matrix_needs_a_user_and_one_way_to_sign_in() -> None:
    home = {"MATRIX__HOMESERVER": "https://matrix.example.org"}
    assert "HUBTALK_MATRIX__USER_ID" in complaint(**home)
    home["MATRIX__USER_ID"] = "@hub:example.org"
    assert "HUBTALK_MATRIX__PASSWORD" in complaint(**home)
    both = {"MATRIX__PASSWORD": "hush", "MATRIX__ACCESS_TOKEN": "hush"}
    assert "not both" in complaint(**home, **both)
    assert loaded(**home, MATRIX__PASSWORD="hush").matrix.homeserver == "https://matrix.example.org"


def test_wrong_value_is_not_repeated_as_it_may_be_a_secret() -> None:
    assert "hunter2" not in complaint(LOG__LEVEL="hunter2")


def test_several_wrong_values_are_all_named() -> None:
    said = complaint(MIGRATE="perhaps", LOG__LEVEL="loud")
    assert "HUBTALK_MIGRATE" in said
    assert "HUBTALK_LOG__LEVEL" in said


def test_choices_may_be_written_in_any_letter_case() -> None:
    settings = loaded(LOG__LEVEL="WARNING", LOG__FORMAT="JSON", REGISTRATION="Open")
    assert (settings.log.level, settings.log.format, settings.registration) == ("warning", "json", "open")


def test_http_can_be_switched_off_by_an_empty_value() -> None:
    assert loaded(HTTP__BIND="").http.bind is None


def test_other_empty_values_mean_not_set() -> None:
    settings = loaded(TELEGRAM__TOKEN="", HUB__NAME="", DATA_DIR="")
    assert settings == loaded()


def test_api_url_needs_no_slash_at_its_end() -> None:
    assert loaded(TELEGRAM__API_URL="http://127.0.0.1:8081/").telegram.api_url == "http://127.0.0.1:8081"


def test_old_spelling_of_postgresql_is_understood() -> None:
    assert loaded(DATABASE_URL="postgres://db/hub").database_url == "postgresql://db/hub"


def test_relative_sqlite_file_starts_at_the_directory() -> None:
    assert loaded(DATABASE_URL="sqlite:///hub.db").database_url == "sqlite:////nowhere/hub.db"


def test_absolute_sqlite_file_stays_where_it_is() -> None:
    assert loaded(DATABASE_URL="sqlite:////var/hub.db").database_url == "sqlite:////var/hub.db"


def test_database_lies_in_the_data_folder_that_was_chosen() -> None:
    assert loaded(DATA_DIR="/srv/hub").database_url == "sqlite:////srv/hub/hubtalk.db"


def test_settings_show_no_secret() -> None:
    settings = loaded(
        TELEGRAM__TOKEN=TOKEN, SECRET="hush hush hush", DATABASE_URL="postgresql://hub:p%40ssw0rd@db.example.org/hub"
    )
    shown = repr(settings) + str(settings) + settings.database_place
    assert not any(secret in shown for secret in (TOKEN, "hush", "p%40ssw0rd"))
    assert settings.database_place == "postgresql://hub:***@db.example.org/hub"
    assert settings.secrets() == ("hush hush hush", TOKEN, "p%40ssw0rd", "p@ssw0rd")


def test_database_without_password_is_shown_as_it_is() -> None:
    assert loaded().database_place == "sqlite:////nowhere/data/hubtalk.db"
    assert loaded().secrets() == ()


def test_running_needs_somebody_responsible() -> None:
    with pytest.raises(ConfigurationError) as caught:
        require_for_run(loaded(HUB__CONTACT="hub@example.org"))
    said = str(caught.value)
    assert "HUBTALK_HUB__CONTROLLER" in said
    assert "HUBTALK_HUB__DPO" in said
    assert "HUBTALK_HUB__CONTACT" not in said
    assert "\n" not in said


def test_running_is_fine_when_everybody_is_named() -> None:
    require_for_run(loaded(HUB__CONTROLLER="Hochschule", HUB__CONTACT="hub@example.org", HUB__DPO="dpo@example.org"))


def test_saying_nothing_on_purpose_is_like_leaving_it_out() -> None:
    said = load_settings(
        {}, directory=Path("/nowhere"), telegram={"token": None, "mode": "polling"}, matrix={"password": None}
    )
    assert said == loaded()


def test_land_may_be_written_small() -> None:
    assert loaded(COURTESY__LAND="by").courtesy.land == "BY"
