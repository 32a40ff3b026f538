"""All settings of hubtalk: their names, types and defaults; `load_settings` reads them, wherever they were written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import ConfigurationError
from config.sources import gather, variable
from config.values import (
    MEGABYTE,
    Bind,
    Frequency,
    QuietHours,
    check_address,
    check_land,
    check_web_url,
    check_zone,
    read_bind,
    read_frequency,
    read_list,
    read_quiet_hours,
    read_size,
    read_span,
    read_working_days,
)

SHIPPED_CONTENT = Path(__file__).parent / "content" / "ecotechhub"

Lower = BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)


class _Group(BaseModel):
    """Settings that belong together; a part of them may be given."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)


class HubSettings(_Group):
    """The hub, and who is responsible for it (that fills the privacy notice)."""

    name: Annotated[str, Field(min_length=1, max_length=100)] = "EcoTecHub Bergkamen"
    timezone: Annotated[str, AfterValidator(check_zone)] = "Europe/Berlin"
    languages: Annotated[tuple[Literal["de", "en"], ...], BeforeValidator(read_list), Field(min_length=1)] = (
        "de",
        "en",
    )
    controller: str | None = None
    contact: str | None = None
    dpo: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The hub's time zone."""
        return ZoneInfo(self.timezone)

    @field_validator("languages")
    @classmethod
    def _no_language_twice(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(languages))


class TelegramSettings(_Group):
    """The Telegram channel; a token switches it on. Rates are messages a second, 0 means no limit."""

    token: SecretStr | None = None
    api_url: Annotated[str, AfterValidator(check_web_url)] = "https://api.telegram.org"
    mode: Annotated[Literal["polling", "webhook"], Lower] = "polling"
    webhook_url: Annotated[str, AfterValidator(check_web_url)] | None = None
    webhook_secret: SecretStr | None = None
    rate: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 30
    chat_rate: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1

    @field_validator("token")
    @classmethod
    def _looks_like_a_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None:
            number, colon, rest = token.get_secret_value().partition(":")
            if not (number.isdigit() and colon and rest and not any(sign.isspace() for sign in rest)):
                raise ValueError("a token looks like 123456:ABC-DEF, as BotFather gave it")
        return token

    @field_validator("mode")
    @classmethod
    def _webhook_comes_later(cls, mode: str) -> str:
        if mode == "webhook":
            raise ValueError("webhook comes in a later version; use polling")
        return mode


class MatrixSettings(_Group):
    """The Matrix channel; a homeserver switches it on, with a user and either a password or a token."""

    homeserver: Annotated[str, AfterValidator(check_web_url)] | None = None
    user_id: Annotated[str, Field(pattern=r"^@[^:\s]+:\S+$")] | None = None
    password: SecretStr | None = None
    access_token: SecretStr | None = None
    device_name: Annotated[str, Field(min_length=1, max_length=100)] = "hubtalk"
    polls: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.homeserver is None:
            return self
        if self.user_id is None:
            raise ValueError("with a homeserver goes HUBTALK_MATRIX__USER_ID, the bot's id such as @hub:example.org")
        if (self.password is None) == (self.access_token is None):
            raise ValueError(
                "with a homeserver goes one of HUBTALK_MATRIX__PASSWORD and HUBTALK_MATRIX__ACCESS_TOKEN, not both"
            )
        return self


class HttpSettings(_Group):
    """Health, metrics and webhook."""

    bind: Annotated[Bind | None, BeforeValidator(read_bind)] = Bind("127.0.0.1", 8080)


class CourtesySettings(_Group):
    """When pushes may go out, and how often; `working_days` are weekday numbers, Monday 0."""

    quiet_hours: Annotated[QuietHours | None, BeforeValidator(read_quiet_hours)] = read_quiet_hours("20:00-08:00")
    working_days: Annotated[frozenset[int], BeforeValidator(read_working_days)] = frozenset(range(5))
    land: Annotated[str, AfterValidator(check_land)] = "NW"
    frequency: Annotated[Frequency | None, BeforeValidator(read_frequency)] = read_frequency("4/7d")


class AttachmentSettings(_Group):
    """How large files that people send may be, in bytes: one of them, and all that are stored together."""

    limit: Annotated[int, BeforeValidator(read_size), Field(gt=0)] = 20 * MEGABYTE
    quota: Annotated[int, BeforeValidator(read_size), Field(ge=0)] = 2048 * MEGABYTE


class InboxSettings(_Group):
    """When the team is reminded of an inquiry that waits for its word."""

    remind_after: Annotated[timedelta, BeforeValidator(read_span)] = timedelta(hours=48)


