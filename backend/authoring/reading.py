"""A folder of content, read whole: everything that is wrong is found in one go.

topics.yaml            the topics, in the order in which they are shown and said
synonyms.yaml          words that mean the same, for the search (may be absent)
holidays.yaml          public holidays (may be absent: weekends only)
policies/<id>.yaml     services/<id>.yaml     forms/<id>.yaml     notices/<id>.yaml
counters/<id>.yaml     lookups/<id>.yaml
tables/<name>.csv      records that lookups find in the content itself
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from huimin.v1 import catalog_pb2, policy_pb2
from pydantic import TypeAdapter, ValidationError

from backend.authoring import (
    charge_checks,
    contract,
    counter_entries,
    lookup_entries,
    naming,
    refusal,
    rules,
    table_file,
)
from backend.authoring.counter_entries import CountersEntry, HolidayEntry
from backend.authoring.entries import (
    Entry,
    FieldTypeName,
    FormEntry,
    NoticeEntry,
    PolicyEntry,
    ServiceEntry,
    ServiceKindName,
    SynonymGroup,
    TopicEntry,
)
from backend.authoring.finding import ContentWrong, Finding
from backend.authoring.lookup_entries import LookupEntry
from backend.authoring.table_file import Tables
from backend.authoring.yaml_file import MAX_BYTES, YamlFile, read
from backend.calendar import Calendar
from backend_client.forms.charge import largest_fen
from backend_client.forms.form import MAX_FEN, Form

MAX_TOPICS = 50
MAX_SYNONYM_GROUPS = 1000

_FOLDERS: Mapping[str, type[Entry]] = {
    "policies": PolicyEntry,
    "services": ServiceEntry,
    "forms": FormEntry,
    "notices": NoticeEntry,
    "counters": CountersEntry,
    "lookups": LookupEntry,
}
_FILES = ("topics.yaml", "synonyms.yaml", "holidays.yaml")

E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, slots=True)
class Content:
    """What a county has written, checked. `digest` changes whenever a file does.

    retention: days for which an application with a form is kept after it has ended, by the form's name;
    counters: by their resource name.
    """

    digest: str
    topics: tuple[policy_pb2.Topic, ...]
    policies: tuple[policy_pb2.Policy, ...]
    services: tuple[catalog_pb2.Service, ...]
    forms: Mapping[str, Form]
    notices: tuple[contract.DatedNotice, ...]
    synonyms: tuple[tuple[str, ...], ...]
    retention: Mapping[str, int]
    public_fields: Mapping[str, str]
    """The question by which residents consent to publication, by the name of the form that has one."""
    counters: Mapping[str, CountersEntry] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)
    lookups: Mapping[str, LookupEntry] = field(default_factory=dict)
    """By their resource name."""
    tables: Tables = field(default_factory=Tables)
    """In which lookups find what the content itself holds."""


def read_content(folder: Path) -> Content:
    """Reads and checks a folder. Raises ContentWrong with everything that is wrong in it."""
    if not folder.is_dir():
        raise ContentWrong((Finding(str(folder), 1, "folder_needed"),))
    reading = _Reading(folder)
    topics = reading.topics()
    synonyms = reading.synonyms()
    holidays = reading.holidays()
    entries = {name: tuple(reading.folder(name, kind)) for name, kind in _FOLDERS.items()}
    reading.strangers()
    reading.references([topic.id for topic in topics] if topics else None)
    reading.counters(entries)
    tables = reading.tables(entries)
    reading.charges(entries)
    if reading.findings:
        raise ContentWrong(tuple(sorted(reading.findings)))
    policies = [contract.policy(entry) for _, entry in entries["policies"] if isinstance(entry, PolicyEntry)]
    services = [entry for _, entry in entries["services"] if isinstance(entry, ServiceEntry)]
    forms = [entry for _, entry in entries["forms"] if isinstance(entry, FormEntry)]
    counters = [entry for _, entry in entries["counters"] if isinstance(entry, CountersEntry)]
    served = {service: entry.name for entry in counters if entry.tickets for service in entry.services}
    lookups = [entry for _, entry in entries["lookups"] if isinstance(entry, LookupEntry)]
    counts = Counter(policy.topic for policy in policies)
    return Content(
        digest=digest_of(folder),
        topics=tuple(
            policy_pb2.Topic(
                name=f"topics/{topic.id}",
                title=contract.localized(topic.title),
                policy_count=counts[f"topics/{topic.id}"],
            )
            for topic in topics
        ),
        policies=tuple(policies),
        services=tuple(
            contract.service(entry, served.get(entry.id, ""))
            for entry in sorted(services, key=lambda entry: (entry.rank, entry.id))
        ),
        forms={form.name: form for form in map(contract.form, forms)},
        notices=tuple(
            contract.notice(entry) for _, entry in entries["notices"] if isinstance(entry, NoticeEntry)
        ),
        synonyms=synonyms,
        retention={f"forms/{entry.id}": entry.retention for entry in forms},
        public_fields={f"forms/{entry.id}": entry.public_field for entry in forms if entry.public_field},
        counters={entry.name: entry for entry in counters},
        calendar=counter_entries.calendar(holidays),
        lookups={entry.name: entry for entry in lookups},
        tables=tables,
    )


def named_in(folder: Path) -> tuple[list[str], Mapping[str, list[str]]]:
    """Identifiers of the topics of a folder, and of what else an entry may name, by folder.

    Raises ContentWrong where the topics are wrong.
    """
    reading = _Reading(folder)
    topics = reading.topics()
    if reading.findings:
        raise ContentWrong(tuple(reading.findings))
    known = {name: [path.stem for path in (folder / name).glob("*.yaml")] for name in ("forms", "lookups")}
    return [topic.id for topic in topics], known


def digest_of(folder: Path) -> str:
    """Changes whenever a file that is read does. Reads them without looking into them. Raises OSError."""
    digest = hashlib.sha256()
    patterns = ("*.yaml", "*/*.yaml", f"{table_file.FOLDER}/*.csv")
    for path in sorted(path for pattern in patterns for path in folder.glob(pattern)):
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def _within(entry: Entry) -> Iterator[rules.Violation]:
    if isinstance(entry, CountersEntry):
        return counter_entries.within_counters(entry)
    if isinstance(entry, LookupEntry):
        return lookup_entries.within_lookup(entry)
    return rules.within(entry)


@dataclass
class _Reading:
    """One pass over a folder, which gathers what is wrong."""

    root: Path
    findings: list[Finding] = field(default_factory=list)
    identifiers: dict[str, set[str]] = field(default_factory=dict)
    files: list[tuple[str, YamlFile]] = field(default_factory=list)
    """What could be read, each with its folder."""

    def topics(self) -> tuple[TopicEntry, ...]:
        if not (self.root / "topics.yaml").is_file():
            self.findings.append(Finding(str(self.root / "topics.yaml"), 1, "file_needed"))
            return ()
        file = self._file(self.root / "topics.yaml")
        if file is None:
            return ()
        if not isinstance(file.value, list):
            self.findings.append(file.finding((), "not_a_list"))
            return ()
        if len(file.value) > MAX_TOPICS:
            self.findings.append(file.finding((), "too_many", most=MAX_TOPICS, count=len(file.value)))
        read_entries = [
            self._entry(file, TopicEntry, value, (position,)) for position, value in enumerate(file.value)
        ]
        topics = tuple(topic for topic in read_entries if topic is not None)
        for position, identifier in rules.twice(topic.id for topic in topics):
            self.findings.append(file.finding((position, "id"), "id_twice", id=identifier))
        return topics

    def synonyms(self) -> tuple[tuple[str, ...], ...]:
        path = self.root / "synonyms.yaml"
        file = self._file(path) if path.is_file() else None
        if file is None:
            return ()
        try:
            groups = TypeAdapter(tuple[SynonymGroup, ...]).validate_python(file.value)
        except ValidationError as error:
            self.findings.extend(refusal.findings(file, error, None, ()))
            return ()
        if len(groups) > MAX_SYNONYM_GROUPS:
            self.findings.append(file.finding((), "too_many", most=MAX_SYNONYM_GROUPS, count=len(groups)))
        seen: set[str] = set()
        for number, group in enumerate(groups):
            for position, word in enumerate(group):
                if word.casefold() in seen:
                    self.findings.append(file.finding((number, position), "word_twice", word=word))
                seen.add(word.casefold())
        return groups

    def holidays(self) -> tuple[HolidayEntry, ...]:
        path = self.root / "holidays.yaml"
        file = self._file(path) if path.is_file() else None
        if file is None:
            return ()
        if not isinstance(file.value, list):
            self.findings.append(file.finding((), "not_a_list"))
            return ()
        most = counter_entries.MAX_HOLIDAYS
        if len(file.value) > most:
            self.findings.append(file.finding((), "too_many", most=most, count=len(file.value)))
        found = [self._entry(file, HolidayEntry, value, (at,)) for at, value in enumerate(file.value)]
        entries = tuple(entry for entry in found if entry is not None)
        if len(entries) == len(found):
            for place, problem, details in counter_entries.within_holidays(entries):
                self.findings.append(file.finding(place, problem, **details))
        return entries

    def folder(self, name: str, kind: type[E]) -> Iterator[tuple[YamlFile, E]]:
        known = self.identifiers.setdefault(name, set())
        for path in sorted((self.root / name).glob("*.yaml")):
            known.add(path.stem)
            file = self._file(path)
            if file is None:
                continue
            self.files.append((name, file))
            entry = self._entry(file, kind, file.value, ())
            if entry is None:
                continue
            identifier = getattr(entry, "id", path.stem)
            if identifier != path.stem:
                self.findings.append(file.finding(("id",), "id_not_file_name", id=identifier, name=path.stem))
            for place, problem, details in _within(entry):
                self.findings.append(file.finding(place, problem, **details))
            yield file, entry

    def strangers(self) -> None:
        """Files that nobody reads, which are mostly misspelt."""
        for path in sorted(self.root.iterdir()):
            if path.is_dir() and path.name in _FOLDERS:
                for inner in sorted(path.iterdir()):
                    if inner.suffix != ".yaml":
                        self._stranger(inner)
            elif path.is_dir() and path.name == table_file.FOLDER:
                for inner in sorted(path.iterdir()):
                    if inner.suffix != ".csv":
                        self._stranger(inner)
            elif path.name not in _FILES:
                self._stranger(path)

    def references(self, topics: list[str] | None) -> None:
        """What is named has to be there; topics that could not be read are not held against policies."""
        for folder, file in self.files:
            for place, problem, details in naming.unknown(folder, file.value, topics, self.identifiers):
                self.findings.append(file.finding(place, problem, **details))

    def charges(self, entries: Mapping[str, Sequence[tuple[YamlFile, Entry]]]) -> None:
        """Lines name what is there, nobody can owe too much, and payment services cost something."""
        known = self.identifiers["forms"] - {
            entry.id for _, entry in entries["forms"] if isinstance(entry, FormEntry) and not entry.charge
        }
        for folder, file in self.files:
            found = {
                "forms": charge_checks.unknown(file.value),
                "services": charge_checks.free(file.value, known),
            }
            for place, problem, details in found.get(folder, ()):
                self.findings.append(file.finding(place, problem, **details))
        if self.findings:
            return
        for file, entry in entries["forms"]:
            if isinstance(entry, FormEntry) and largest_fen(contract.form(entry)) > MAX_FEN:
                self.findings.append(
                    file.finding(("charge",), "charge_too_large", most=f"{MAX_FEN // 100:,}")
                )

    def counters(self, entries: Mapping[str, Sequence[tuple[YamlFile, Entry]]]) -> None:
        """What is booked needs counters with slots, and no matter is served by two groups of counters."""
        found = {entry.id: entry for _, entry in entries["counters"] if isinstance(entry, CountersEntry)}
        booking = set()
        for file, form in entries["forms"]:
            for position, asked in enumerate(form.fields if isinstance(form, FormEntry) else ()):
                if asked.type is FieldTypeName.SLOT:
                    booking.add(file.name)
                    counters = found.get(asked.counters or "")
                    if counters is not None and counters.slots is None:
                        at = ("fields", position, "counters")
                        self.findings.append(file.finding(at, "counters_without_slots", id=counters.id))
        booked = {Path(name).stem for name in booking}
        for file, service in entries["services"]:
            if (
                isinstance(service, ServiceEntry)
                and service.kind is ServiceKindName.APPOINTMENT
                and service.form in self.identifiers["forms"]
                and service.form not in booked
            ):
                self.findings.append(file.finding(("form",), "slot_needed", id=service.form))
        served: dict[str, str] = {}
        for file, entry in entries["counters"]:
            for position, service_id in enumerate(entry.services if isinstance(entry, CountersEntry) else ()):
                first = served.setdefault(service_id, file.name)
                if first != file.name:
                    place = ("services", position)
                    other = Path(first).stem
                    self.findings.append(file.finding(place, "served_twice", id=service_id, other=other))

    def tables(self, entries: Mapping[str, Sequence[tuple[YamlFile, Entry]]]) -> Tables:
        """The tables of the content; what lookups ask of them has to be a query that they understand."""
        tables, findings = table_file.read_tables(self.root / table_file.FOLDER)
        self.findings.extend(findings)
        for file, entry in entries["lookups"]:
            if isinstance(entry, LookupEntry):
                for place, problem, details in table_file.within_query(entry, tables):
                    self.findings.append(file.finding(place, problem, **details))
        return tables

    def _stranger(self, path: Path) -> None:
        if not path.name.startswith((".", "README")):
            self.findings.append(Finding(str(path), 1, "nobody_reads_this"))

    def _file(self, path: Path) -> YamlFile | None:
        try:
            file = read(path, str(path))
        except ContentWrong as wrong:
            self.findings.extend(wrong.findings)
            return None
        return file

    def _entry(self, file: YamlFile, kind: type[E], value: object, place: tuple[int | str, ...]) -> E | None:
        try:
            return kind.model_validate(value)
        except ValidationError as error:
            self.findings.extend(refusal.findings(file, error, kind, place))
            return None
