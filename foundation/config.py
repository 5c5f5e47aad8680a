"""Configuration: one TOML file, then environment variables, then the command line.

``HUIMIN_<ROOM>_<NAME>`` sets one value, ``__`` goes one level down, and a name
that ends in ``_FILE`` gives a file to read the value from, for secrets.
"""

from __future__ import annotations

import os
import tomllib
from contextvars import ContextVar
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

MAX_FILE_BYTES = 1 << 20
"""A configuration file larger than this is a mistake."""


def data_folder() -> Path:
    """Where data lies by default: below XDG_DATA_HOME, or else ~/.local/share."""
    home = os.environ.get("XDG_DATA_HOME", "")
    return (Path(home) if Path(home).is_absolute() else Path.home() / ".local" / "share") / "huimin"


class ConfigError(Exception):
    """The configuration cannot be used; the message says which value and why."""


class Settings(BaseSettings):
    """Base of each room's settings; the room is the table of the TOML file and part of the variables."""

    room: ClassVar[str]
    model_config = SettingsConfigDict(extra="forbid", env_nested_delimiter="__", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The command line before the environment before the file, which `load` has read."""
        return (init_settings, env_settings, InitSettingsSource(settings_cls, _file.get({})))


S = TypeVar("S", bound=Settings)

_file: ContextVar[dict[str, Any]] = ContextVar("file")
"""What `load` read from the file, for the source of that name."""


def load(settings: type[S], file: Path | None, **command_line: Any) -> S:
    """Reads the settings of one room.

    file: the TOML file, whose table named like the room is used, or None;
    command_line: values given there, None where not given; they win over all.
    Raises ConfigError with a sentence a clerk can act on.
    """
    prefix = f"HUIMIN_{settings.room.upper()}_"
    given = {name: value for name, value in command_line.items() if value is not None}
    values = _table(file, settings.room) if file else {}
    for names, value in _values_from_files(prefix):
        table = values
        for name in names[:-1]:
            below = table.get(name, {})
            table[name] = dict(below) if isinstance(below, dict) else {}
            table = table[name]
        table[names[-1]] = value
    reset = _file.set(values)
    try:
        return settings(**{"_env_prefix": prefix, **given})
    except SettingsError as error:
        raise ConfigError(f"{prefix}…: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join([settings.room, *(str(part) for part in first["loc"])])
        reason = first["msg"].removeprefix("Value error, ")  # pydantic's, before the sentence of a validator
        if first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
            reason = f"there is no such setting; there are {', '.join(settings.model_fields)}"
        raise ConfigError(f"{file or 'configuration'}: {place}: {reason}") from None
    finally:
        _file.reset(reset)


def _table(file: Path, room: str) -> dict[str, Any]:
    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(f"{file}: larger than {MAX_FILE_BYTES} bytes")
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: not TOML: {error}") from None
    table = document.get(room, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{file}: [{room}] is not a table")
    return dict(table)


def _values_from_files(prefix: str) -> list[tuple[list[str], str]]:
    """What variables such as ``HUIMIN_KIOSK_HELP_CALL__PASSWORD_FILE`` name: the way down to a setting, and
    its value."""
    values = []
    for variable, path in os.environ.items():
        if variable.startswith(prefix) and variable.endswith("_FILE"):
            try:
                value = Path(path).read_text("utf-8").strip()
            except OSError as error:
                raise ConfigError(f"{variable}: {path}: {error.strerror}") from None
            except UnicodeDecodeError:
                raise ConfigError(f"{variable}: {path}: not UTF-8") from None
            values.append((variable[len(prefix) : -len("_FILE")].lower().split("__"), value))
    return values
