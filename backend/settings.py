"""The settings of the backend: table ``[backend]`` of the configuration, variables ``HUIMIN_BACKEND_…``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from backend.lookups.source_settings import SourceSettings
from backend.notifying.quiet import QuietHours
from backend.payments.settings import PaymentSettings
from foundation.address import check_address
from foundation.config import data_folder
from foundation.observing import ObservedSettings

PACKAGED = Path(__file__).parent / "content"
"""The demonstration content that comes with the backend."""


def _database(given: str) -> str:
    from backend.storage.database import database_url  # noqa: PLC0415 (a clerk's command does not need it)

    database_url(given, Path())
    return given


def _address_or_none(given: str) -> str:
    return check_address(given) if given else ""


def _quiet_hours(given: str) -> str:
    QuietHours.of(given)
    return given


class BackendSettings(ObservedSettings):
    """What can be set."""

    room: ClassVar[str] = "backend"

    listen: Annotated[str, AfterValidator(check_address)] = "127.0.0.1:50051"
    """Host and port; port 0 takes a free one."""
    tls_certificate: Path | None = None
    """The backend's certificate and those between it and its authority, PEM; plain text, on loopback only,
    where there is none."""
    tls_key: Path | None = None
    """The key of that certificate, PEM."""
    tls_authority: Path | None = None
    """The certificates of the authorities whose doors are let in, PEM."""
    authority_key: Path | None = None
    """The key that signs doors' certificates, PEM; none where the county's own authority does."""
    enrol_listen: Annotated[str, AfterValidator(_address_or_none)] = ""
    """Host and port at which doors enrol; they cannot where it is empty."""
    web_listen: Annotated[str, AfterValidator(_address_or_none)] = ""
    """Host and port of the web server; none where empty."""
    web_address: str = ""
    """URL under which browsers and other servers reach the web server, such as ``https://huimin.example.gov.cn``;
    its own address where empty."""
    message_gateways: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """What sends SMS and e-mail: tables ``sms`` and ``email``, each with the name of its `gateway` and what
    that needs. Where there is none, messages go into a file of the data folder, and nobody gets them."""
    quiet_hours: Annotated[str, AfterValidator(_quiet_hours)] = "21:00-08:00"
    """When no message goes out but those that a resident waits for, by the county's clock; never if empty."""
    certificate_days: Annotated[float, Field(gt=0, le=825)] = 90.0
    """How long a door's certificate is good."""
    data: Path = Field(default_factory=data_folder)
    """Folder of the database and the attachments."""
    database: Annotated[str, AfterValidator(_database)] = ""
    """Where the database is, ``postgresql://USER@HOST/NAME``; a file in the data folder where empty."""
    keys: Path | None = None
    """Key file that seals personal data; else HUIMIN_BACKEND_KEY, a systemd credential, or ``data/key``."""
    content: Path = PACKAGED
    """Folder of the content."""
    alert_sources: dict[str, Path] = Field(default_factory=dict)
    """Who is believed to send alerts: by the `sender` of CAP messages, the file of the certificates, PEM, by
    which their signatures are checked. Without any, no alert is taken."""
    alert_geocodes: dict[str, str] = Field(default_factory=dict)
    """The county's own code, by the name of the scheme (`valueName`) in CAP messages, such as
    ``{"GB/T 2260" = "371621"}``: alerts for elsewhere do not go out. All do where there are none."""
    alert_drills: bool = False
    """Whether messages of status Exercise and Test go out, marked as drills; else they are kept only."""
    alert_hours: Annotated[float, Field(gt=0, le=168)] = 24.0
    """How long an alert is in force that does not say when it expires."""
    alert_folder: Path | None = None
    """Folder in which files of CAP messages are taken in as they appear."""
    lookups: dict[str, SourceSettings] = Field(default_factory=dict)
    """Who is asked by lookups, by the name that lookups give as their `source`."""
    payment: PaymentSettings = PaymentSettings()
    """How payments are taken; see `backend.payments.settings`."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    stop_seconds: Annotated[float, Field(ge=0, le=300)] = 10.0
    """How long calls that are under way may take when the backend is told to stop."""
