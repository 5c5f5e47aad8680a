"""A text that can be taken along: a policy, a notice or a guide, in both languages. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from backend_client.catalog import Guide, Section
from foundation.language import Language, LocalizedText, translator
from kiosk.visit.pages import NoticeText, Page, PolicyText, ServiceGuide

LOCALE = Path(__file__).parents[1] / "locale"
MOST_CODE_BYTES = 300
"""Of text in a QR code: with error correction M it has 69 modules a side at most, which any phone reads."""


@dataclass(frozen=True, slots=True)
class Leaflet:
    """What of a text is taken along.

    name: of the text at the backend, such as ``policies/medical-aid``; number: of the document, or empty;
    office: whose it is; day: when it was issued; facts: pairs of a label and what it says, for a slip;
    parts: all of it, with headings.
    """

    name: str
    title: LocalizedText
    summary: LocalizedText
    number: str = ""
    office: LocalizedText | None = None
    day: date | None = None
    facts: tuple[tuple[LocalizedText, LocalizedText], ...] = ()
    parts: tuple[Section, ...] = ()
    demonstration: bool = False

    def code(self, language: Language, prefix: str) -> str:
        """What its QR code says: a link where a portal is named, else what to ask for, as text.

        prefix: what stands before the name in the portal's links, or empty.
        """
        if prefix:
            return prefix + self.name
        lines = [self.title[language], self.number, self.office[language] if self.office else ""]
        if self.day:
            lines.append(self.day.isoformat())
        lines += [f"{label[language]}: {said[language]}" for label, said in self.facts]
        return _at_most([line for line in lines if line], MOST_CODE_BYTES)


def leaflet(page: Page) -> Leaflet | None:
    """What of a page can be taken along; None where it is no text."""
    match page:
        case PolicyText(policy=policy):
            return Leaflet(
                policy.name,
                policy.title,
                policy.summary,
                policy.document_number,
                policy.issuer,
                policy.issue_date,
                parts=policy.sections,
                demonstration=policy.demonstration,
            )
        case NoticeText(notice=notice):
            area = ((_words("leaflet.area"), notice.area),) if notice.area else ()
            return Leaflet(
                notice.name,
                notice.title,
                notice.summary,
                day=notice.publish_time.date(),
                facts=area,
                parts=notice.sections,
                demonstration=notice.demonstration,
            )
        case ServiceGuide(service=service) if service.guide is not None:
            return Leaflet(
                service.name,
                service.title,
                service.summary,
                office=service.department,
                facts=_facts(service.guide),
                parts=_parts(service.guide),
                demonstration=service.demonstration,
            )
    return None


def contents(page: Page) -> tuple[tuple[LocalizedText, float], ...]:
    """The headings of a text, and the places where they stand; empty where it is no text."""
    match page:
        case ServiceGuide(service=service) if service.guide is not None:
            names = ("leaflet.facts", "guide.eligibility", "guide.materials", "guide.steps")
            return tuple((_words(name), float(place)) for place, name in enumerate(names))
        case PolicyText(policy=policy):
            return _headings(policy.sections)
        case NoticeText(notice=notice):
            return _headings(notice.sections)
    return ()


def _headings(sections: Sequence[Section]) -> tuple[tuple[LocalizedText, float], ...]:
    parts = tuple((section.heading, place) for place, section in enumerate(sections, 1))
    return ((_words("leaflet.summary"), 0.0), *((heading, float(place)) for heading, place in parts))


def _facts(guide: Guide) -> tuple[tuple[LocalizedText, LocalizedText], ...]:
    phone = LocalizedText(guide.phone, guide.phone)
    found = (
        ("guide.phone", phone),
        ("guide.place", guide.place),
        ("guide.hours", guide.opening_hours),
        ("guide.duration", guide.duration),
        ("guide.fee", guide.fee),
    )
    return tuple((_words(name), said) for name, said in found if said.zh_cn)


def _parts(guide: Guide) -> tuple[Section, ...]:
    """The parts of a guide, as sections; what is a list has its numbers."""
    return (
        Section(_words("guide.eligibility"), guide.eligibility),
        Section(_words("guide.materials"), _numbered(guide.materials)),
        Section(_words("guide.steps"), _numbered(guide.steps)),
    )


def _numbered(texts: Sequence[LocalizedText]) -> LocalizedText:
    zh, en = (
        "\n".join(f"{number}. {text[language]}" for number, text in enumerate(texts, 1))
        for language in (Language.ZH_CN, Language.EN)
    )
    return LocalizedText(zh, en)


def _words(name: str) -> LocalizedText:
    zh, en = (translator("kiosk", LOCALE, language)(name) for language in (Language.ZH_CN, Language.EN))
    return LocalizedText(zh, en)


def _at_most(lines: Sequence[str], size: int) -> str:
    """As many whole lines as fit in so many bytes of UTF-8; of the first one as much as fits."""
    text = lines[0].encode()[:size].decode(errors="ignore")
    for line in lines[1:]:
        if len(f"{text}\n{line}".encode()) > size:
            break
        text = f"{text}\n{line}"
    return text
