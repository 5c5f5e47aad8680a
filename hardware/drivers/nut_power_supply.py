"""Power supplies that NUT (Network UPS Tools) looks after; its server upsd tells how they are."""

from __future__ import annotations

import asyncio
import re
from enum import Enum
from typing import ClassVar, NamedTuple

from aionut import AIONUTClient, NUTCommandError, NUTError, NUTLoginError, NUTValueError
from pydantic import field_validator

from hardware.interfaces.device import CompletionCode, DeviceError, DeviceOptions, PortProblem
from hardware.interfaces.power_supply import PowerSupply, PowerSupplyCapabilities, PowerSupplyStatus
from hardware.protocols import nut_variables

ANSWER_SECONDS = 2.0
"""Longest wait for an answer of upsd, which answers from memory."""
USUAL_PORT = 3493
"""Of upsd (IANA: nut)."""
ADDRESS = re.compile(r"([A-Za-z0-9._-]{1,63})(?:@([A-Za-z0-9.-]{1,253})(?::([0-9]{1,5}))?)?")
SIMULATED = "dummy-ups"
"""NUT's own driver for supplies that do not exist."""


class NutProblem(Enum):
    """Why upsd does not tell how the supply is."""

    UNKNOWN_SUPPLY = "unknownSupply"
    """There is no supply of that name."""
    DATA_STALE = "dataStale"
    """NUT's driver has heard nothing of the supply for a while: it is unplugged, or the driver hangs."""
    NOT_CONNECTED = "notConnected"
    """NUT's driver does not run."""
    REFUSED = "refused"
    """upsd does not tell it to this machine."""


_PROBLEMS = {
    "UNKNOWN-UPS": NutProblem.UNKNOWN_SUPPLY,
    "DATA-STALE": NutProblem.DATA_STALE,
    "DRIVER-NOT-CONNECTED": NutProblem.NOT_CONNECTED,
}


class Address(NamedTuple):
    """Where a supply is told of."""

    supply: str
    host: str
    port: int


def address(text: str) -> Address:
    """Reads NUT's own way of naming a supply, ``NAME[@HOST[:PORT]]``. ValueError otherwise."""
    found = ADDRESS.fullmatch(text)
    port = int(found[3] or USUAL_PORT) if found else 0
    if not found or not 0 < port <= 0xFFFF:
        raise ValueError(f"{text!r} names no supply: write NAME@HOST, such as ups@localhost")
    return Address(found[1], found[2] or "localhost", port)


class NutOptions(DeviceOptions):
    """port: the supply's name in NUT, such as ``ups@localhost``, or ``ups@localhost:3493``."""

    @field_validator("port")
    @classmethod
    def _supply(cls, port: str) -> str:
        address(port)
        return port


class _Client(AIONUTClient):
    """Reads lists in any coding. For aionut one byte that is not ASCII, in a maker's name or a serial number,
    would be no answer at all."""

    async def _read_util(self, data: str) -> str:
        assert self._reader is not None
        async with asyncio.timeout(self.timeout):
            answer = await self._reader.readuntil(data.encode("ascii"))
        return answer.decode("utf-8", "replace")


class NutPowerSupply(PowerSupply):
    """Asks upsd for all variables of the supply. It switches nothing: shutting down is NUT's own affair."""

    driver = "nut"
    shared = True
    Options: ClassVar[type[DeviceOptions]] = NutOptions

    def __init__(self, options: NutOptions) -> None:
        super().__init__(options)
        self._address = address(options.port)
        self._client: _Client | None = None
        self._dummy = False

    @property
    def _simulated(self) -> bool:
        return self._dummy

    async def _open(self) -> None:
        self._client = _Client(self._address.host, self._address.port, timeout=ANSWER_SECONDS)
        try:
            await self._ask()
        except DeviceError as error:
            if isinstance(error.code, NutProblem):
                return  # upsd is there; what it does not know of the supply is the status's affair
            await self._close()
            raise

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.shutdown()

    async def _ask_capabilities(self) -> PowerSupplyCapabilities:
        told = await self._ask()
        return PowerSupplyCapabilities(
            nut_variables.model(told), "battery.charge" in told, "battery.runtime" in told
        )

    async def _ask_status(self) -> PowerSupplyStatus:
        return nut_variables.status(await self._ask())

    async def _ask(self) -> dict[str, str]:
        """All variables of the supply. DeviceError where upsd does not tell them."""
        client = self._client
        assert client is not None
        try:
            told = await client.list_vars(self._address.supply)
            if not told.get("ups.status", "").isascii():
                raise NUTValueError  # words that came to harm are not passed over as unknown ones are
        except NUTCommandError as error:
            problem = next((found for word, found in _PROBLEMS.items() if word in str(error)), None)
            raise DeviceError(CompletionCode.DEVICE_NOT_READY, problem or NutProblem.REFUSED) from None
        except NUTLoginError:
            raise DeviceError(CompletionCode.DEVICE_NOT_READY, NutProblem.REFUSED) from None
        except asyncio.CancelledError:
            client.disconnect()  # the rest of the answer would be taken for the next one's
            raise
        except (NUTError, EOFError, asyncio.LimitOverrunError, IndexError) as error:
            client.disconnect()
            raise DeviceError(
                CompletionCode.CONNECTION_LOST, PortProblem.SERVICE, type(error).__name__
            ) from None
        self._dummy = told.get("driver.name") == SIMULATED
        self._details = {"model": named} if (named := nut_variables.model(told)) else {}
        return told
