"""A spreadsheet exported as CSV, one entry a row, and the YAML files that are made of it.

The first row names the columns as the YAML files name things, joined by dots, parts of a list by position:
``title.zh``, ``sections.1.heading.en``, ``guide.materials.2.zh``. An empty cell is nothing. Every row is
judged as its file would be; nothing is written where one is wrong.

UTF-8 and GB 18030, or UTF-16 with its mark; commas, semicolons or tabs; line ends within quotation marks are
paragraphs (RFC 4180). Days and times may be written as spreadsheets do: ``2026/9/18``, ``2026/12/3 8:00``.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from backend.authoring import naming, refusal, rules
from backend.authoring.entries import Entry, NoticeEntry, PolicyEntry, ServiceEntry
from backend.authoring.finding import ContentWrong, Finding
from backend.authoring.yaml_file import Place

KINDS: Mapping[str, type[Entry]] = {
    "policies": PolicyEntry,
    "notices": NoticeEntry,
    "services": ServiceEntry,
}
"""What a spreadsheet can hold, by folder."""
MAX_BYTES = 64 << 20
MAX_ROWS = 20_000

_DELIMITERS = ",;\t"
_SPREADSHEET_TIME = re.compile(
    r"(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})"
    r"(?:[ T](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::[0-9]{2})?)?"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One entry: what its file will say. columns: of each place, as letters."""

    file: str
    number: int
    value: dict[str, Any]
    columns: Mapping[Place, str]

    def finding(self, place: Place, problem: str, **details: object) -> Finding:
        """A finding at the cell of a place, or at the first cell of what it is part of."""
        at = place
        while at and at not in self.columns:
            within = [column for known, column in self.columns.items() if known[: len(at)] == at]
            if within:
                return Finding(self.file, self.number, problem, details, within[0])
            at = at[:-1]
        return Finding(self.file, self.number, problem, details, self.columns.get(at, "A"))


def read_sheet(path: Path, kind: str, topics: Sequence[str], known: Mapping[str, Sequence[str]]) -> list[Row]:
    """The rows of a file, checked. topics: the identifiers that a row may name; known: others, by folder.

    Raises ContentWrong with everything that is wrong.
    """
    rows = _rows(path, _records(path, _text(path)))
    findings: list[Finding] = []
    for row in rows:
        try:
            entry = KINDS[kind].model_validate(row.value)
        except ValidationError as error:
            findings.extend(refusal.findings(row, error, KINDS[kind], ()))
        else:
            findings.extend(row.finding(place, problem, **why) for place, problem, why in rules.within(entry))
        unknown = naming.unknown(kind, row.value, topics, known)
        findings.extend(row.finding(place, problem, **why) for place, problem, why in unknown)
    for position, identifier in rules.twice(str(row.value.get("id", row.number)) for row in rows):
        findings.append(rows[position].finding(("id",), "id_twice", id=identifier[:60]))
    if findings:
        raise ContentWrong(tuple(sorted(findings)))
    return rows


