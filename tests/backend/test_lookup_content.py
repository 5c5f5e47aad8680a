"""Lookups in the content: a clerk's mistakes, what changes for residents, and tables that never go stale."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from backend.authoring.difference import Kind, difference
from backend.authoring.finding import ContentWrong
from backend.authoring.packing import pack, unpack
from backend.authoring.reading import digest_of, named_in, read_content
from backend.authoring.sheet import read_sheet
from foundation.language import Language
from tests.lookups import COLUMNS, FIELDS, add_lookup, lookup_content

FILE = "lookups/trial.yaml"
TABLE = "id,name,count,seen\n1,甲,3,{-3d}\n2,乙,4,{-1m}\n3,丙,5,{2d 08:15}\n"
QUERY = "SELECT name, count FROM things WHERE id = :number LIMIT :most"


def trial(query: str = QUERY, source: str = "content", **changes: str) -> Callable[[Path], None]:
    """A lookup over a table of the content, with changes."""

    def change(folder: Path) -> None:
        (folder / "tables").mkdir(exist_ok=True)
        (folder / "tables" / "things.csv").write_text(TABLE, "utf-8")
        add_lookup(folder, "trial", source, query, **changes)

    return change


def table(text: str, name: str = "things") -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        trial()(folder)
        (folder / "tables" / f"{name}.csv").write_text(text, "utf-8")

    return change


def service(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        trial()(folder)
        file = folder / "services" / "trial.yaml"
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), "utf-8")

    return change


def payable(line: str) -> str:
    return f"payable:\n  title: {{zh: 罚款, en: Fine}}\n{line}"


MONEY = COLUMNS + "- {id: fine, type: money, label: {zh: 罚款, en: Fine}}\n"
STATES = (
    COLUMNS
    + "- id: state\n  type: choice\n  label: {zh: 情况, en: State}\n"
    + "  options: [{id: owed, label: {zh: 未缴, en: owed}}, {id: paid, label: {zh: 已缴, en: paid}}]\n"
)
ONLY_IF = "  record: name\n  amount: count\n  only_if: {column: state, any_of: [gone]}\n"
SENT = 'sent: {zh: "名称{name}", en: "Name {name}"}\n'
MISTAKES = [
    (FILE, trial(more=SENT), "words_not_sent"),
    (FILE, trial(more=SENT.replace("{name}", "{nobody}")), "no_such_column"),
    ("services/trial.yaml", service("lookup: trial", "lookup: nobody"), "no_such_lookup"),
    ("services/trial.yaml", service("lookup: trial\n", ""), "lookup_needed"),
    ("services/trial.yaml", service("kind: lookup", "kind: guide"), "lookup_not_wanted"),
    (FILE, trial(fields="fields: []\n"), "lookup_asks_nothing"),
    (FILE, trial(fields=FIELDS.replace("id: number", "id: today")), "name_is_taken"),
    (FILE, trial(fields=FIELDS.replace("type: digits\n  max_length: 8", "type: text")), "text_by_keys"),
    (
        FILE,
        trial(
            access="access: card\n",
            fields=FIELDS.replace("type: digits\n  max_length: 8", "type: identity_number"),
        ),
        "identity_is_known",
    ),
    (
        FILE,
        trial(fields=FIELDS.replace("type: digits\n  max_length: 8", "type: date\n  prefill: birth_date")),
        "lookup_without_prefill",
    ),
    (
        FILE,
        trial(fields=FIELDS.replace("type: digits\n  max_length: 8", "type: slot\n  counters: none")),
        "lookup_without_slot",
    ),
    (FILE, trial(said='said: {zh: "有{nobody}。", en: "{name}."}\n'), "no_such_column"),
    (FILE, trial(said='said: {zh: "一。二。三。", en: "One."}\n'), "too_many_sentences"),
    (FILE, trial(said='said: {zh: "一。", en: "One. Two. Three."}\n'), "too_many_sentences"),
    (FILE, trial(more="guess_at: nobody\n"), "no_such_field"),
    (FILE, trial(columns=COLUMNS.replace("type: text", "type: choice")), "options_needed"),
    (FILE, trial(more=payable("  record: name\n  amount: nobody\n")), "no_such_column"),
    (FILE, trial(more=payable("  record: name\n  amount: count\n")), "column_of_other_type"),
    (
        FILE,
        trial(
            columns=STATES,
            more=payable(ONLY_IF),
        ),
        "no_such_option",
    ),
    (FILE, trial("SELECT name FROM things"), "column_not_told"),
    (FILE, trial("SELEKT name FROM things"), "query_wrong"),
    (FILE, trial("SELECT name, count FROM nothing"), "query_wrong"),
    (FILE, trial("SELECT name, count FROM things WHERE id = :nobody"), "query_wrong"),
    (FILE, trial("DELETE FROM things RETURNING name, count"), "query_wrong"),
    (FILE, trial("ATTACH DATABASE 'x.db' AS name"), "query_wrong"),
    ("tables/Things.csv", table(TABLE, "Things"), "table_name"),
    ("tables/things.csv", table("id,Name\n1,甲\n"), "table_name"),
    ("tables/things.csv", table("id,id\n1,甲\n"), "table_columns"),
    ("tables/things.csv", table("id,name,count,seen\n1,甲\n"), "table_row"),
]


@pytest.mark.parametrize(("file", "change", "problem"), MISTAKES, ids=[m[2] for m in MISTAKES])
def test_a_mistake_is_found_in_its_file(
    tmp_path: Path, file: str, change: Callable[[Path], None], problem: str
) -> None:
    folder = lookup_content(tmp_path / "content")
    change(folder)
    with pytest.raises(ContentWrong) as caught:
        read_content(folder)
    found = [(finding.file, finding.problem) for finding in caught.value.findings]
    assert (str(folder / file), problem) in found, found
    for finding in caught.value.findings:
        chinese, english = finding.sentence(Language.ZH_CN), finding.sentence(Language.EN)
        assert chinese != english
        assert "{" not in chinese + english


def test_a_lookup_is_published_with_its_tables(tmp_path: Path) -> None:
    folder = lookup_content(tmp_path / "content")
    trial()(folder)
    before = digest_of(folder)
    content = read_content(folder)
    again = unpack(pack(content))
    assert again.lookups == content.lookups
    assert again.tables == content.tables
    (folder / "tables" / "things.csv").write_text(TABLE + "4,丁,6,\n", "utf-8")
    assert digest_of(folder) != before


def test_cells_are_counted_from_the_day_on_which_they_are_read(tmp_path: Path) -> None:
    folder = lookup_content(tmp_path / "content")
    trial()(folder)
    database = read_content(folder).tables.database(date(2027, 1, 2))
    seen = [row[0] for row in database.execute("SELECT seen FROM things ORDER BY id")]
    database.close()
    assert seen == ["2026-12-30", "2026-12", "2027-01-04 08:15"]


def test_what_changes_of_a_lookup_is_told(tmp_path: Path) -> None:
    folder = lookup_content(tmp_path / "content")
    old = read_content(folder)
    trial()(folder)
    added = read_content(folder)
    (change,) = [one for one in difference(old, added) if one.kind is Kind.LOOKUPS]
    assert (change.identifier, change.added) == ("trial", True)
    trial(said='said: {zh: "有{count}件。", en: "There are {count}."}\n')(folder)
    (change,) = [one for one in difference(added, read_content(folder)) if one.kind is Kind.LOOKUPS]
    assert [(part.place, str(part.new and part.new)) for part in change.parts] == [
        (("said",), str(change.parts[0].new))
    ]
    assert change.parts[0].old != change.parts[0].new


def test_a_spreadsheet_of_services_may_name_lookups(tmp_path: Path) -> None:
    folder = lookup_content(tmp_path / "content")
    trial()(folder)
    head = "id,rank,kind,lookup,title.zh,title.en,summary.zh,summary.en,department.zh,department.en"
    row = "other,5,lookup,{},查询,Lookup,查一查。,Look it up.,惠民县,Huimin County"
    guide = "".join(
        f",guide.{name}.zh,guide.{name}.en"
        for name in ("eligibility", "materials.1", "steps.1", "duration", "fee", "place", "opening_hours")
    )
    cells = ",都行。,Any." * 7
    for lookup, problems in (("trial", []), ("nobody", ["no_such_lookup"])):
        sheet = tmp_path / "services.csv"
        sheet.write_text(f"{head}{guide},guide.phone\n{row.format(lookup)}{cells},0871-00001234\n", "utf-8")
        try:
            read_sheet(sheet, "services", *named_in(folder))
        except ContentWrong as wrong:
            assert [finding.problem for finding in wrong.findings] == problems
        else:
            assert problems == []
