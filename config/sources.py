"""Where settings are written (environment, .env, secret files, hubtalk.toml), read with every name checked."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import BaseModel
from pydantic_settings import BaseSettings, EnvSettingsSource

from bot.errors import ConfigurationError

PREFIX = "HUBTALK_"
# Kubernetes describes a service named "hubtalk" to its pods in variables that begin like this.
# https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
INJECTED = ("HUBTALK_SERVICE_", "HUBTALK_PORT")
# An empty value means "not set" (as compose files write it), but here it switches the server off.
MAY_BE_EMPTY = frozenset({"HUBTALK_HTTP__BIND"})


def variable(place: Iterable[str]) -> str:
    """Return the variable's name of a setting: `HUBTALK_HUB__NAME` for hub, name."""
    return PREFIX + "__".join(place).upper()


def places(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    """Yield where each setting lies in the model: (`migrate`,), (`hub`, `name`) and so on."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from ((name, *rest) for rest in places(field.annotation))
        else:
            yield (name,)


def gather(
    model: type[BaseSettings], *, environ: Mapping[str, str] | None, directory: Path, overrides: Mapping[str, Any]
) -> dict[str, Any]:
    """Merge all sources, the strongest last, and make relative paths start at `directory`.

    Raises:
        ConfigurationError: a name is unknown, or a file cannot be read.
    """
    known = tuple(map(variable, places(model)))

    def read(values: Mapping[str, str | None], *, where: str = "") -> dict[str, Any]:
        return _Written(model, _named(values, known=known, where=where))()

    toml = _read_toml(directory / "hubtalk.toml", model=model)
    stronger = [
        read(_read_dotenv(directory / ".env"), where=" in .env"),
        read(os.environ if environ is None else environ),
        overrides,
    ]
    # Where the secret files lie is itself a setting, of any other source.
    folder = reduce(_merge, stronger, toml).get("secrets_dir")
    files = read(_read_folder(directory / folder), where=f" in {folder}") if isinstance(folder, str | Path) else {}
    return _anchored(reduce(_merge, [files, *stronger], toml), directory=directory)


class _Written(EnvSettingsSource):
    """pydantic's reading of environment variables, over a mapping that is not necessarily the environment."""

    def __init__(self, model: type[BaseSettings], values: Mapping[str, str]) -> None:
        self._values = values
        super().__init__(model)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._values.items()}


def _named(values: Mapping[str, str | None], *, known: Sequence[str], where: str) -> dict[str, str]:
    """Keep what is ours and set; refuse what looks like ours and is not known."""
    ours = {}
    for raw, value in values.items():
        name = raw.upper()
        if not name.startswith(PREFIX) or name.startswith(INJECTED):
            continue
        if name not in known:
            raise ConfigurationError(f"{raw}{where} is no setting of hubtalk{_nearest(name, known)}")
        if value or (value is not None and name in MAY_BE_EMPTY):
            ours[name] = value
    return ours


def _nearest(name: str, known: Sequence[str]) -> str:
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {found[0]}?" if found else "; docs/configuration.md lists them all"


def _read_dotenv(path: Path) -> Mapping[str, str | None]:
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8") as lines:
            for binding in parse_stream(lines):
                if binding.error:
                    raise ConfigurationError(f".env, line {binding.original.line}: write NAME=value")
        return dotenv_values(path, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {_reason(error)}") from error


def _read_folder(folder: Path) -> dict[str, str | None]:
    """A file a secret, named like its variable; hidden ones are Kubernetes' own book-keeping."""
    try:
        files = [file for file in sorted(folder.iterdir()) if not file.name.startswith(".") and file.is_file()]
        ours = [file for file in files if file.name.upper().startswith(PREFIX)]
        return {file.name: file.read_text(encoding="utf-8").strip() for file in ours}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{PREFIX}SECRETS_DIR: {folder} cannot be read: {_reason(error)}") from error


def _read_toml(path: Path, *, model: type[BaseModel]) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        with path.open("rb") as file:
            values = tomllib.load(file)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path.name} cannot be read: {_reason(error)}") from error
    known = tuple(".".join(place) for place in places(model))
    groups = {name.partition(".")[0] for name in known if "." in name}
    for name in _dotted(values, groups=groups):
        if name not in known:
            raise ConfigurationError(f"{name} in {path.name} is no setting of hubtalk{_nearest(name, known)}")
    return values


def _dotted(values: Mapping[str, Any], *, groups: set[str]) -> Iterator[str]:
    for name, value in values.items():
        if name in groups and isinstance(value, dict):
            yield from (f"{name}.{rest}" for rest in value)
        elif name not in groups:
            yield name


def _merge(weaker: Mapping[str, Any], stronger: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(weaker)
    for name, value in stronger.items():
        group = merged.get(name)
        merged[name] = {**group, **value} if isinstance(group, dict) and isinstance(value, Mapping) else value
    return merged


def _anchored(values: dict[str, Any], *, directory: Path) -> dict[str, Any]:
    """Make relative paths absolute, so that a later change of the working directory moves nothing."""
    anchored = {"data_dir": "data", **values}
    for name in ("data_dir", "content_dir", "secrets_dir"):
        if isinstance(path := anchored.get(name), str | Path):
            anchored[name] = directory / Path(path).expanduser()
    url = anchored.get("database_url")
    if isinstance(url, str) and url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        anchored["database_url"] = f"sqlite:///{directory / url.removeprefix('sqlite:///')}"
    return anchored


def _reason(error: Exception) -> str:
    return error.strerror or "unknown reason" if isinstance(error, OSError) else str(error)
