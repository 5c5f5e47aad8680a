"""What a technician sets on the phone line, in the table ``[ivr]`` of the configuration."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from backend_client.door import DoorSettings
from backend_client.target import check_target
from foundation.address import is_loopback_host
from ivr.sip.address import listen_address, sip_address
from ivr.sip.carrier.admission import Limits
from ivr.sip.carrier.trunk import Registration, Srtp, Tls, Trunk
from speech.voices import Voices

MOST_WORKERS = 64
"""More than a machine has processors for."""
LAST_PORT = 65_535

Seconds = Annotated[float, Field(gt=0, le=3600)]
RecordedSeconds = Annotated[float, Field(ge=1, le=1000)]
"""1000 s are 16 MB, the largest file that may come with a submission."""


def _listening(given: str) -> str:
    listen_address(given)
    return given


def _person(given: str) -> str:
    return sip_address(given) if given else ""


class CallerKept(StrEnum):
    """What a call record keeps of the caller's number."""

    WHOLE = "whole"
    """As the network gave it, so that the caller can be found after a fault."""
    SHORTENED = "shortened"
    """The last four digits."""
    HASHED = "hashed"
    """A hash with a key of the line's: the same caller is known again, the number is not to be had."""


class Timing(BaseModel):
    """How long the line waits, in seconds. ISO/IEC 13714 gives 3 to 10 s to answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first_key: Seconds = 6.0
    """For the first key after a prompt."""
    between_keys: Seconds = 4.0
    """For the next key of an entry."""
    reading_pause: Seconds = 2.5
    """After a part of a text, before the next follows by itself."""
    please_wait: Seconds = 1.5
    """For the backend, before the caller is asked to wait."""
    guessing: Seconds = 1.0
    """Before the try after the second wrong secret of a reference; twice as long before each further one, up
    to 16 times."""
    wait_again: Seconds = 8.0
    """Between two requests to wait."""
    recording: RecordedSeconds = 120.0
    """Longest spoken answer or message, before the caller may go on."""
    recording_all: RecordedSeconds = 600.0
    """Longest with all that was said on."""
    recording_silence: Seconds = 5.0
    """Silence that ends a recording."""
    call: Seconds = 1800.0
    """Longest call, unless the caller asks for more."""
    warning: Seconds = 90.0
    """Before that, when the caller is asked whether more time is wanted."""
    closing: Seconds = 30.0
    """For calls under way once the line is told to end; then they hear that it ends."""


def queue_of(number: int, first: Path) -> Path:
    """A worker's file or folder, which stands beside the first one's: ``queue``, ``queue-2``, and so on."""
    return first if number == 1 else first.with_name(f"{first.stem}-{number}{first.suffix}")


class IvrSettings(DoorSettings):
    """Settings of the phone line."""

    room: ClassVar[str] = "ivr"

    backend: Annotated[str, AfterValidator(check_target)] = "127.0.0.1:50051"
    credentials: Path | None = None
    """Folder of the key and certificate that `enrol` put there; none for a backend on this machine."""
    sip: Annotated[str, AfterValidator(_listening)] = "127.0.0.1:5060"
    """Address and port at which calls arrive."""
    line: str = Field(default="phone-1", pattern=r"^[A-Za-z0-9._-]{1,63}$")
    """Name of this line, sent with each form."""
    person: Annotated[str, AfterValidator(_person)] = ""
    """SIP address of the people who answer; where empty, callers leave a message."""
    records: Path | None = None
    """File of the call records; DATA/calls.jsonl where not given."""
    records_days: int = Field(default=180, ge=1, le=3650)
    """Days for which call records are kept after that of the call."""
    records_caller: CallerKept = CallerKept.WHOLE
    """What they keep of callers' numbers."""
    max_calls: int = Field(default=800, ge=1, le=2000)
    """Calls at the same time, of each worker; further callers are refused."""
    workers: int = Field(default=1, ge=1, le=MOST_WORKERS)
    """Processes that answer calls, each on a port of its own; see docs/phone-at-scale.md."""
    worker: int = Field(default=1, ge=1, le=MOST_WORKERS, repr=False)
    """Which of them this process is; set by the one that minds them."""
    rtp_port: int = Field(default=16384, ge=1024, le=65000, multiple_of=2)
    """First port for sound; each worker takes the ports after those of the worker before it."""
    recordings: Path | None = None
    """Folder of recordings that replace spoken prompts."""
    voices: Voices = Voices()
    """Who says what is not recorded, in each language."""
    time_zone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    """The county's local time."""
    timing: Timing = Timing()
    trunk: Trunk = Trunk()
    """The carrier: who may call, what is encrypted, when a call is dead."""
    registration: Registration = Registration()
    """The line's account at a carrier, where it has one."""
    tls: Tls = Tls()
    """Encrypted signalling."""
    limits: Limits = Limits()
    """Calls that are let in, of each worker."""

    @model_validator(mode="after")
    def _trusted(self) -> Self:
        hosts = [listen_address(given)[0] for given in (self.sip, self.tls.listen) if given]
        if not self.trunk.allow and not self.registration.registrar:
            for host in hosts:
                if not is_loopback_host(host):
                    raise ValueError(
                        f"calls arrive at {host}, but nobody may call; write the carrier's networks into "
                        "ivr.trunk.allow, such as allow = ['192.0.2.0/24']"
                    )
        if self.trunk.srtp is Srtp.REQUIRED and not self.tls.listen:
            raise ValueError(
                "trunk.srtp = 'required' needs TLS, which keeps the sound's keys; write ivr.tls.listen, "
                "certificate and key"
            )
        if self.registration.over_tls and not (self.tls.listen and self.tls.authorities):
            raise ValueError(
                "registration over TLS needs ivr.tls: listen, certificate, key, and authorities, by which it "
                "is checked that the registrar is the carrier's"
            )
        if self.registration.registrar and self.workers > 1:
            raise ValueError(
                "a carrier sends calls to one address: with several workers that of the proxy in front of "
                "them (deploy/kamailio), which it has to know as a trunk by address; leave registration out"
            )
        return self

    @model_validator(mode="after")
    def _ports_for_all(self) -> Self:
        end = self.rtp_port + self.workers * self.rtp_count
        if end > LAST_PORT:
            raise ValueError(
                f"{self.workers} workers with {self.max_calls} calls each need ports for sound up to {end}; "
                f"there are {LAST_PORT}: fewer workers, fewer max_calls, or a lower rtp_port"
            )
        return self

    @model_validator(mode="after")
    def _tls_ports_apart(self) -> Self:
        if not self.tls.listen or self.worker > 1:  # a further one is given its own port of SIP
            return self
        (sip_host, sip), (tls_host, tls) = listen_address(self.sip), listen_address(self.tls.listen)
        if tls + self.workers - 1 > LAST_PORT:
            raise ValueError(
                f"tls.listen: there are no {self.workers} ports from {tls} on; choose a lower one"
            )
        if sip_host == tls_host and sip and tls and abs(sip - tls) < self.workers:
            raise ValueError(
                f"sip and tls.listen: {self.workers} workers take the ports from {sip} on and from {tls} on; "
                f"choose {sip + 100} for tls.listen"
            )
        return self

    @property
    def rtp_count(self) -> int:
        """Ports for sound of each worker: two a call, and half as many again for calls that end and begin."""
        return max(400, 3 * self.max_calls + self.max_calls % 2)

    @property
    def rtp_first(self) -> int:
        """This worker's first port for sound."""
        return self.rtp_port + (self.worker - 1) * self.rtp_count

    @property
    def worker_tls(self) -> Tls:
        """This worker's: the first one's port, or one of those after it."""
        if not self.tls.listen or self.worker == 1:
            return self.tls
        host, port = listen_address(self.tls.listen)
        return self.tls.model_copy(update={"listen": f"{host}:{port and port + self.worker - 1}"})

    @property
    def queue_folder(self) -> Path:
        """Where this worker keeps what waits for the backend; the first one where a line alone does."""
        return queue_of(self.worker, super().queue_folder)

    @property
    def queue_folders(self) -> list[Path]:
        """The folders of all workers that there are or were, the first one's first."""
        first = queue_of(1, super().queue_folder)
        others = (queue_of(number, first) for number in range(2, MOST_WORKERS + 1))
        return [first, *(folder for folder in others if folder.is_dir())]

    @property
    def answers_file(self) -> Path:
        """Where this worker keeps answers of the backend for the time when it is away."""
        return queue_of(self.worker, super().answers_file)

    @property
    def control_socket(self) -> Path:
        """Where operators' commands reach the running line."""
        return self.data / "ivr" / "control.sock"

    @property
    def records_file(self) -> Path:
        """Where call records go."""
        return self.records or self.data / "calls.jsonl"

    @property
    def under_way_file(self) -> Path:
        """Where this worker's calls stand while they are under way."""
        return queue_of(self.worker, self.data / "ivr" / "under-way.jsonl")

    @property
    def under_way_left(self) -> list[Path]:
        """The same of the workers beyond the number there are now."""
        first = self.data / "ivr" / "under-way.jsonl"
        others = (queue_of(number, first) for number in range(self.workers + 1, MOST_WORKERS + 1))
        return [file for file in others if file.exists()]

    @property
    def messages_folder(self) -> Path:
        """Where an earlier release kept messages for a person: see `ivr.old_messages`."""
        return self.data / "messages"

    @property
    def console_queue(self) -> Path:
        """Where calls in a terminal keep what waits: the other queue may be a running line's."""
        return self.data / "ivr" / "console-queue"

    @property
    def speech_folder(self) -> Path:
        """Where rendered speech is kept."""
        return self.data / "speech"
