"""A policy, a notice or a guide as a page of HTML for print. Pure: a message in, HTML out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from html import escape
from pathlib import Path

from huimin.v1 import catalog_pb2, common_pb2, notice_pb2, policy_pb2

from backend.authoring.finding import LOCALE
from backend.clock import county_day
from foundation.language import Language, Translate, translator

STYLE = Path(__file__).parent / "leaflet.css"


@dataclass(frozen=True, slots=True)
class Leaflet:
    """What stands on the sheets, in one language.

    about: lines below the title, such as who issued it and when; facts: pairs of a label and what it says;
    parts: headings and texts, whose paragraphs are parted by newlines.
    """

    title: str
    about: tuple[str, ...]
    summary: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, str], ...]
    demonstration: bool


def of_policy(policy: policy_pb2.Policy, language: Language) -> Leaflet:
    """A policy with its sections."""
    issued = policy.issue_date
    day = _day(date(issued.year, issued.month, issued.day), language)
    about = (_in(policy.issuer, language), policy.document_number, day)
    return Leaflet(
        _in(policy.title, language),
        tuple(line for line in about if line),
        _in(policy.summary, language),
        (),
        _sections(policy.sections, language),
        policy.demonstration,
    )


def of_notice(notice: notice_pb2.Notice, language: Language) -> Leaflet:
    """A notice with its sections."""
    words = translator("backend", LOCALE, language)
    area = _in(notice.area, language)
    return Leaflet(
        _in(notice.title, language),
        (_day(county_day(notice.publish_time.ToDatetime(UTC)), language),),
        _in(notice.summary, language),
        ((words("leaflet.area"), area),) if area else (),
        _sections(notice.sections, language),
        notice.demonstration,
    )


def of_service(service: catalog_pb2.Service, language: Language) -> Leaflet:
    """A service with its guide."""
    words, guide = translator("backend", LOCALE, language), service.guide
    facts = (
        ("duration", _in(guide.duration, language)),
        ("fee", _in(guide.fee, language)),
        ("place", _in(guide.place, language)),
        ("hours", _in(guide.opening_hours, language)),
        ("phone", guide.phone),
    )
    parts = (
        ("eligibility", _in(guide.eligibility, language)),
        ("materials", _numbered(guide.materials, language)),
        ("steps", _numbered(guide.steps, language)),
    )
    return Leaflet(
        _in(service.title, language),
        (_in(service.department, language),),
        _in(service.summary, language),
        tuple((words(f"leaflet.{name}"), text) for name, text in facts if text),
        tuple((words(f"leaflet.{name}"), text) for name, text in parts if text),
        service.demonstration,
    )


def page(leaflet: Leaflet, language: Language) -> str:
    """It as HTML, which holds all that it shows."""
    words = translator("backend", LOCALE, language)
    tag = "zh-CN" if language is Language.ZH_CN else "en"
    facts = "".join(f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>" for label, text in leaflet.facts)
    parts = "".join(f"<h2>{escape(heading)}</h2>{_paragraphs(text)}" for heading, text in leaflet.parts)
    about = "".join(f"<p>{escape(line)}</p>" for line in leaflet.about)
    sample = f'<p class="demonstration">{escape(words("leaflet.demonstration"))}</p>'
    return (
        f'<!doctype html><html lang="{tag}"><meta charset="utf-8"><title>{escape(leaflet.title)}</title>'
        f"<style>{STYLE.read_text('utf-8')}{_margin(words)}</style><body>"
        f"<header><h1>{escape(leaflet.title)}</h1>{about}{sample if leaflet.demonstration else ''}</header>"
        f'<section class="summary">{_paragraphs(leaflet.summary)}</section>'
        f"{f'<dl>{facts}</dl>' if facts else ''}{parts}</body></html>"
    )


def _margin(words: Translate) -> str:
    """The number of every page."""
    before, between, after = (part.replace('"', "") for part in words("paper.page").split("|"))
    return f'@page{{@bottom-right{{content:"{before}" counter(page) "{between}" counter(pages) "{after}"}}}}'


def _in(text: common_pb2.LocalizedText, language: Language) -> str:
    return text.zh_cn if language is Language.ZH_CN else text.en


def _day(day: date, language: Language) -> str:
    return translator("backend", LOCALE, language)("leaflet.day", year=day.year, month=day.month, day=day.day)


def _sections(sections: Sequence[common_pb2.Section], language: Language) -> tuple[tuple[str, str], ...]:
    return tuple((_in(section.heading, language), _in(section.text, language)) for section in sections)


def _numbered(texts: Sequence[common_pb2.LocalizedText], language: Language) -> str:
    return "\n".join(f"{number}. {_in(text, language)}" for number, text in enumerate(texts, 1))


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in text.split("\n"))
