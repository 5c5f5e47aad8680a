"""What a technician sets about the carrier: ``[ivr.trunk]``, ``[ivr.registration]``, ``[ivr.tls]``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from foundation.private_file import open_to_others
from ivr.sip.address import listen_address, over_tls, public_address, sip_address
from ivr.sip.carrier.networks import Network, network

LONGEST_PASSWORD = 256
MOST_ALLOWED, MOST_SOUND = 100, 16
"""Networks; a filter has room for all of them, and for a carrier's own."""


def _network(given: object) -> object:
    return network(given) if isinstance(given, str) else given


def _sip_address(given: str) -> str:
    return sip_address(given) if given else ""


def _listening(given: str) -> str:
    listen_address(given)
    return given


def _public_address(given: str) -> str:
    return public_address(given) if given else ""


class Srtp(StrEnum):
    """Encryption of the sound (RFC 3711), with keys from the SDP (RFC 4568)."""

    OFF = "off"
    """A call that offers only encrypted sound is refused (488)."""
    OFFERED = "offered"
    """A caller who offers it gets it."""
    REQUIRED = "required"
    """A call without it is refused (488), and so is one that did not come over TLS: its keys were open."""


class Trunk(BaseModel):
    """The carrier's side of the line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow: tuple[Annotated[Network, BeforeValidator(_network)], ...] = Field(
        default=(), max_length=MOST_ALLOWED
    )
    """Networks that may call. Empty: this machine only, and the registrar where there is one."""
    sound: tuple[Annotated[Network, BeforeValidator(_network)], ...] = Field(
        default=(), max_length=MOST_SOUND
    )
    """Further networks that the sound of calls may come from. It may always come from those that may call,
    and from where a call's SDP says; a caller behind address translation may send it from elsewhere."""
    public_address: Annotated[str, AfterValidator(_public_address)] = ""
    """Our IPv4 address as the carrier sees it, where there is address translation in between."""
    srtp: Srtp = Srtp.OFF
    session_expires: int = Field(default=600, ge=90, le=7200)
    """Seconds of a session timer (RFC 4028; 90 is its lowest): the other side is asked at half of it whether
    the call still lives, and a call that does not answer is ended. A phone may ask for less."""
    silent_network: float = Field(default=60.0, ge=5, le=3600)
    """Seconds without one packet from the caller's network after which a call is ended, unless on hold."""


class Registration(BaseModel):
    """The line's account at a carrier (RFC 3261 clause 10). None where `registrar` is empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    registrar: Annotated[str, AfterValidator(_sip_address)] = ""
    """Such as ``sip:sip.carrier.example`` or ``sip:192.0.2.7:5061;transport=tls``."""
    proxy: Annotated[str, AfterValidator(_sip_address)] = ""
    """Where everything is sent first, if the carrier names such an outbound proxy."""
    user: str = Field(default="", pattern=r"^[A-Za-z0-9+*#&=$,;?/_.!~'()-]{0,64}$")
    """The number or name of the account."""
    auth_user: str = Field(default="", max_length=128, pattern=r'^[^"\x00-\x1f]*$')
    """Where the carrier gave another name for signing in; else it is `user`."""
    password: SecretStr = Field(default=SecretStr(""), max_length=LONGEST_PASSWORD)
    """Better: `password_file`, or the environment."""
    password_file: Path | None = None
    expires: int = Field(default=300, ge=60, le=86_400)
    """Seconds for which the carrier is to know us; renewed before."""
    retry: int = Field(default=30, ge=1, le=3600)
    """Seconds until the next try after one that failed."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.registrar:
            if self.user or self.proxy or self.password.get_secret_value() or self.password_file:
                raise ValueError("an account without a registrar; write registrar = 'sip:HOST'")
            return self
        if not self.user:
            raise ValueError("a registrar without an account; write user = the number the carrier gave you")
        if not self.password.get_secret_value() and self.password_file is None:
            raise ValueError(
                "a registrar without a password; put it into a file and write password_file = its path, "
                "or set HUIMIN_IVR_REGISTRATION__PASSWORD"
            )
        if self.password.get_secret_value() and self.password_file is not None:
            raise ValueError("password and password_file; leave one of them out")
        return self

    @property
    def over_tls(self) -> bool:
        """Whether the carrier is reached over TLS."""
        return any(over_tls(address) for address in (self.registrar, self.proxy) if address)

    def secret(self) -> str:
        """The password. Raises ValueError where the file cannot be used."""
        if self.password_file is None:
            return self.password.get_secret_value()
        try:
            if open_to_others(self.password_file):
                raise ValueError(
                    f"ivr.registration.password_file: {self.password_file}: others may read it; "
                    "run chmod 600 on it"
                )
            with self.password_file.open(encoding="utf-8") as file:
                found = file.read(LONGEST_PASSWORD + 2).rstrip("\r\n")
        except OSError as error:
            raise ValueError(
                f"ivr.registration.password_file: {self.password_file}: {error.strerror}"
            ) from None
        except UnicodeDecodeError:
            raise ValueError(f"ivr.registration.password_file: {self.password_file}: not UTF-8") from None
        if not found or len(found) > LONGEST_PASSWORD or "\n" in found:
            raise ValueError(
                f"ivr.registration.password_file: {self.password_file}: holds no password; "
                f"write one line of at most {LONGEST_PASSWORD} characters"
            )
        return found


class Tls(BaseModel):
    """Encrypted signalling (RFC 3261 clause 26.2). None where `listen` is empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    listen: Annotated[str, AfterValidator(lambda given: _listening(given) if given else "")] = ""
    """Address and port, such as 192.0.2.1:5061."""
    certificate: Path | None = None
    """PEM: the line's certificate, then those between it and its authority."""
    key: Path | None = None
    """PEM: its private key, without a passphrase, readable by the line's user only."""
    authorities: Path | None = None
    """PEM: the authorities whose certificates the other side may show; none: nobody's is asked for. A carrier
    at which the line registers over TLS must show one."""
    require_certificate: bool = False
    """Callers must show a certificate of one of them."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.listen:
            if self.certificate or self.key or self.authorities or self.require_certificate:
                raise ValueError("a certificate without an address; write listen = 'HOST:5061'")
        elif self.certificate is None or self.key is None:
            raise ValueError("TLS needs a certificate and its key; write certificate and key = their files")
        if self.require_certificate and self.authorities is None:
            raise ValueError("require_certificate needs authorities: the file of who may have issued it")
        return self