def write_entries(rows: Sequence[Row], folder: Path) -> tuple[int, int]:
    """Writes a file for each row; how many are new, and how many replaced another. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    new = 0
    for row in rows:
        file = folder / f"{row.value['id']}.yaml"
        new += not file.exists()
        part = file.with_suffix(".yaml.part")
        part.write_text(written(row.value), "utf-8")
        part.replace(file)
    return new, len(rows) - new


def written(value: Mapping[str, Any]) -> str:
    """An entry as YAML: texts on one line, however long, and paragraphs as a block."""
    return yaml.dump(dict(value), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1 << 30)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text_node)


def _text(path: Path) -> str:
    def wrong(problem: str, **details: object) -> ContentWrong:
        return ContentWrong((Finding(str(path), 1, problem, details),))

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise wrong("unreadable", reason=error.strerror) from None
    if len(data) > MAX_BYTES:
        raise wrong("file_too_large", kilobytes=MAX_BYTES // 1024)
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if utf_16 else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise wrong("not_a_known_encoding")


def _records(path: Path, text: str) -> list[list[str]]:
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append(record)
            if len(records) > MAX_ROWS + 1:
                raise ContentWrong((Finding(str(path), len(records), "too_many_rows", {"most": MAX_ROWS}),))
    except csv.Error as error:
        raise ContentWrong((Finding(str(path), len(records) + 1, "not_csv", {"reason": error}),)) from None
    return records


def _rows(path: Path, records: list[list[str]]) -> list[Row]:
    """The entries of all rows but the first, which names the columns."""
    if len(records) < 2:
        raise ContentWrong((Finding(str(path), 1, "no_rows", {}),))
    names = [name.strip() for name in records[0]]
    places = [_place(name) for name in names]
    findings = [
        Finding(str(path), 1, "no_column_name", {"given": name[:40]}, _letters(column))
        for column, (name, place) in enumerate(zip(names, places, strict=True))
        if place is None and any(column < len(record) and record[column].strip() for record in records)
    ]
    findings += [
        Finding(str(path), 1, "column_twice", {"name": name[:40]}, _letters(position))
        for position, name in rules.twice(names)
        if name
    ]
    findings += [
        Finding(str(path), 1, "column_within_column", {"name": names[column]}, _letters(column))
        for column, place in enumerate(places)
        if place is not None and any(_clash(place, other) for other in places if other is not None)
    ]
    for number, record in enumerate(records[1:], 2):
        if any(cell.strip() for cell in record[len(names) :]):
            findings.append(Finding(str(path), number, "cell_without_column", {}, _letters(len(names))))
    if findings:
        raise ContentWrong(tuple(findings))
    return [
        _row(str(path), number, places, record)
        for number, record in enumerate(records[1:], 2)
        if any(cell.strip() for cell in record)
    ]


def _row(file: str, number: int, places: Sequence[Place | None], record: Sequence[str]) -> Row:
    tree: _Tree = {}
    columns: dict[Place, str] = {}
    for column, (place, cell) in enumerate(zip(places, record, strict=False)):
        if place is None:
            continue
        letters = _letters(column)
        columns[place] = letters
        if cell.strip():
            node = tree
            for step in place[:-1]:
                inner = node.setdefault(step, {})
                assert isinstance(inner, dict), "no column is part of another"
                node = inner
            node[place[-1]] = _Cell(_fitted(place, cell.strip()), letters)
    value: dict[str, Any] = {}
    for key, branch in tree.items():
        value[str(key)] = _value(branch, (key,), columns)
    return Row(file, number, value, columns)


@dataclass(frozen=True, slots=True)
class _Cell:
    """What stands in a cell that is not empty, and its column."""

    text: str
    letters: str


_Tree = dict[int | str, "_Cell | _Tree"]


def _value(branch: _Cell | _Tree, place: Place, columns: dict[Place, str]) -> Any:
    """A branch as YAML would give it. Positions in lists close up where cells between are empty."""
    if isinstance(branch, _Cell):
        columns[place] = branch.letters
        return branch.text
    if any(isinstance(step, int) for step in branch):
        ordered = sorted(branch.items(), key=lambda item: int(item[0]))
        return [_value(part, (*place, at), columns) for at, (_, part) in enumerate(ordered)]
    return {step: _value(part, (*place, step), columns) for step, part in branch.items()}


def _place(name: str) -> Place | None:
    """The place that the name of a column means; None where it is none."""
    if not re.fullmatch(r"[a-z_]{1,30}(\.([a-z_]{1,30}|[1-9][0-9]?))*", name):
        return None
    return tuple(int(part) - 1 if part.isdigit() else part for part in name.split("."))


def _clash(place: Place, other: Place) -> bool:
    """Whether one column is part of the other, or one sees a list where the other does not."""
    for step, another in zip(place, other, strict=False):
        if step != another:
            return isinstance(step, int) != isinstance(another, int)
    return len(place) != len(other)


def _fitted(place: Place, cell: str) -> str:
    """A day or a time as the YAML files write it; other cells as they are."""
    found = _SPREADSHEET_TIME.fullmatch(cell)
    if not found or not str(place[-1]).endswith(("_date", "_time")):
        return cell
    day = f"{found['year']}-{int(found['month']):02d}-{int(found['day']):02d}"
    if place[-1] == "issue_date":
        return day
    return f"{day}T{int(found['hour'] or 0):02d}:{found['minute'] or '00'}:00+08:00"


def _letters(column: int) -> str:
    """A, B, … Z, AA: the column as spreadsheets name it."""
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return letters
