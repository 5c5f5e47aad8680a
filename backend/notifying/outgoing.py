"""What a message gateway is given, and what it says. A plug-in needs nothing else of the backend.

A plug-in is a class of the entry-point group ``huimin.message_gateways``. Its name is what `gateway` says in
the table of its channel in the configuration; the other entries of the table are its own. Three come with the
backend: ``file``, ``http``, ``smtp``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from backend.storage.messages import Channel


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be sent. Its repr shows neither recipient nor text.

    name: a UUID, the same whenever the same message is sent again; recipient: a mobile number in 11 digits,
    or an address; subject: of an e-mail, empty for SMS; language: ``zh_CN`` or ``en``.
    """

    name: str
    channel: Channel
    recipient: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    language: str


class NotSent(Exception):
    """The gateway did not take a message. `problem` is a code for the operator, without personal data.

    final: it never will, so it is not tried again; after: seconds that it asks to wait, 0 where it does not.
    """

    def __init__(self, problem: str, *, final: bool = False, after: float = 0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.final = final
        self.after = after


class GatewayWrong(Exception):
    """A gateway cannot work with its configuration; the message says why, for the operator."""


class Gateway(Protocol):
    """One way out.

    simulated: nobody gets what is sent.
    """

    simulated: bool

    def check_config(self) -> None:
        """Looks whether it can work with its configuration, without sending. Raises GatewayWrong."""
        ...

    async def send(self, message: Outgoing) -> None:
        """Sends a message; it has been taken over when this returns. Raises NotSent."""
        ...

    async def close(self) -> None:
        """Ends its connections."""
        ...


class GatewayPlugin(Protocol):
    """Makes a gateway."""

    def __call__(self, channel: Channel, table: Mapping[str, object], data: Path) -> Gateway:
        """The gateway of a channel. table: its configuration; data: the backend's folder.

        Raises GatewayWrong.
        """
        ...
