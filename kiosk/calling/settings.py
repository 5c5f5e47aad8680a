"""What a technician sets of the call to a person, in the table ``[kiosk.help_call]`` of the configuration."""

from __future__ import annotations

from enum import Enum
from ipaddress import IPv4Address
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_URI = r"^sips?:[A-Za-z0-9_.!~*'()&=+$,%-]{1,64}@[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$"
_DEVICE = r"^[a-z0-9_]{1,20},[^\s,;][^\n\r]{0,199}$"


class Transport(Enum):
    """How SIP messages travel."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"


class HelpCallSettings(BaseModel):
    """Whom the terminal calls, and how. Times are in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Annotated[str, Field(pattern=rf"{_URI}|^$")] = ""
    """Who is called, such as ``sip:12345@gateway.example``; where empty, nobody can be."""
    account: Annotated[str, Field(pattern=rf"{_URI}|^$")] = ""
    """The address of the terminal, which is registered at its host; where empty, it calls without."""
    user: Annotated[str, Field(pattern=r"^[^\s;\"<>]{0,64}$")] = ""
    """Name that goes with the password; of the account where empty."""
    password: SecretStr = SecretStr("")
    """Of the account. From HUIMIN_KIOSK_HELP_CALL__PASSWORD_FILE rather than from the configuration."""
    transport: Transport = Transport.UDP
    bind: IPv4Address = IPv4Address(0)
    """The address of this machine to call from; 0.0.0.0: the one that leads out."""
    microphone: Annotated[str, Field(pattern=_DEVICE)] = "alsa,default"
    """baresip's driver, a comma, and its device."""
    loudspeaker: Annotated[str, Field(pattern=_DEVICE)] = "alsa,default"
    reaching: Annotated[float, Field(ge=1, le=60)] = 12.0
    """Until somebody who does not even ring is out of reach."""
    ringing: Annotated[float, Field(ge=5, le=300)] = 60.0
    """Until somebody who rings does not answer."""
    longest: Annotated[float, Field(ge=60, le=7200)] = 1800.0
    """Of a call, which then ends."""

    @field_validator("password")
    @classmethod
    def _can_be_written(cls, given: SecretStr) -> SecretStr:
        if any(character in ' \t\r\n;"<>' for character in given.get_secret_value()):
            raise ValueError('baresip cannot take a password with spaces, ; " < or >')
        return given
