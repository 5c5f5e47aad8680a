"""What is set at this terminal: the language and volume in which a visit begins, out of service and back.

It lies in one file, in the place of the configuration (`own_settings`), and is marked as set here.
"""

from __future__ import annotations

from foundation.language import Language, LocalizedText
from foundation.log import logger
from kiosk.hearing import LEVELS, USUAL
from kiosk.speaking.output import SoundLost
from kiosk.technician.events import (
    AsConfigured,
    BeginIn,
    Ear,
    Louder,
    OpenSection,
    PlayTone,
    PutBack,
    Section,
)
from kiosk.technician.events import TakeOut as TakeOutOfService
from kiosk.technician.own_settings import OwnSettings, Reason, SettingsKeeper
from kiosk.technician.pages import Deed, Entry, Listing, Tone
from kiosk.technician.reach import Reach
from kiosk.technician.session import Part, Session
from kiosk.technician.sound import play
from kiosk.technician.wording import as_it_is, written
from kiosk.visit.events import Event
from kiosk.visit.pages import Cause, Page

log = logger(__name__)


class PreferencesPart(Part):
    """Changes what is set, and has it count at once."""

    def __init__(self, session: Session, reach: Reach) -> None:
        self._session = session
        self._reach = reach

    def take(self, page: Page, event: Event) -> bool:
        """Knows the language, the sound and the service."""
        keeper, visit = self._reach.keeper, self._reach.visit
        match page, event:
            case _, OpenSection(Section.LANGUAGE | Section.SOUND | Section.SERVICE as section):
                self._session.open(self._page(section))
            case Listing(name=Section.LANGUAGE.value), BeginIn(language):
                self._set(Section.LANGUAGE, language=language)
            case Listing(name=Section.SOUND.value), Louder(by):
                self._set(Section.SOUND, volume=min(max(self._volume + by, 1), LEVELS))
            case Listing(name=Section.SOUND.value), PlayTone(ear):
                self._session.do(self._play(ear))
            case Listing(name=Section.LANGUAGE.value | Section.SOUND.value), AsConfigured(section):
                self._set(section, **{section.value if section is Section.LANGUAGE else "volume": None})
            case Listing(name=Section.SERVICE.value), TakeOutOfService(reason):
                log.warning("taken_out_of_service", who=self._session.who, reason=reason.value)
                kept = keeper.withdraw(reason, self._session.who)
                visit.end("out of service")
                visit.interrupt(0, Cause.WITHDRAWN)
                self._session.show(self._page(Section.SERVICE, _kept(kept)))
            case Listing(name=Section.SERVICE.value), PutBack():
                log.warning("put_back_into_service", who=self._session.who)
                kept = keeper.change(withdrawn=None)
                visit.resume(Cause.WITHDRAWN)
                self._session.show(self._page(Section.SERVICE, _kept(kept)))
            case _:
                return False
        return True

    @property
    def _volume(self) -> int:
        return self._reach.keeper.now.volume or USUAL

    def _set(self, section: Section, **values: object) -> None:
        log.warning("technician_set", who=self._session.who, wanted=sorted(values))
        kept = self._reach.keeper.change(**values)
        apply(self._reach)
        self._session.show(self._page(section, _kept(kept)))

    def _page(self, section: Section, note: LocalizedText | None = None) -> Listing:
        now = self._reach.keeper.now
        tone = Tone.WRONG
        match section:
            case Section.LANGUAGE:
                return language_page(now, self._reach.settings.language, note, tone)
            case Section.SOUND:
                return sound_page(now, note, tone)
            case _:
                return service_page(now, self._reach, note, tone)

    async def _play(self, ear: Ear) -> None:
        device = self._reach.settings.sound.loudspeaker
        try:
            await play(device, left=ear is Ear.LEFT, volume=self._volume)
            note, tone = written("sound.played", side=written(f"sound.{ear.value}")), Tone.FINE
        except SoundLost as error:
            log.warning("tone_not_played", reason=str(error))
            note, tone = written("sound.none"), Tone.WRONG
        page = self._session.page
        if isinstance(page, Listing) and page.name == Section.SOUND.value:
            self._session.show(sound_page(self._reach.keeper.now, note, tone))


