"""Spreadsheets as clerks export them."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from backend.authoring.finding import ContentWrong
from backend.authoring.reading import named_in, read_content
from backend.authoring.sheet import MAX_BYTES, MAX_ROWS, Row, read_sheet, write_entries, written
from backend.command import main
from backend.settings import PACKAGED
from foundation.language import Language

SAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "policies.csv"
TOPICS, FORMS = named_in(PACKAGED)
NAMES = next(csv.reader(io.StringIO(SAMPLE.read_text("utf-8"))))
RECORD = {
    "id": "lamps",
    "topic": TOPICS[0],
    "title.zh": "路灯",
    "title.en": "Lamps",
    "issuer.zh": "县政府",
    "issuer.en": "County",
    "issue_date": "2026/9/8",
    "summary.zh": "路灯。",
    "summary.en": "Lamps.",
    "sections.1.heading.zh": "标准",
    "sections.1.heading.en": "Standard",
    "sections.1.text.zh": "每50米一盏。",
    "sections.1.text.en": "One every 50 metres.",
}


def sheet(records: list[dict[str, str]], delimiter: str = ",") -> str:
    """The records as a spreadsheet exports them."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(records[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(records)
    return file.getvalue()


def read(tmp_path: Path, data: bytes | str, kind: str = "policies") -> list[Row]:
    file = tmp_path / "sheet.csv"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_sheet(file, kind, TOPICS, FORMS)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode(),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("gb18030"),
        lambda text: text.encode("utf-16"),
    ],
    ids=["utf-8", "utf-8 with its mark", "gb18030", "utf-16"],
)
def test_every_way_to_export_gives_the_same(
    tmp_path: Path, delimiter: str, encode: Callable[[str], bytes]
) -> None:
    (row,) = read(tmp_path, encode(sheet([RECORD], delimiter)))
    assert row.value == {
        "id": "lamps",
        "topic": TOPICS[0],
        "title": {"zh": "路灯", "en": "Lamps"},
        "issuer": {"zh": "县政府", "en": "County"},
        "issue_date": "2026-09-08",
        "summary": {"zh": "路灯。", "en": "Lamps."},
        "sections": [
            {
                "heading": {"zh": "标准", "en": "Standard"},
                "text": {"zh": "每50米一盏。", "en": "One every 50 metres."},
            }
        ],
    }


def test_line_ends_in_a_cell_are_paragraphs_and_empty_rows_are_nothing(tmp_path: Path) -> None:
    record = {**RECORD, "sections.1.text.zh": "第一段。\n第二段。"}
    text = sheet([record]) + "," * (len(record) - 1) + "\r\n"
    (row,) = read(tmp_path, text)
    assert row.value["sections"][0]["text"]["zh"] == "第一段。\n第二段。"


def test_what_is_written_is_read_again_as_it_was(tmp_path: Path) -> None:
    rows = read(tmp_path, sheet([{**RECORD, "title.en": "no", "summary.en": "a: b # c\n- d"}]))
    assert yaml.load(written(rows[0].value), Loader=yaml.BaseLoader) == rows[0].value
    assert write_entries(rows, tmp_path / "policies") == (1, 0)
    assert write_entries(rows, tmp_path / "policies") == (0, 1)
    assert [file.name for file in (tmp_path / "policies").iterdir()] == ["lamps.yaml"]


