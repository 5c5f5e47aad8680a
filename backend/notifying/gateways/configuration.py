"""What the tables of gateways have in common."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from backend.notifying.outgoing import GatewayWrong

MAX_SECRET_BYTES = 4096


class GatewayTable(BaseModel):
    """A table of the configuration: an unknown entry is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


T = TypeVar("T", bound=GatewayTable)


def read_table(model: type[T], table: Mapping[str, object]) -> T:
    """The table, checked. Raises GatewayWrong."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise GatewayWrong(f"{place}: {first['msg']}") from None


def secret_of(file: Path) -> SecretStr:
    """A secret from its file, without the line's end. Raises GatewayWrong."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_SECRET_BYTES + 1)
    except OSError as error:
        raise GatewayWrong(f"{file}: {error.strerror}") from None
    if not content.strip() or len(content) > MAX_SECRET_BYTES:
        raise GatewayWrong(f"{file}: holds no secret")
    try:
        return SecretStr(content.decode().strip())
    except UnicodeDecodeError:
        raise GatewayWrong(f"{file}: not UTF-8") from None


def on_this_machine(host: str) -> bool:
    """Whether nobody can listen on the way there."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
