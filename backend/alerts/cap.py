"""The Common Alerting Protocol: a message's bytes as what it says, every rule of the standard looked at.

Source: OASIS Standard CAP-V1.2 of 1 July 2010, whose sections are named here as §3.2.1 and so on. Elements,
their order and how often each may stand there are those of its schema (§3.4); what only the text demands,
such as that `references` has to stand in an Update, is in `backend.alerts.deciding`.

What comes from outside is bounded before it is looked at: at most MAX_BYTES, no document type declaration and
so no entities, no attributes but those of XML Schema instances, no more of anything than a table says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from backend_client.forms.text import has_bad_character, normalise

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
MAX_BYTES = 256 << 10
_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
_PLACE = re.compile(r"-?[0-9]{1,3}(?:\.[0-9]{1,15})?,-?[0-9]{1,3}(?:\.[0-9]{1,15})?")


class CapError(Exception):
    """A message cannot be taken.

    reason: a stable code; place: the element, such as ``alert/info/urgency``; clause: of the standard, empty
    where it is a rule of this house.
    """

    def __init__(self, reason: str, place: str = "", clause: str = "") -> None:
        super().__init__(" ".join(part for part in (reason, place, clause) if part))
        self.reason = reason
        self.place = place
        self.clause = clause


@dataclass(frozen=True, slots=True)
class Reference:
    """Which message another is about (§3.2.1, references)."""

    sender: str
    identifier: str
    sent: datetime


@dataclass(frozen=True, slots=True)
class Area:
    """Where (§3.2.4). geocodes: valueName and value."""

    description: str
    geocodes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Info:
    """What happens, in one language (§3.2.2). Times are UTC; texts that are not there are empty."""

    language: str
    event: str
    urgency: str
    severity: str
    certainty: str
    effective: datetime | None
    onset: datetime | None
    expires: datetime | None
    sender_name: str
    headline: str
    description: str
    instruction: str
    contact: str
    areas: tuple[Area, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A CAP message (§3.2.1)."""

    identifier: str
    sender: str
    sent: datetime
    status: str
    msg_type: str
    scope: str
    note: str
    references: tuple[Reference, ...]
    infos: tuple[Info, ...]


def parse(data: bytes) -> etree._Element:
    """The document's element. Raises CapError for what is too large, not XML, or declares a type."""
    if len(data) > MAX_BYTES:
        raise CapError("TOO_LARGE")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise CapError("NOT_XML") from None
    document: Any = root.getroottree().docinfo
    if document.doctype or document.internalDTD is not None or document.externalDTD is not None:
        raise CapError("DTD_FORBIDDEN")
    if root.tag != f"{{{NAMESPACE}}}alert":
        raise CapError("NOT_CAP", clause="§3.4")
    return root


def sender_of(root: etree._Element) -> str:
    """Who says to have sent it: to find the certificate by, and believed only when that fits."""
    found = root.findall(f"{{{NAMESPACE}}}sender")
    if len(found) != 1 or not found[0].text:
        raise CapError("ELEMENT_MISSING" if not found else "ELEMENT_REPEATED", "alert/sender", "§3.2.1")
    return found[0].text.strip()


def read(root: etree._Element) -> Message:
    """What a message says. Raises CapError at the first rule that is broken."""
    given = _read(root, _ALERT, "alert")
    return Message(
        identifier=given["identifier"][0],
        sender=given["sender"][0],
        sent=given["sent"][0],
        status=given["status"][0],
        msg_type=given["msgType"][0],
        scope=given["scope"][0],
        note=_first(given, "note"),
        references=given["references"][0] if given["references"] else (),
        infos=tuple(_info(info) for info in given["info"]),
    )


def _info(given: Mapping[str, Sequence[Any]]) -> Info:
    def moment(name: str) -> datetime | None:
        return given[name][0] if given[name] else None

    return Info(
        language=_first(given, "language") or "en-US",
        event=given["event"][0],
        urgency=given["urgency"][0],
        severity=given["severity"][0],
        certainty=given["certainty"][0],
        effective=moment("effective"),
        onset=moment("onset"),
        expires=moment("expires"),
        sender_name=_first(given, "senderName"),
        headline=_first(given, "headline"),
        description=_first(given, "description"),
        instruction=_first(given, "instruction"),
        contact=_first(given, "contact"),
        areas=tuple(
            Area(
                area["areaDesc"][0],
                tuple((code["valueName"][0], code["value"][0]) for code in area["geocode"]),
            )
            for area in given["area"]
        ),
    )


def _first(given: Mapping[str, Sequence[Any]], name: str) -> str:
    return str(given[name][0]) if given[name] else ""


# What may stand where: the schema of §3.4 as tables.

Judge = Callable[[str], Any]
"""Makes the value of an element's text; raises CapError with a reason alone."""


@dataclass(frozen=True, slots=True)
class _Element:
    """One kind of child. most: how often it may stand there; of: its own children, where it has some."""

    name: str
    least: int
    most: int
    clause: str
    judge: Judge = str
    of: tuple[_Element, ...] = ()