def test_the_sample_of_the_manual_becomes_content(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(PACKAGED, tmp_path / "content"))
    arguments = ["content", "import-csv", str(SAMPLE), str(folder), "--kind", "policies"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    policies = {policy.name: policy for policy in read_content(folder).policies}
    lighting = policies["policies/village-lighting"]
    assert [section.heading.en for section in lighting.sections] == [
        "Where lights stand",
        "Reporting a broken light",
    ]
    assert len(policies["policies/well-testing"].sections) == 1


def test_services_and_notices_come_from_spreadsheets_too(tmp_path: Path) -> None:
    for kind in ("services", "notices"):
        for file in sorted((PACKAGED / kind).glob("*.yaml"))[:4]:
            value = yaml.load(file.read_text("utf-8"), Loader=yaml.BaseLoader)
            (row,) = read(tmp_path, sheet([flat(value)]), kind)
            assert row.value == value


def flat(value: Any, place: str = "") -> dict[str, str]:
    """An entry as the cells of a row."""
    if isinstance(value, str):
        return {place: value}
    steps = value.items() if isinstance(value, dict) else enumerate(value, 1)
    cells: dict[str, str] = {}
    for step, inner in steps:
        cells |= flat(inner, f"{place}.{step}" if place else str(step))
    return cells


def test_notices_take_the_times_of_spreadsheets(tmp_path: Path) -> None:
    record = {name: cell for name, cell in RECORD.items() if name[:5] not in {"topic", "issue"}}
    record |= {"category": "traffic", "publish_time": "2026/12/1 8:05", "end_time": "2026-12-03"}
    (row,) = read(tmp_path, sheet([record]), "notices")
    assert row.value["publish_time"] == "2026-12-01T08:05:00+08:00"
    assert row.value["end_time"] == "2026-12-03T00:00:00+08:00"


def with_cell(name: str, cell: str) -> str:
    return sheet([RECORD, {**RECORD, "id": "other", name: cell}])


WRONG = [
    (sheet([RECORD])[:1].encode() + b"\xff\xfe\xff", "1:", "not_a_known_encoding"),
    (b"x" * (MAX_BYTES + 1), "1:", "file_too_large"),
    ('id,topic\n"lamps,x\n', "2:", "not_csv"),
    ("id,topic\n", "1:", "no_rows"),
    ("", "1:", "no_rows"),
    ("id\n" + "a\n" * (MAX_ROWS + 2), f"{MAX_ROWS + 2}:", "too_many_rows"),
    ("id,标题\na,b\n", "1:B:", "no_column_name"),
    ("id,id\na,b\n", "1:B:", "column_twice"),
    ("id,title,title.zh\na,b,c\n", "1:B:", "column_within_column"),
    ("id,sections.1.text.zh,sections.text.zh\na,b,c\n", "1:B:", "column_within_column"),
    ("id\na,b\n", "2:B:", "cell_without_column"),
    (with_cell("topic", "nothing"), "3:B:", "no_such_topic"),
    (with_cell("title.en", ""), "3:D:", "missing_en"),
    (with_cell("title.en", "夜市"), "3:D:", "not_english"),
    (with_cell("issue_date", "2026/2/30"), "3:G:", "not_a_day"),
    (with_cell("id", "Not An Id"), "3:A:", "not_an_identifier"),
    (with_cell("sections.1.text.zh", ""), "3:L:", "missing_zh"),
    (sheet([RECORD, RECORD]), "3:A:", "id_twice"),
    (sheet([{**RECORD, "sumary.zh": "x"}]), "2:N:", "misspelt_key"),
]


@pytest.mark.parametrize(("data", "place", "problem"), WRONG, ids=[f"{w[2]} {w[1]}" for w in WRONG])
def test_a_mistake_is_found_at_its_cell(tmp_path: Path, data: bytes | str, place: str, problem: str) -> None:
    with pytest.raises(ContentWrong) as caught:
        read(tmp_path, data)
    found = [one for one in caught.value.findings if one.problem == problem]
    assert found, caught.value.findings
    for language in Language:
        assert found[0].sentence(language).startswith(f"{tmp_path / 'sheet.csv'}:{place}")
    assert "{" not in found[0].sentence(Language.ZH_CN)


def test_nothing_is_written_where_a_row_is_wrong(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(PACKAGED, tmp_path / "content"))
    before = sorted(folder.rglob("*"))
    file = tmp_path / "sheet.csv"
    file.write_text(with_cell("topic", "nothing"), "utf-8")
    arguments = ["content", "import-csv", str(file), str(folder), "--kind", "policies"]
    done = CliRunner(env={"LC_ALL": "C"}).invoke(main, arguments)
    assert done.exit_code == 1
    assert f"{file}:3:B: topics.yaml has no topic" in done.output
    assert sorted(folder.rglob("*")) == before