def apply(reach: Reach) -> None:
    """Has what is set count from now on, or what is configured."""
    now = reach.keeper.now
    reach.visit.first_language = now.language or reach.settings.language
    reach.visit.begin_at(now.volume or USUAL)
    reach.correct(now.touch_matrix)


def begin(reach: Reach) -> None:
    """The same at the start of the terminal. One that was taken out of service stays there."""
    apply(reach)
    reach.visit.language = reach.visit.first_language
    withdrawn = reach.keeper.now.withdrawn
    if withdrawn is not None:
        log.warning("still_out_of_service", reason=withdrawn.reason.value, since=withdrawn.since.isoformat())
        reach.visit.interrupt(0, Cause.WITHDRAWN)


def _kept(kept: bool) -> LocalizedText | None:
    """What to say where it counts only until the next start."""
    return None if kept else written("set.not_kept")


def _set_here(section: Section, *, is_set: bool) -> tuple[LocalizedText | None, tuple[Deed, ...]]:
    """That it was set here, and how to take it back."""
    if not is_set:
        return written("set.configured"), ()
    deed = Deed("set.configured", written("set.take_back"), AsConfigured(section), "again")
    return written("set.here"), (deed,)


def language_page(now: OwnSettings, configured: Language, note: LocalizedText | None, tone: Tone) -> Listing:
    """In which language a visit begins."""
    chosen = now.language or configured
    entries = tuple(
        Entry(
            f"language.{language.value}",
            written(f"language.{language.value.lower()}"),
            event=BeginIn(language),
            chosen=language is chosen,
        )
        for language in Language
    )
    sub, deeds = _set_here(Section.LANGUAGE, is_set=now.language is not None)
    return Listing(Section.LANGUAGE.value, written("menu.language"), entries, sub, note, tone, deeds)


def sound_page(now: OwnSettings, note: LocalizedText | None, tone: Tone) -> Listing:
    """How loud a visit begins, and a tone on each side."""
    volume = now.volume or USUAL
    entries = (
        Entry(
            "sound.volume",
            written("sound.volume"),
            mark=as_it_is(f"{volume} / {LEVELS}"),
            tone=Tone.SET if now.volume else Tone.PLAIN,
        ),
        Entry("sound.softer", written("sound.softer"), event=Louder(-1), icon="minus"),
        Entry("sound.louder", written("sound.louder"), event=Louder(1), icon="plus"),
        *(
            Entry(f"sound.{ear.value}", written(f"sound.tone_{ear.value}"), event=PlayTone(ear), icon="aloud")
            for ear in Ear
        ),
    )
    sub, deeds = _set_here(Section.SOUND, is_set=now.volume is not None)
    return Listing(Section.SOUND.value, written("menu.sound"), entries, sub, note, tone, deeds)


def service_page(now: OwnSettings, reach: Reach, note: LocalizedText | None, tone: Tone) -> Listing:
    """Out of service with a reason, or back."""
    name, title = Section.SERVICE.value, written("menu.service")
    if now.withdrawn is None:
        entries = tuple(
            Entry(
                f"service.{reason.value}",
                written(f"reason.{reason.value}"),
                event=TakeOutOfService(reason),
                icon="technician",
            )
            for reason in Reason
        )
        return Listing(name, title, entries, written("service.in"), note, tone)
    since = now.withdrawn.since.astimezone(reach.zone)
    entry = Entry(
        "service.out",
        written("service.out"),
        (
            written(f"reason.{now.withdrawn.reason.value}"),
            written("service.since", time=f"{since:%Y-%m-%d %H:%M}", who=now.withdrawn.who),
        ),
        tone=Tone.WRONG,
    )
    deeds = (Deed("service.back", written("service.back"), PutBack(), "done"),)
    return Listing(name, title, (entry,), written("service.stays"), note, tone, deeds)


def settings_shown(keeper: SettingsKeeper) -> bool:
    """Whether anything is set here, for the menu to say so."""
    now = keeper.now
    return any(value is not None for value in (now.language, now.volume, now.touch_matrix, now.withdrawn))
