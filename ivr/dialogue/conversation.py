"""What every dialogue of a call shares: the call, the backend, the way to a person, the county's clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from enum import Enum

from backend_client.client import BackendClient
from backend_client.door import Door
from backend_client.queue.outbox import Outbox
from backend_client.rating import Matter, new_visit_name
from foundation.language import Language, LocalizedText
from ivr import prompts
from ivr.call import Call
from ivr.guessing import Guesses
from ivr.line import Utterance
from ivr.settings import IvrSettings
from speech.spoken import Readout, readout


class Back(Exception):
    """The caller goes one step back, or gives up what the backend cannot do now."""


class Why(Enum):
    """Why a person is wanted; the value is the event in the record."""

    ASKED = "person asked for"
    SILENCE = "silent three times"
    WRONG_KEYS = "wrong three times"


class Conversation:
    """One call's dialogue."""

    def __init__(
        self,
        call: Call,
        door: Door | None,
        settings: IvrSettings,
        reach_person: Callable[[Conversation, Why], Awaitable[None]],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        guesses: Guesses | None = None,
    ) -> None:
        """door: the way to the backend, None where nothing is asked of it; reach_person: gets a person or
        takes a message; it returns where the caller wants to go on; now: the time, aware; guesses:
        what callers before this one tried wrongly."""
        self.call = call
        self._door = door
        self.settings = settings
        self.now = now
        self.guesses = guesses or Guesses()
        self._reach_person = reach_person
        self._with_person = False
        self._told_demonstration = False
        self._told_age = False
        self.visit = new_visit_name()
        """The call, as its ratings name it."""
        self._service = ""
        self._unrated: Matter | None = None
        self._offered: set[Matter] = set()

    @property
    def client(self) -> BackendClient:
        """Asks the backend."""
        assert self._door is not None, "nothing is asked of the backend here"
        return self._door.client

    @property
    def outbox(self) -> Outbox:
        """Takes what is sent."""
        assert self._door is not None, "nothing is sent here"
        return self._door.outbox

    @property
    def language(self) -> Language:
        """The language spoken now."""
        return self.call.language

    @property
    def read(self) -> Readout:
        """Reads out in that language."""
        return readout(self.language)

    def prompt(self, name: str, /, *, private: bool = False, **placeholders: object) -> Utterance:
        """A text of the catalogue."""
        return self.call.prompt(name, private=private, **placeholders)

    def content(self, name: str, text: LocalizedText | str, *, private: bool = False) -> Utterance:
        """A text of the backend's."""
        plain = text if isinstance(text, str) else text[self.language]
        return prompts.content(self.language, name, plain, private=private)

    def choice(self, name: str, label: LocalizedText, key: int) -> Utterance:
        """What a key of a menu is for, the function before the key."""
        return self.content(
            name, prompts.written(self.language, "menu.choice", label=label[self.language], key=key)
        )

    def switch_language(self) -> None:
        """Goes on in the other language."""
        self.call.language = self.language.other
        self.call.note(f"language {self.language.value}")

    def local(self, moment: datetime) -> datetime:
        """A moment by the county's clock."""
        return moment.astimezone(self.settings.time_zone)

    def today(self) -> date:
        """The county's date."""
        return self.local(self.now()).date()

    async def tell_demonstration(self, demonstration: bool) -> None:
        """Says, once a call, that what is heard was made for demonstration."""
        if demonstration and not self._told_demonstration:
            self._told_demonstration = True
            await self.call.say(self.prompt("demonstration"))

    async def tell_age(self, as_of: datetime | None) -> None:
        """Says, once a topic, as of when what is heard is; nothing where it is fresh, which is None."""
        if as_of is not None and not self._told_age:
            self._told_age = True
            await self.call.say(self.prompt("age", moment=self.read.moment(self.local(as_of))))

    def begin_topic(self) -> None:
        """The caller chooses anew what the call is about."""
        self._told_age = False
        self._service = ""

    def begin_service(self, name: str) -> None:
        """The caller has chosen a service; what is done from now on is done with it."""
        self._service = name
        self.call.note(f"service {name}")

    def done(self, matter: Matter) -> None:
        """Something was done for the caller, which may be rated, once."""
        self._unrated = replace(matter, service=matter.service or self._service)

    def take_unrated(self) -> Matter | None:
        """What was done last and was not offered to be rated yet; it is from now on."""
        matter, self._unrated = self._unrated, None
        if matter is None or matter in self._offered:
            return None
        self._offered.add(matter)
        return matter

    @property
    def with_person(self) -> bool:
        """Whether the way to a person is being taken already."""
        return self._with_person

    async def person(self, why: Why) -> None:
        """Gets a person. Returns where the caller comes back to what was asked."""
        self.call.note(why.value)
        self._with_person = True
        try:
            await self._reach_person(self, why)
        finally:
            self._with_person = False
