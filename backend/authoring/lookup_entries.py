"""The schema of lookups/<id>.yaml: what is asked, who may, how records are shown and said, and who answers.

What only the backend needs (source, query, where a value is found in an answer, what is owed) stays with it;
doors get the rest (`lookup`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from backend.authoring import contract, rules
from backend.authoring.entries import (
    Entry,
    FieldEntry,
    FieldIdentifier,
    FieldTypeName,
    Hint,
    Identifier,
    Label,
    Question,
    RuleEntry,
    ShortTitle,
)
from backend.authoring.rules import Violation
from backend_client.forms.form import Option
from backend_client.forms.lookup import (
    MAX_COLUMNS,
    MAX_QUESTIONS,
    MAX_RECORDS,
    PLACE,
    Access,
    Column,
    ColumnType,
    Lookup,
    questions,
)
from backend_client.forms.lookup_wire import lookup_to_proto
from backend_client.forms.wire import MAX_RULES
from foundation.language import Language, LocalizedText

MAX_SENTENCES = 2
"""Sentences in which a record is said."""
CONTENT = "content"
"""The source of the tables that lie in the content itself."""
GIVEN = ("identity_number", "today", "most")
"""What a query may use beside the answers: who the person is, the county's day, how many are wanted."""
_SENTENCE_END = {Language.ZH_CN: re.compile("[。！？]"), Language.EN: re.compile(r"[.!?](?=\s|$)")}


class AccessName(StrEnum):
    """Who may ask."""

    ANYONE = "anyone"
    CARD = "card"
    REFERENCE = "reference"


class ColumnTypeName(StrEnum):
    """What a column holds."""

    TEXT = "text"
    DIGITS = "digits"
    DATE = "date"
    PERIOD = "period"
    MONEY = "money"
    PLATE = "plate"
    COUNT = "count"
    CHOICE = "choice"
    PHONE_NUMBER = "phone_number"
    MOMENT = "moment"


Code = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class MeaningEntry(Entry):
    """What a value of a CHOICE means. codes: as the source writes it; its id where they are absent."""

    id: FieldIdentifier
    label: ShortTitle
    codes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)] | None = None


class ColumnEntry(Entry):
    """A column. at: where its value is found in the source's answer; its id where that is absent.

    unit: what the source counts money in.
    """

    id: FieldIdentifier
    type: ColumnTypeName
    label: Label
    options: Annotated[tuple[MeaningEntry, ...], Field(min_length=1, max_length=50)] | None = None
    at: Annotated[str, StringConstraints(pattern=r"^[^.\s]{1,60}(\.[^.\s]{1,60}){0,5}$")] | None = None
    unit: Literal["yuan", "fen"] = "yuan"


class WhileEntry(Entry):
    """What a CHOICE column has to say for a record to be payable."""

    column: FieldIdentifier
    any_of: Annotated[tuple[FieldIdentifier, ...], Field(min_length=1, max_length=50)]


class PayableEntry(Entry):
    """What is owed for a record. record: the column that names it; amount: what is to be paid."""

    record: FieldIdentifier
    amount: FieldIdentifier
    title: Question
    only_if: WhileEntry | None = None


class LookupEntry(Entry):
    """lookups/<id>.yaml.

    guess_at: the question that says whose records are wanted, where the others prove that one may see them:
    how often they are answered wrong is limited then. source: of the settings, or ``content``; query: SQL, or
    path and query of a URL; body: JSON that is sent, by name; records: where the list lies in a JSON answer.
    sent: a record as it goes out by SMS; where it is absent, none does.
    """

    id: Identifier
    title: ShortTitle
    access: AccessName
    fields: Annotated[tuple[FieldEntry, ...], Field(max_length=MAX_QUESTIONS)] = ()
    rules: Annotated[tuple[RuleEntry, ...], Field(max_length=MAX_RULES)] = ()
    guess_at: FieldIdentifier | None = None
    columns: Annotated[tuple[ColumnEntry, ...], Field(min_length=1, max_length=MAX_COLUMNS)]
    listed: Question
    said: Hint
    nothing: Hint
    sent: Hint | None = None
    source: Identifier
    query: Annotated[str, StringConstraints(min_length=1, max_length=8000)]
    body: Annotated[Mapping[FieldIdentifier, Code], Field(max_length=30)] | None = None
    records: Annotated[str, StringConstraints(pattern=r"^([^.\s]{1,60}(\.[^.\s]{1,60}){0,5})?$")] = ""
    most: Annotated[int, Field(ge=1, le=MAX_RECORDS)] = 20
    payable: PayableEntry | None = None
    demonstration: bool = False

    @property
    def name(self) -> str:
        """Its resource name."""
        return f"lookups/{self.id}"


def lookup(entry: LookupEntry) -> Lookup:
    """What doors get of it; its revision is a hash of all that."""
    title = LocalizedText(entry.title.zh, entry.title.en)
    made = Lookup(
        name=entry.name,
        revision="",
        title=title,
        access=Access[entry.access.name],
        questions=replace(
            questions(entry.name, title),
            fields=tuple(map(contract.field, entry.fields)),
            rules=tuple(map(contract.rule, entry.rules)),
        ),
        columns=tuple(_column(column) for column in entry.columns),
        listed=LocalizedText(entry.listed.zh, entry.listed.en),
        said=LocalizedText(entry.said.zh, entry.said.en),
        nothing=LocalizedText(entry.nothing.zh, entry.nothing.en),
        demonstration=entry.demonstration,
    )
    content = lookup_to_proto(made).SerializeToString(deterministic=True)
    return replace(made, revision=hashlib.sha256(content).hexdigest()[:16])


