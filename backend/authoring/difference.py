"""What changes for residents from one content to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from backend.authoring import described
from backend.authoring.described import Described, Words
from backend.authoring.reading import Content
from backend.authoring.table_file import Table
from backend.calendar import Holiday
from backend_client.forms.form import Form
from foundation.language import LocalizedText

T = TypeVar("T")


class Kind(StrEnum):
    """What is changed; the values are the folders that clerks know, and topics.yaml, synonyms.yaml and
    holidays.yaml."""

    TOPICS = "topics"
    POLICIES = "policies"
    SERVICES = "services"
    FORMS = "forms"
    NOTICES = "notices"
    SYNONYMS = "synonyms"
    COUNTERS = "counters"
    HOLIDAYS = "holidays"
    LOOKUPS = "lookups"
    TABLES = "tables"


@dataclass(frozen=True, slots=True)
class Part:
    """One place of an entry. old: None where there was nothing; new: None where there is nothing more."""

    place: tuple[str, ...]
    old: Words | None
    new: Words | None


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that is added, removed (all its parts are) or changed. title: as residents know it now, or
    knew it; order: what stands in the list of this kind now, where the order is another."""

    kind: Kind
    identifier: str
    title: LocalizedText | None
    parts: tuple[Part, ...]
    added: bool = False
    removed: bool = False
    order: tuple[str, ...] = ()


def difference(old: Content, new: Content) -> tuple[Change, ...]:
    """Every entry that residents meet otherwise than before, kind by kind. Both contents are whole."""
    return (
        *_of(
            Kind.TOPICS,
            {one.name: one for one in old.topics},
            {one.name: one for one in new.topics},
            described.topic,
            ordered=True,
        ),
        *_of(
            Kind.POLICIES,
            {one.name: one for one in old.policies},
            {one.name: one for one in new.policies},
            described.policy,
        ),
        *_of(
            Kind.SERVICES,
            {one.name: one for one in old.services},
            {one.name: one for one in new.services},
            described.service,
            ordered=True,
        ),
        *_of(Kind.FORMS, _forms(old), _forms(new), lambda kept: described.form(*kept)),
        *_of(
            Kind.NOTICES,
            {one.message.name: one for one in old.notices},
            {one.message.name: one for one in new.notices},
            described.notice,
        ),
        *_of(Kind.COUNTERS, old.counters, new.counters, described.counters),
        *_of(Kind.LOOKUPS, old.lookups, new.lookups, described.lookup),
        *_of(Kind.TABLES, _tables(old), _tables(new), described.table),
        *_of(Kind.HOLIDAYS, _holidays(old), _holidays(new), described.holiday),
        *_synonyms(old.synonyms, new.synonyms),
    )


def _of(
    kind: Kind,
    old: Mapping[str, T],
    new: Mapping[str, T],
    describe: Callable[[T], Described],
    *,
    ordered: bool = False,
) -> Iterator[Change]:
    for name in [*new, *(name for name in old if name not in new)]:
        if old.get(name) == new.get(name):
            continue
        before = describe(old[name]) if name in old else {}
        after = describe(new[name]) if name in new else {}
        parts = tuple(_parts(before, after))
        moved = _moved(_questions(before), _questions(after))
        if parts or moved:
            title = (after or before).get(("title",))
            yield Change(
                kind,
                name.partition("/")[2],
                title if isinstance(title, LocalizedText) else None,
                parts,
                added=name not in old,
                removed=name not in new,
                order=moved,
            )
    if ordered and (moved := _moved(list(old), list(new))):
        yield Change(kind, "", None, (), order=tuple(name.partition("/")[2] for name in moved))


def _parts(old: Described, new: Described) -> Iterator[Part]:
    for place in [*new, *(place for place in old if place not in new)]:
        if old.get(place) != new.get(place):
            yield Part(place, old.get(place), new.get(place))


def _forms(content: Content) -> dict[str, tuple[Form, int, str]]:
    return {
        name: (form, content.retention[name], content.public_fields.get(name, ""))
        for name, form in content.forms.items()
    }


def _tables(content: Content) -> dict[str, Table]:
    return {f"tables/{name}": table for name, table in content.tables.by_name.items()}


def _holidays(content: Content) -> dict[str, Holiday]:
    return {f"holidays/{holiday.first.isoformat()}": holiday for holiday in content.calendar.holidays}


def _questions(of: Described) -> list[str]:
    return list(dict.fromkeys(place[1] for place in of if place[0] == "fields"))


def _moved(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """The new order, where what was there before stands in another."""
    kept = [name for name in old if name in set(new)]
    return tuple(new) if kept != [name for name in new if name in set(old)] else ()


def _synonyms(old: Sequence[tuple[str, ...]], new: Sequence[tuple[str, ...]]) -> Iterator[Change]:
    gone = [group for group in old if group not in set(new)]
    come = [group for group in new if group not in set(old)]
    for group in gone:
        yield Change(Kind.SYNONYMS, ", ".join(group), None, (), removed=True)
    for group in come:
        yield Change(Kind.SYNONYMS, ", ".join(group), None, (), added=True)
