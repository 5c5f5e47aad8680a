"""What every device has, in the terms of XFS4IoT: capabilities, status, commands, events.

A vendor's file derives from the class of its device and writes the methods that begin with an underscore,
nothing else. The framework, this file, calls them: one at a time, on an open connection, within a time limit,
and turns whatever they raise into a DeviceError. So such a method may wait for ever, needs no lock, and may
be cancelled at any await; all it owes is to leave the device usable then.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import Any, ClassVar, Generic, TypeVar, final

from pydantic import BaseModel, ConfigDict, Field

from foundation.log import logger, trace

log = logger(__name__)

STATUS_SECONDS = 5.0
"""Longest time for asking a device how it is."""
SELF_TEST_SECONDS = 20.0
REOPEN_SECONDS = 2.0
"""Longest time for getting a lost connection back while somebody waits for a command."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds between two attempts at that; each pause is twice the one before."""
CANCEL_SECONDS = 5.0
"""Longest time for which a cancelled command may tidy up."""


class DeviceStatus(Enum):
    """State of a device (XFS4IoT Common, device status)."""

    ONLINE = "online"
    OFFLINE = "offline"
    """It is there and does not answer, or says that it cannot work."""
    POWER_OFF = "powerOff"
    NO_DEVICE = "noDevice"
    HARDWARE_ERROR = "hardwareError"
    USER_ERROR = "userError"
    """A person did something that keeps it from working, and can put it right."""
    DEVICE_BUSY = "deviceBusy"
    """A command is under way, or another program has the device."""
    FRAUD_ATTEMPT = "fraudAttempt"
    NOT_SUPPORTED = "notSupported"
    UNKNOWN = "unknown"


class CompletionCode(Enum):
    """Why a command did not succeed, whatever the class of the device (XFS4IoT completion codes)."""

    TIME_OUT = "timeOut"
    """The time limit passed."""
    CANCELED = "canceled"
    """`cancel` or `close` ended it."""
    DEVICE_NOT_READY = "deviceNotReady"
    """The device cannot work now: out of paper, cover open, not there."""
    HARDWARE_ERROR = "hardwareError"
    """The device says that it is broken."""
    USER_ERROR = "userError"
    """The person in front of it did something else than was asked."""
    SEQUENCE_ERROR = "sequenceError"
    """The command is not allowed now: the device is not open, or another command is under way."""
    FRAUD_ATTEMPT = "fraudAttempt"
    """The device found that it was tampered with."""
    UNSUPPORTED_COMMAND = "unsupportedCommand"
    """This model cannot do that."""
    UNSUPPORTED_DATA = "unsupportedData"
    """This model can do that, but not with these values."""
    INVALID_DATA = "invalidData"
    """What came, or what was asked for, makes no sense."""
    CONNECTION_LOST = "connectionLost"
    """No answer came, or the port has gone."""
    INTERNAL_ERROR = "internalError"
    """The driver has a mistake; the log says where."""


class PortProblem(Enum):
    """Why a device's port cannot be used. An error with such a code, or raised from one, means that the
    connection is gone: the framework gives it up and opens it anew for the next command."""

    ABSENT = "absent"
    """There is no such port: the device is unplugged, or the configuration names another one."""
    IN_USE = "in_use"
    """Another program has the port."""
    DENIED = "denied"
    """This user may not open the port: on Debian it has to be in the group dialout."""
    UNUSABLE = "unusable"
    """What has this name is no such port, or does not take these settings."""
    LOST = "lost"
    """The port was open and has gone: the device was unplugged or its power failed."""
    BLOCKED = "blocked"
    """The port takes no bytes."""
    SERVICE = "service"
    """The service that has the device (pcscd, upsd, CUPS) does not answer."""


_STATUS_OF_PROBLEM = {PortProblem.IN_USE: DeviceStatus.DEVICE_BUSY, PortProblem.BLOCKED: DeviceStatus.OFFLINE}


class DeviceError(Exception):
    """A command failed.

    completion: the general code; code: the code of the class (a member of the class's own enumeration,
    such as `CardError`), a PortProblem, or None; detail: for the technician, without personal data.
    """

    def __init__(self, completion: CompletionCode, code: Enum | None = None, detail: str = "") -> None:
        parts = [completion.value, str(code.value) if code else "", detail]
        super().__init__(": ".join(part for part in parts if part))
        self.completion = completion
        self.code = code
        self.detail = detail


def _connection_gone(error: BaseException | None) -> bool:
    while isinstance(error, DeviceError):
        if isinstance(error.code, PortProblem):
            return True
        error = error.__cause__
    return False


PORT_ADVICE = frozenset(f"advice.port.{problem.value}" for problem in PortProblem)
"""Names of the sentences about what keeps a port from being used."""


