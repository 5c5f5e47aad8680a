"""What a technician sets on the phone line, in the table ``[ivr]`` of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from backend_client.door import DoorSettings
from backend_client.target import check_target
from ivr.sip.address import listen_address, sip_address

Seconds = Annotated[float, Field(gt=0, le=3600)]


def _listening(given: str) -> str:
    listen_address(given)
    return given


def _person(given: str) -> str:
    return sip_address(given) if given else ""


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
    wait_again: Seconds = 8.0
    """Between two requests to wait."""
    recording: Seconds = 120.0
    """Longest spoken answer or message."""
    recording_silence: Seconds = 5.0
    """Silence that ends a recording."""
    call: Seconds = 1800.0
    """Longest call, unless the caller asks for more."""
    warning: Seconds = 90.0
    """Before that, when the caller is asked whether more time is wanted."""
    closing: Seconds = 30.0
    """For calls under way once the line is told to end; then they hear that it ends."""


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
    max_calls: int = Field(default=4, ge=1, le=10_000)
    """Calls at the same time; further callers hear busy."""
    recordings: Path | None = None
    """Folder of recordings that replace spoken prompts."""
    time_zone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    """The county's local time."""
    timing: Timing = Timing()

    @property
    def records_file(self) -> Path:
        """Where call records go."""
        return self.records or self.data / "calls.jsonl"

    @property
    def messages_folder(self) -> Path:
        """Where messages for a person go."""
        return self.data / "messages"

    @property
    def console_queue(self) -> Path:
        """Where calls in a terminal keep what waits: the other queue may be a running line's."""
        return self.data / "ivr" / "console-queue"

    @property
    def speech_folder(self) -> Path:
        """Where rendered speech is kept."""
        return self.data / "speech"