class LogSettings(_Group):
    """How much is logged, and how; without a format it is `console` on a terminal, else `json`."""

    level: Annotated[Literal["debug", "info", "warning", "error"], Lower] = "info"
    format: Annotated[Literal["json", "console"] | None, Lower] = None


class Settings(BaseSettings):
    """Everything that can be set, checked. The names people use are in docs/configuration.md."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="HUBTALK_",
        env_nested_delimiter="__",
        # Lists are read by our own validators, so that `de,en` works beside JSON.
        enable_decoding=False,
        str_strip_whitespace=True,
        # A wrong value may be a secret in the wrong place.
        hide_input_in_errors=True,
    )

    data_dir: Path = Path("data")
    database_url: Annotated[str, Field(repr=False)] = ""
    hub: HubSettings = HubSettings()
    content_dir: Path | None = None
    secrets_dir: Path | None = None
    secret: SecretStr | None = None
    admins: Annotated[tuple[Annotated[str, AfterValidator(check_address)], ...], BeforeValidator(read_list)] = ()
    registration: Annotated[Literal["open", "approval", "invitation"], Lower] = "invitation"
    telegram: TelegramSettings = TelegramSettings()
    matrix: MatrixSettings = MatrixSettings()
    http: HttpSettings = HttpSettings()
    courtesy: CourtesySettings = CourtesySettings()
    attachments: AttachmentSettings = AttachmentSettings()
    inbox: InboxSettings = InboxSettings()
    migrate: bool = True
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is handed in and nothing else: `load_settings` has gathered it and checked the names."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @field_validator("content_dir", "secrets_dir")
    @classmethod
    def _folder_exists(cls, folder: Path | None) -> Path | None:
        if folder is not None and not folder.is_dir():
            raise ValueError(f"there is no folder {folder}")
        return folder

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if url.startswith("postgres://"):
            url = url.replace("postgres", "postgresql", 1)
        if url and not re.match(r"sqlite:///.|postgresql://", url):
            raise ValueError("write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE")
        return url

    @model_validator(mode="after")
    def _database_in_data_dir(self) -> Self:
        if not self.database_url:
            # The model is frozen for everybody but its own making.
            object.__setattr__(self, "database_url", f"sqlite:///{self.data_dir / 'hubtalk.db'}")
        return self

    @property
    def database_place(self) -> str:
        """The database's URL without its password, fit for people and logs."""
        password = urlsplit(self.database_url).password
        return self.database_url.replace(f":{password}@", ":***@", 1) if password else self.database_url

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels that are switched on."""
        on = {"matrix": self.matrix.homeserver, "telegram": self.telegram.token}
        return tuple(name for name, switch in on.items() if switch is not None)

    def secrets(self) -> tuple[str, ...]:
        """Return every secret among the settings, for the log to leave out."""
        hidden = (
            self.secret,
            self.telegram.token,
            self.telegram.webhook_secret,
            self.matrix.password,
            self.matrix.access_token,
        )
        password = urlsplit(self.database_url).password or ""
        found = [value.get_secret_value() for value in hidden if value is not None]
        return tuple(dict.fromkeys(secret for secret in (*found, password, unquote(password)) if secret))


def load_settings(
    environ: Mapping[str, str] | None = None, *, directory: Path | None = None, **overrides: Any
) -> Settings:
    """Read the settings: overrides win over the environment, then come `.env`, secret files and `hubtalk.toml`.

    Args:
        environ: the environment; the process's own by default.
        directory: where `.env` and `hubtalk.toml` lie and what relative paths start from; the working directory.
        overrides: values by field name, groups as mappings.

    Raises:
        ConfigurationError: a setting is unknown or wrong; one line that names it.
    """
    directory = (directory or Path.cwd()).absolute()
    values = gather(Settings, environ=environ, directory=directory, overrides=overrides)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise ConfigurationError("; ".join(map(_complaint, error.errors(include_url=False)))) from None
    return settings


def _complaint(error: Mapping[str, Any]) -> str:
    """One wrong value in one line that names its variable, never showing the value itself."""
    place = [part for part in error["loc"] if isinstance(part, str)]
    return f"{variable(place)}: {error['msg'].removeprefix('Value error, ')}"


def require_for_run(settings: Settings) -> None:
    """Refuse to serve people while nobody is named as responsible.

    Raises:
        ConfigurationError: names every variable that is missing, in one line.
    """
    needed = ("controller", "contact", "dpo")
    missing = [variable(["hub", name]) for name in needed if not getattr(settings.hub, name)]
    if missing:
        raise ConfigurationError(
            f"the privacy notice needs {', '.join(missing)}: please set them (see docs/configuration.md)"
        )