def advice_on(name: str, error: DeviceError) -> str:
    """Name of the sentence of the room's catalogue that says what to do about an error of a class of
    devices: `advice.port.…`, `advice.<class>.<code>`, or else `advice.completion.…`."""
    if isinstance(error.code, PortProblem):
        return f"advice.port.{error.code.value}"
    if error.code is not None:
        return f"advice.{name}.{error.code.value}"
    return f"advice.completion.{error.completion.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a device is. Each class adds its parts, whose defaults are UNKNOWN.

    advice: names of sentences that say what to do, for what no part says, such as a port that is absent.
    """

    WRONG: ClassVar[Mapping[Enum, str]] = {}
    """Values of the parts about which somebody has to do something, worst first, with their advice."""

    device: DeviceStatus = DeviceStatus.UNKNOWN
    advice: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[str, ...]:
        """Names of all sentences that say what to do; none where all is well."""
        parts = {getattr(self, part.name) for part in fields(self) if part.name not in ("device", "advice")}
        found = tuple(name for wrong, name in self.WRONG.items() if wrong in parts)
        named = tuple(dict.fromkeys(found + self.advice))
        fine = (DeviceStatus.ONLINE, DeviceStatus.DEVICE_BUSY, DeviceStatus.UNKNOWN)
        return named or (() if self.device in fine else (f"advice.state.{self.device.value}",))


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Result of a self-test. `findings` are names of sentences in the room's catalogue, worst first."""

    passed: bool
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """Which device it is. `details` are facts the device itself told, such as its serial number."""

    name: str
    driver: str
    port: str
    simulated: bool
    details: dict[str, str] = field(default_factory=dict)


class DeviceOptions(BaseModel):
    """One table of the configuration, such as ``[devices.receipt_printer]``. A driver adds its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    driver: str = ""
    """Name in the table of the device's class."""
    port: str = Field(min_length=1, max_length=4096)
    """Where the device is: what the driver understands, such as a serial port or an address."""


@dataclass(frozen=True, slots=True)
class CommandEnded:
    """An event: a command came to its end. error: None where it succeeded; counts: what it adds to the
    statistics, such as ``{"cards_read": 1}``."""

    command: str
    seconds: float
    error: DeviceError | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """An event: the device is not as it was."""

    before: Status
    now: Status


Event = CommandEnded | StatusChanged
C = TypeVar("C")
S = TypeVar("S", bound=Status)
T = TypeVar("T")


