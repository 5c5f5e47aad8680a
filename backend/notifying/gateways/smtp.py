"""E-mail over SMTP (RFC 5321), with TLS.

A message is sent again with the same ``Message-ID``. Servers do not look at it, mail programs that do show it
once: SMTP itself cannot do better than "at least once" (RFC 5321, 4.5.4.2 and 6.1).
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Annotated, Literal

import aiosmtplib
from pydantic import Field

from backend.notifying.gateways.configuration import GatewayTable, on_this_machine, read_table, secret_of
from backend.notifying.outgoing import GatewayWrong, NotSent, Outgoing
from backend.storage.messages import Channel

_LATER = 500
"""From this reply on a server refuses for good (RFC 5321, 4.2.1)."""


class _Table(GatewayTable):
    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)] = 465
    tls: Literal["tls", "starttls", "none"] = "tls"
    authority: Path | None = None
    """Certificates that vouch for the server, PEM; those of the system where none are given."""
    sender: Annotated[str, Field(pattern=r"^[^@\s<>]{1,64}@[A-Za-z0-9.-]{1,253}$")]
    sender_name: Annotated[str, Field(max_length=60)] = ""
    user: Annotated[str, Field(max_length=200)] = ""
    password_file: Path | None = None
    timeout_seconds: Annotated[float, Field(ge=1, le=60)] = 20.0


class SmtpGateway:
    """One mail server. Each message has a connection of its own: there are few, none is left half-open."""

    simulated = False

    def __init__(self, channel: Channel, table: Mapping[str, object], data: Path) -> None:
        if channel is not Channel.EMAIL:
            raise GatewayWrong("smtp sends e-mail only")
        self._table = read_table(_Table, table)

    def check_config(self) -> None:
        """What it is to read is there, and nothing goes over a network in plain. Raises GatewayWrong."""
        if self._table.tls == "none" and not on_this_machine(self._table.host):
            raise GatewayWrong("tls: has to be tls or starttls, because it carries addresses")
        if bool(self._table.user) != bool(self._table.password_file):
            raise GatewayWrong("user and password_file go together")
        if self._table.password_file:
            secret_of(self._table.password_file)
        self._tls()

    async def send(self, message: Outgoing) -> None:
        """See `Gateway`."""
        table = self._table
        try:
            password = secret_of(table.password_file).get_secret_value() if table.password_file else None
            tls = self._tls()
        except GatewayWrong:
            raise NotSent("CONFIGURATION") from None
        try:
            await aiosmtplib.send(
                self._written(message),
                hostname=table.host,
                port=table.port,
                use_tls=table.tls == "tls",
                start_tls=table.tls == "starttls",
                tls_context=tls,
                username=table.user or None,
                password=password,
                timeout=table.timeout_seconds,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            code = max(one.code for one in refused.recipients)
            raise NotSent(f"SMTP_{code}", final=code >= _LATER) from None
        except aiosmtplib.SMTPAuthenticationError as refused:  # an operator can mend that
            raise NotSent(f"LOGIN_{refused.code}") from None
        except aiosmtplib.SMTPResponseException as refused:
            raise NotSent(f"SMTP_{refused.code}", final=refused.code >= _LATER) from None
        except aiosmtplib.SMTPTimeoutError:
            raise NotSent("TIMEOUT") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotSent(f"UNREACHABLE_{type(error).__name__}") from None

    async def close(self) -> None:
        """There is nothing to end."""

    def _tls(self) -> ssl.SSLContext | None:
        if self._table.tls == "none":
            return None
        try:
            return ssl.create_default_context(cafile=self._table.authority)
        except (OSError, ssl.SSLError) as error:
            raise GatewayWrong(f"authority: {self._table.authority}: {error}") from None

    def _written(self, message: Outgoing) -> EmailMessage:
        table, mail = self._table, EmailMessage(policy=SMTP)
        mail["From"] = Address(table.sender_name, addr_spec=table.sender)
        mail["To"] = message.recipient
        mail["Subject"] = message.subject
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = f"<{message.name}@{table.sender.partition('@')[2]}>"
        mail["Content-Language"] = message.language.replace("_", "-")
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday note answers it
        mail.set_content(message.text)
        return mail