def _text(longest: int, *, lines: bool = False, empty: bool = False) -> Judge:
    """A text. lines: it may have several."""

    def judge(given: str) -> str:
        fit = normalise(given)
        if not lines:
            fit = " ".join(fit.split())
        if len(fit) > longest:
            raise CapError("TEXT_TOO_LONG")
        if not fit and not empty:
            raise CapError("TEXT_EMPTY")
        if has_bad_character(fit.replace("\n", " ")):
            raise CapError("BAD_CHARACTER")
        return fit

    return judge


def _name(given: str) -> str:
    """An identifier or sender: no white space, commas, < or & (§3.2.1)."""
    if not re.fullmatch(r"[^\s,<&]{1,200}", given) or has_bad_character(given):
        raise CapError("NAME_MALFORMED")
    return given


def _one_of(*values: str) -> Judge:
    def judge(given: str) -> str:
        if given not in values:
            raise CapError("VALUE_UNKNOWN")
        return given

    return judge


def moment(given: str) -> datetime:
    """A moment, ``2026-07-01T08:30:00+08:00``: to the second, with its zone, never Z (§3.3.2). UTC."""
    fit = given.strip()
    if not re.fullmatch(
        r"2[01][0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[-+][0-9]{2}:[0-9]{2}", fit
    ):
        raise CapError("TIME_MALFORMED")
    try:
        return datetime.fromisoformat(fit).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CapError("TIME_MALFORMED") from None


def _references(given: str) -> tuple[Reference, ...]:
    """``sender,identifier,sent`` with white space between (§3.2.1)."""
    found: list[Reference] = []
    for one in given.split():
        parts = one.split(",")
        if len(parts) != 3 or len(found) == MAX_REFERENCES:
            raise CapError("REFERENCES_MALFORMED")
        found.append(Reference(_name(parts[0]), _name(parts[1]), moment(parts[2])))
    if not found:
        raise CapError("REFERENCES_MALFORMED")
    return tuple(dict.fromkeys(found))


def _matching(pattern: str, longest: int) -> Judge:
    def judge(given: str) -> str:
        fit = given.strip()
        if len(fit) > longest or not re.fullmatch(pattern, fit):
            raise CapError("VALUE_MALFORMED")
        return fit

    return judge


def _on_earth(pairs: Sequence[str]) -> None:
    for pair in pairs:
        if not _PLACE.fullmatch(pair):
            raise CapError("PLACE_MALFORMED")
        latitude, longitude = map(float, pair.split(","))
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise CapError("PLACE_MALFORMED")


def _polygon(given: str) -> str:
    """At least four pairs of latitude and longitude, the last as the first (§3.2.4)."""
    pairs = given.split()
    if not 4 <= len(pairs) <= 10_000 or pairs[0] != pairs[-1]:
        raise CapError("PLACE_MALFORMED")
    _on_earth(pairs)
    return given


def _circle(given: str) -> str:
    """A pair and the radius in kilometres (§3.2.4)."""
    parts = given.split()
    if len(parts) != 2 or not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,9})?", parts[1]):
        raise CapError("PLACE_MALFORMED")
    _on_earth(parts[:1])
    return given