class Device(ABC, Generic[C, S]):
    """A device, with the Capabilities and the Status of its class. It has one owner.

    Commands are coroutines and exclusive: a second one waits for its turn within its own time limit, and is a
    SEQUENCE_ERROR where that passes. Cancelling the caller's task ends a command as `cancel` does. Commands
    of a device that was not opened are SEQUENCE_ERROR; a connection that was lost is opened again by the next
    command.
    """

    name: ClassVar[str]
    """Of the class, as in the configuration: ``receipt_printer``."""
    driver: ClassVar[str]
    """Of the model, as in the table of the class: ``escpos``."""
    shared: ClassVar[bool] = False
    """Whether the port takes several programs, as a print server does."""
    Options: ClassVar[type[DeviceOptions]] = DeviceOptions
    """What can be configured of this driver."""
    codes: ClassVar[tuple[Enum, ...]] = ()
    """Of the class: what a DeviceError may have as its code, besides a PortProblem."""
    unused: ClassVar[tuple[Enum, ...]] = ()
    """Of these codes, those with which a command ends although nothing failed: nobody came, or whoever came
    changed their mind."""
    status_type: type[S]
    """Of the class."""

    def __init__(self, options: DeviceOptions) -> None:
        self._options = options
        self._details: dict[str, str] = {}
        self.__wanted = False
        self.__connected = False
        self.__turn = asyncio.Lock()
        self.__under_way: set[asyncio.Task[Any]] = set()
        self.__asking: asyncio.Task[S] | None = None
        self.__limit = asyncio.timeout(None)
        self.__abilities: C | None = None
        self.__last: S = self.status_type()
        self.__subscribers: list[Callable[[Event], None]] = []

    # What a vendor's file writes.

    @abstractmethod
    async def _open(self) -> None:
        """Takes the port for itself. DeviceError with a PortProblem where that fails. Called again whenever
        the connection was lost."""

    @abstractmethod
    async def _close(self) -> None:
        """Gives the port back, in whatever state it is."""

    @abstractmethod
    async def _ask_capabilities(self) -> C:
        """What this model can do."""

    @abstractmethod
    async def _ask_status(self) -> S:
        """Asks the device how it is. DeviceError where it does not answer."""

    async def _self_test(self) -> tuple[str, ...]:
        """The device's internal test, beyond its status: names of sentences that say what to do, none where
        it passed. Puts what the device says of itself into `self._details`."""
        return ()

    @property
    def _simulated(self) -> bool:
        """Whether the other end is a program."""
        return False

    # What it may use.

    def _grant(self, seconds: float) -> None:
        """Gives the command under way at least so much more time: the card has come at the last moment, and
        is read to its end."""
        when = self.__limit.when()
        if when is not None:
            self.__limit.reschedule(max(when, asyncio.get_running_loop().time() + seconds))

    @property
    def _time_left(self) -> float:
        """Seconds until the time limit of the command under way."""
        when = self.__limit.when()
        return max(0.0, when - asyncio.get_running_loop().time()) if when is not None else STATUS_SECONDS

    def _notice(self, status: S) -> None:
        """Takes note of a status that the device told unasked, or during a command."""
        before, self.__last = self.__last, status
        if status != before:
            self.__tell(StatusChanged(before, status))

    # What everybody else uses.

    @property
    def info(self) -> DeviceInfo:
        """Which device it is; `details` fill as it tells them."""
        return DeviceInfo(self.name, self.driver, self._options.port, self._simulated, dict(self._details))

    @property
    @final
    def last_status(self) -> S:
        """How it was when it was asked last."""
        return self.__last

    @property
    @final
    def opened(self) -> bool:
        """Whether its owner has opened it and not closed it again, whatever became of the port meanwhile."""
        return self.__wanted

    @property
    @final
    def busy(self) -> bool:
        """Whether a command is under way."""
        return bool(self.__under_way)

    @final
    def subscribe(self, told: Callable[[Event], None]) -> Callable[[], None]:
        """Tells of every event from now on, until what it gives is called."""
        self.__subscribers.append(told)

        def end() -> None:
            with suppress(ValueError):
                self.__subscribers.remove(told)

        return end

    @final
    async def open(self) -> None:
        """Takes the port for itself; may be repeated. DeviceError(DEVICE_NOT_READY) with a PortProblem where
        it is absent or in use; from then on every command tries again, until `close`."""
        self.__wanted = True
        async with self.__turn:
            try:
                await self.__connect()
            except DeviceError as error:
                self._notice(self.__unreachable(error))
                raise

    @final
    async def close(self) -> None:
        """Ends what is under way and gives the port back. Never raises; may be repeated."""
        self.__wanted = False
        if self.__asking is not None:
            self.__asking.cancel()
        await self.cancel()
        async with self.__turn:
            await self.__disconnect()

    @final
    async def cancel(self) -> None:
        """Ends every command that is under way or waits for its turn: whoever waits for it gets
        DeviceError(CANCELED). Returns once it has ended. Never raises; may be repeated."""
        tasks = tuple(self.__under_way)
        for task in tasks:
            task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=CANCEL_SECONDS)
            if late:
                log.error("command_does_not_end", device=self.name, driver=self.driver)

    @final
    async def capabilities(self) -> C:
        """What it can do. DeviceError where it has to be asked and does not answer."""
        if self.__abilities is None:
            self.__abilities = await self._command(
                "capabilities", self._ask_capabilities, timeout=STATUS_SECONDS
            )
        return self.__abilities

    @final
    async def status(self) -> S:
        """Asks the device, or says DEVICE_BUSY at once while a command is under way. Never raises: what
        cannot be asked is NO_DEVICE, OFFLINE or DEVICE_BUSY, and its advice says why."""
        if self.__under_way:
            return replace(self.__last, device=DeviceStatus.DEVICE_BUSY)
        if self.__asking is None or self.__asking.done():
            self.__asking = asyncio.create_task(self.__ask())
        try:
            return await asyncio.shield(self.__asking)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if caller and caller.cancelling():
                raise
            return self.status_type(device=DeviceStatus.OFFLINE)  # it was closed meanwhile

    @final
    async def self_test(self) -> SelfTest:
        """The device's internal test (UnifiedPOS CheckHealth, internal). Never raises."""

        async def test() -> SelfTest:
            status = await self._ask_status()
            self._notice(status)
            more = await self._self_test()
            passed = status.device is DeviceStatus.ONLINE and not more
            return SelfTest(passed, tuple(dict.fromkeys(status.findings + more)))

        try:
            return await self._command("self_test", test, timeout=SELF_TEST_SECONDS)
        except DeviceError as error:
            if error.completion not in (CompletionCode.CANCELED, CompletionCode.SEQUENCE_ERROR):
                self._notice(self.__unreachable(error))
            return SelfTest(False, (advice_on(self.name, error),))

    # What the classes of devices use.

    async def _command(
        self,
        command: str,
        work: Callable[[], Awaitable[T]],
        *,
        timeout: float,
        late: Enum | None = None,
        counts: Callable[[T], Mapping[str, int]] = lambda _: {},
    ) -> T:
        """Runs a command to its end.

        timeout: seconds, from the call; late: the code of the class where it passes; counts: what a success
        adds to the statistics. Raises DeviceError.
        """
        began = time.monotonic()
        task = asyncio.create_task(self.__in_turn(work, timeout, late))
        self.__under_way.add(task)
        error: DeviceError | None = None
        result: T | None = None
        try:
            result = await task
            return result
        except DeviceError as failed:
            error = failed
            raise
        except asyncio.CancelledError:
            error = DeviceError(CompletionCode.CANCELED)
            caller = asyncio.current_task()
            if caller and caller.cancelling():
                raise
            raise error from None
        finally:
            self.__under_way.discard(task)
            counted = {} if error else counts(result)  # type: ignore[arg-type]
            self.__tell(CommandEnded(command, time.monotonic() - began, error, counted))

    async def __in_turn(
        self,
        work: Callable[[], Awaitable[T]],
        timeout: float,
        late: Enum | None = None,
        *,
        reopen: float | None = None,
    ) -> T:
        """Waits for the turn, then for up to `reopen` or else REOPEN_SECONDS for a connection that was lost;
        then works. Raises nothing but DeviceError."""
        if not self.__wanted:
            raise DeviceError(CompletionCode.SEQUENCE_ERROR, detail=f"{self.name} is not open")
        deadline = asyncio.get_running_loop().time() + timeout
        try:
            async with asyncio.timeout_at(deadline):
                await self.__turn.acquire()
        except TimeoutError:
            raise DeviceError(CompletionCode.SEQUENCE_ERROR, detail="another command is under way") from None
        limit = asyncio.timeout_at(deadline)
        try:
            async with limit:
                self.__limit = limit
                await self.__reconnect(REOPEN_SECONDS if reopen is None else reopen)
                return await work()
        except DeviceError as error:
            if _connection_gone(error):
                await self.__disconnect()
            raise
        except Exception as error:
            if isinstance(error, TimeoutError) and limit.expired():
                raise DeviceError(CompletionCode.TIME_OUT, late) from None
            raise self.__mistake(error) from None
        finally:
            self.__limit = asyncio.timeout(None)  # the other keeps its task, and so what was read from a card
            self.__turn.release()

    async def __ask(self) -> S:
        try:
            status = await self.__in_turn(self._ask_status, STATUS_SECONDS, reopen=0.0)
        except DeviceError as error:
            status = self.__unreachable(error)
        self._notice(status)
        return status

    # The connection.

    async def __connect(self) -> None:
        """Opens it. Raises DeviceError."""
        if self.__connected or not self.__wanted:
            return
        try:
            await self._open()
        except BaseException as error:
            await self.__disconnect()
            if isinstance(error, DeviceError) or not isinstance(error, Exception):
                raise
            raise self.__mistake(error) from None
        self.__connected = True
        self.__abilities = None

    async def __reconnect(self, within: float) -> None:
        """Gets a lost connection back: at once, then with growing pauses, but not past the time limit."""
        deadline = time.monotonic() + min(within, self._time_left)
        pause = FIRST_PAUSE
        while not self.__connected:
            try:
                await self.__connect()
            except DeviceError as error:
                if time.monotonic() + pause > deadline:
                    raise DeviceError(CompletionCode.CONNECTION_LOST, error.code, error.detail) from None
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def __disconnect(self) -> None:
        """Closes it, whatever state it is in."""
        self.__connected = False
        try:
            await self._close()
        except Exception as error:
            self.__mistake(error)

    def __unreachable(self, error: DeviceError) -> S:
        """The status of a device that could not be asked."""
        device = DeviceStatus.OFFLINE
        if isinstance(error.code, PortProblem):
            device = _STATUS_OF_PROBLEM.get(error.code, DeviceStatus.NO_DEVICE)
        elif error.completion in (CompletionCode.HARDWARE_ERROR, CompletionCode.FRAUD_ATTEMPT):
            device = DeviceStatus(error.completion.value)
        advice = () if error.completion is CompletionCode.SEQUENCE_ERROR else (advice_on(self.name, error),)
        return self.status_type(device=device, advice=advice)

    def __mistake(self, error: Exception) -> DeviceError:
        """What a driver should not have raised. Where, and of which kind; its text may hold anything."""
        at = error.__traceback__
        while at is not None and at.tb_next is not None:
            at = at.tb_next
        place = f"{at.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{at.tb_lineno}" if at else ""
        log.error("driver_failed", device=self.name, driver=self.driver, kind=type(error).__name__, at=place)
        return DeviceError(CompletionCode.INTERNAL_ERROR, detail=f"{type(error).__name__} at {place}")

    def __tell(self, event: Event) -> None:
        for told in tuple(self.__subscribers):
            try:
                told(event)
            except Exception as error:
                log.error(
                    "subscriber_failed", device=self.name, told=type(event).__name__, trace=trace(error)
                )


AnyDevice = Device[Any, Any]