def _column(entry: ColumnEntry) -> Column:
    return Column(
        entry.id,
        ColumnType[entry.type.name],
        LocalizedText(entry.label.zh, entry.label.en),
        tuple(Option(one.id, LocalizedText(one.label.zh, one.label.en)) for one in entry.options or ()),
    )


def within_lookup(entry: LookupEntry) -> Iterator[Violation]:
    """What is wrong inside one entry."""
    yield from rules.questions(entry.fields, entry.rules)
    yield from _asking(entry)
    columns = {column.id: column for column in entry.columns}
    for position, identifier in rules.twice(column.id for column in entry.columns):
        yield ("columns", position, "id"), "id_twice", {"id": identifier}
    for position, column in enumerate(entry.columns):
        for place, problem, details in _within_column(column):
            yield ("columns", position, *place), problem, details
    for name in ("listed", "said"):
        for key, text in (("zh", getattr(entry, name).zh), ("en", getattr(entry, name).en)):
            for unknown in sorted(set(PLACE.findall(text)) - columns.keys()):
                yield (name, key), "no_such_column", {"id": unknown}
    for language, text in ((Language.ZH_CN, entry.said.zh), (Language.EN, entry.said.en)):
        if (count := len(_SENTENCE_END[language].findall(text))) > MAX_SENTENCES:
            key = "zh" if language is Language.ZH_CN else "en"
            yield ("said", key), "too_many_sentences", {"count": count, "most": MAX_SENTENCES}
    if entry.sent is not None:
        yield from _sent(entry.sent, columns)
    if entry.payable is not None:
        yield from _payable(entry.payable, columns)


def _sent(sent: Hint, columns: Mapping[str, ColumnEntry]) -> Iterator[Violation]:
    """Words may name somebody, and whoever finds a telephone reads its messages: they are not sent."""
    for key, text in (("zh", sent.zh), ("en", sent.en)):
        for name in sorted(set(PLACE.findall(text))):
            if name not in columns:
                yield ("sent", key), "no_such_column", {"id": name}
            elif columns[name].type is ColumnTypeName.TEXT:
                yield ("sent", key), "words_not_sent", {"id": name}


def _asking(entry: LookupEntry) -> Iterator[Violation]:
    names = [field.id for field in entry.fields]
    if entry.access is AccessName.ANYONE and not names:
        yield ("access",), "lookup_asks_nothing", {}
    if entry.guess_at is not None and entry.guess_at not in names:
        yield ("guess_at",), "no_such_field", {"id": entry.guess_at}
    for position, field in enumerate(entry.fields):
        if field.id in GIVEN:
            yield ("fields", position, "id"), "name_is_taken", {"id": field.id}
        if field.type is FieldTypeName.TEXT and field.required:
            yield ("fields", position, "required"), "text_by_keys", {"id": field.id}
        if field.type is FieldTypeName.IDENTITY_NUMBER and entry.access is not AccessName.ANYONE:
            yield ("fields", position, "type"), "identity_is_known", {"id": field.id}
        if field.prefill is not None:
            yield ("fields", position, "prefill"), "lookup_without_prefill", {}
        if field.type is FieldTypeName.SLOT:
            yield ("fields", position, "type"), "lookup_without_slot", {}


def _within_column(column: ColumnEntry) -> Iterator[Violation]:
    chosen = column.type is ColumnTypeName.CHOICE
    if chosen and column.options is None:
        yield ("type",), "options_needed", {}
    if not chosen and column.options is not None:
        yield ("options",), "bound_of_other_type", {"bound": "options", "type": column.type.value}
    if column.unit != "yuan" and column.type is not ColumnTypeName.MONEY:
        yield ("unit",), "bound_of_other_type", {"bound": "unit", "type": column.type.value}
    codes = [code for option in column.options or () for code in option.codes or (option.id,)]
    for position, identifier in rules.twice(option.id for option in column.options or ()):
        yield ("options", position, "id"), "id_twice", {"id": identifier}
    for _, code in rules.twice(codes):
        yield ("options",), "id_twice", {"id": code}


def _payable(payable: PayableEntry, columns: Mapping[str, ColumnEntry]) -> Iterator[Violation]:
    record, amount = columns.get(payable.record), columns.get(payable.amount)
    for key, name, found in (("record", payable.record, record), ("amount", payable.amount, amount)):
        if found is None:
            yield ("payable", key), "no_such_column", {"id": name}
    if record and record.type not in (ColumnTypeName.TEXT, ColumnTypeName.DIGITS):
        yield ("payable", "record"), "column_of_other_type", {"id": record.id, "type": "digits"}
    if amount and amount.type is not ColumnTypeName.MONEY:
        yield ("payable", "amount"), "column_of_other_type", {"id": amount.id, "type": "money"}
    for key, text in (("zh", payable.title.zh), ("en", payable.title.en)):
        for unknown in sorted(set(PLACE.findall(text)) - columns.keys()):
            yield ("payable", "title", key), "no_such_column", {"id": unknown}
    if payable.only_if is None:
        return
    column = columns.get(payable.only_if.column)
    if column is None:
        yield ("payable", "only_if", "column"), "no_such_column", {"id": payable.only_if.column}
    elif column.type is not ColumnTypeName.CHOICE:
        details = {"id": column.id, "type": "choice"}
        yield ("payable", "only_if", "column"), "column_of_other_type", details
    else:
        options = [option.id for option in column.options or ()]
        for position, option in enumerate(payable.only_if.any_of):
            if option not in options:
                details = {"option": option, "id": column.id, "options": ", ".join(options)}
                yield ("payable", "only_if", "any_of", position), "no_such_option", details