MAX_REFERENCES = 200
_URI = _matching(r"\S+", 2000)
_DECIMAL = _matching(r"[-+]?[0-9]{1,9}(\.[0-9]{1,9})?", 30)
_PAIR = (
    _Element("valueName", 1, 1, "§3.2.2", _text(200)),
    _Element("value", 1, 1, "§3.2.2", _text(500, empty=True)),
)
_RESOURCE = (
    _Element("resourceDesc", 1, 1, "§3.2.3", _text(500)),
    _Element("mimeType", 1, 1, "§3.2.3", _text(100)),
    _Element("size", 0, 1, "§3.2.3", _matching(r"[0-9]{1,18}", 18)),
    _Element("uri", 0, 1, "§3.2.3", _URI),
    _Element("derefUri", 0, 1, "§3.2.3", _matching(r"[A-Za-z0-9+/=\s]*", MAX_BYTES)),
    _Element("digest", 0, 1, "§3.2.3", _matching(r"[A-Za-z0-9+/=]+", 200)),
)
_AREA = (
    _Element("areaDesc", 1, 1, "§3.2.4", _text(500)),
    _Element("polygon", 0, 100, "§3.2.4", _polygon),
    _Element("circle", 0, 100, "§3.2.4", _circle),
    _Element("geocode", 0, 500, "§3.2.4", of=_PAIR),
    _Element("altitude", 0, 1, "§3.2.4", _DECIMAL),
    _Element("ceiling", 0, 1, "§3.2.4", _DECIMAL),
)
_CATEGORY = _one_of(
    *("Geo", "Met", "Safety", "Security", "Rescue", "Fire"),
    *("Health", "Env", "Transport", "Infra", "CBRNE", "Other"),
)
_RESPONSE = _one_of(
    *("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None")
)
_INFO = (
    _Element("language", 0, 1, "§3.2.2", _matching(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", 40)),
    _Element("category", 1, 12, "§3.2.2", _CATEGORY),
    _Element("event", 1, 1, "§3.2.2", _text(200)),
    _Element("responseType", 0, 9, "§3.2.2", _RESPONSE),
    _Element("urgency", 1, 1, "§3.2.2", _one_of("Immediate", "Expected", "Future", "Past", "Unknown")),
    _Element("severity", 1, 1, "§3.2.2", _one_of("Extreme", "Severe", "Moderate", "Minor", "Unknown")),
    _Element("certainty", 1, 1, "§3.2.2", _one_of("Observed", "Likely", "Possible", "Unlikely", "Unknown")),
    _Element("audience", 0, 1, "§3.2.2", _text(500, empty=True)),
    _Element("eventCode", 0, 50, "§3.2.2", of=_PAIR),
    _Element("effective", 0, 1, "§3.2.2", moment),
    _Element("onset", 0, 1, "§3.2.2", moment),
    _Element("expires", 0, 1, "§3.2.2", moment),
    _Element("senderName", 0, 1, "§3.2.2", _text(200, empty=True)),
    _Element("headline", 0, 1, "§3.2.2", _text(300, empty=True)),
    _Element("description", 0, 1, "§3.2.2", _text(6000, lines=True, empty=True)),
    _Element("instruction", 0, 1, "§3.2.2", _text(3000, lines=True, empty=True)),
    _Element("web", 0, 1, "§3.2.2", _URI),
    _Element("contact", 0, 1, "§3.2.2", _text(300, empty=True)),
    _Element("parameter", 0, 100, "§3.2.2", of=_PAIR),
    _Element("resource", 0, 20, "§3.2.2", of=_RESOURCE),
    _Element("area", 0, 100, "§3.2.2", of=_AREA),
)
_ALERT = (
    _Element("identifier", 1, 1, "§3.2.1", _name),
    _Element("sender", 1, 1, "§3.2.1", _name),
    _Element("sent", 1, 1, "§3.2.1", moment),
    _Element("status", 1, 1, "§3.2.1", _one_of("Actual", "Exercise", "System", "Test", "Draft")),
    _Element("msgType", 1, 1, "§3.2.1", _one_of("Alert", "Update", "Cancel", "Ack", "Error")),
    _Element("source", 0, 1, "§3.2.1", _text(500, empty=True)),
    _Element("scope", 1, 1, "§3.2.1", _one_of("Public", "Restricted", "Private")),
    _Element("restriction", 0, 1, "§3.2.1", _text(500, empty=True)),
    _Element("addresses", 0, 1, "§3.2.1", _text(5000, empty=True)),
    _Element("code", 0, 50, "§3.2.1", _text(200)),
    _Element("note", 0, 1, "§3.2.1", _text(2000, lines=True, empty=True)),
    _Element("references", 0, 1, "§3.2.1", _references),
    _Element("incidents", 0, 1, "§3.2.1", _text(2000, empty=True)),
    _Element("info", 0, 20, "§3.2.1", of=_INFO),
)


def _read(element: etree._Element, table: Sequence[_Element], place: str) -> dict[str, list[Any]]:
    """The values of an element's children, by name. Raises CapError."""
    given: dict[str, list[Any]] = {one.name: [] for one in table}
    order = {f"{{{NAMESPACE}}}{one.name}": number for number, one in enumerate(table)}
    if (element.text or "").strip():
        raise CapError("TEXT_BETWEEN", place, "§3.4")
    _no_attributes(element, place)
    reached = 0
    for child in element:
        if (child.tail or "").strip():
            raise CapError("TEXT_BETWEEN", place, "§3.4")
        if child.tag == SIGNATURE and place == "alert":
            continue
        number = order.get(child.tag) if isinstance(child.tag, str) else None
        if number is None:
            raise CapError("ELEMENT_UNKNOWN", place, "§3.4")
        one = table[number]
        here = f"{place}/{one.name}"
        if number < reached:
            raise CapError("ELEMENT_OUT_OF_ORDER", here, "§3.4")
        reached = number
        if len(given[one.name]) == one.most:
            raise CapError("ELEMENT_REPEATED", here, one.clause)
        given[one.name].append(_read(child, one.of, here) if one.of else _value(child, one, here))
    for one in table:
        if len(given[one.name]) < one.least:
            raise CapError("ELEMENT_MISSING", f"{place}/{one.name}", one.clause)
    if given.get("ceiling") and not given.get("altitude"):
        raise CapError("ELEMENT_MISSING", f"{place}/altitude", "§3.2.4")
    return given


def _value(element: etree._Element, one: _Element, place: str) -> Any:
    if len(element):
        raise CapError("ELEMENT_UNKNOWN", place, "§3.4")
    _no_attributes(element, place)
    try:
        return one.judge(element.text or "")
    except CapError as error:
        raise CapError(error.reason, place, one.clause) from None


def _no_attributes(element: etree._Element, place: str) -> None:
    if any(not str(name).startswith(_INSTANCE) for name in element.attrib):
        raise CapError("ATTRIBUTE_UNKNOWN", place, "§3.4")
