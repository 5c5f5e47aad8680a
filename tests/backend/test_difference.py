"""A clerk sees exactly what will change, before it does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from backend.authoring.difference import Change, difference
from backend.authoring.finding import LOCALE
from backend.authoring.reading import read_content
from backend.authoring.telling import told
from backend.command import main
from foundation.language import Language, translator
from tests.backend.house import CONTENT, copy_content
from tests.backend.test_content_check import asked_if, replace, rules

POLICY, SERVICE, FORM, NOTICE = (
    "policies/stalls.yaml",
    "services/permit.yaml",
    "forms/everything.yaml",
    "notices/jobs.yaml",
)


def changes(tmp_path: Path, *edits: Callable[[Path], None]) -> tuple[Change, ...]:
    """What differs once the content has been edited."""
    folder = copy_content(tmp_path / "content")
    for edit in edits:
        edit(folder)
    return difference(read_content(CONTENT), read_content(folder))


def lines(found: tuple[Change, ...], language: Language = Language.EN) -> list[str]:
    translate = translator("backend", LOCALE, language)
    return [line for change in found for line in told(change, language, translate)]


def removed(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def copied(name: str, identifier: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        file = folder / name
        text = file.read_text("utf-8").replace(f"id: {file.stem}\n", f"id: {identifier}\n", 1)
        file.with_stem(identifier).write_text(text, "utf-8")

    return edit


def test_nothing_changes_where_only_the_files_look_otherwise(tmp_path: Path) -> None:
    def reformatted(folder: Path) -> None:
        for file in folder.rglob("*.yaml"):
            file.write_text(f"# a note for clerks\n{file.read_text('utf-8')}\n", "utf-8")

    assert changes(tmp_path, reformatted) == ()


KINDS = [
    (replace(POLICY, "Evening stalls", "Night stalls"), "~ Policy stalls", "en + Night stalls"),
    (replace(POLICY, "夜市摆摊规定", "夜间摆摊规定"), "~ Policy stalls", "zh - 夜市摆摊规定"),
    (
        replace(POLICY, "demonstration: true", "demonstration: false"),
        "~ Policy stalls",
        "- demonstration: true",
    ),
    (removed(POLICY), "- Policy stalls", "  - title"),
    (copied(POLICY, "stands"), "+ Policy stands", "  + title"),
    (replace(SERVICE, "zh: 许可申请\n", "zh: 经营许可\n"), "~ Service permit", "zh + 经营许可"),
    (copied(SERVICE, "licence"), "+ Service licence", "  + form: everything"),
    (
        replace(FORM, "- id: remarks\n", "- id: notes\n"),
        "~ Form everything",
        "  + fields › notes › type: text",
    ),
    (
        replace(FORM, "- id: remarks\n", "- id: notes\n"),
        "~ Form everything",
        "  - fields › remarks › type: text",
    ),
    (asked_if("goods", "fruit"), "~ Form everything", "  + fields › remarks › asked_if › goods: fruit"),
    (
        rules("at_most: {field: born, other: start}, "),
        "~ Form everything",
        "  + rules › 1 › at_most: born ≤ start",
    ),
    (rules("one_of: {fields: [born, remarks]}, "), "~ Form everything", "  + rules › 1 › sentence"),
    (
        replace(FORM, "declaration:\n", "retention: 60\ndeclaration:\n"),
        "~ Form everything",
        "  ~ retention: 1095 → 60",
    ),
    (replace(NOTICE, "-3d 09:00", "-2d 09:00"), "~ Notice jobs", "publish_time: -3d 09:00 → -2d 09:00"),
    (removed(NOTICE), "- Notice jobs", "  - category"),
]


@pytest.mark.parametrize(("edit", "entry", "part"), KINDS, ids=[f"{k[1]} {k[2]}" for k in KINDS])
def test_every_kind_of_change_is_told(
    tmp_path: Path, edit: Callable[[Path], None], entry: str, part: str
) -> None:
    found = lines(changes(tmp_path, edit))
    assert any(line.startswith(entry) for line in found), found
    assert any(part in line for line in found), found


def test_topics_synonyms_and_order_are_told_too(tmp_path: Path) -> None:
    def turned(folder: Path) -> None:
        topics = (folder / "topics.yaml").read_text("utf-8").split("- id: ")
        (folder / "topics.yaml").write_text("- id: ".join(["", *reversed(topics[1:])]), "utf-8")
        (folder / "synonyms.yaml").write_text("- [灯, lamp]\n", "utf-8")

    def earlier(folder: Path) -> None:
        form = folder / FORM
        head, _, rest = form.read_text("utf-8").partition("- id: phone\n")
        phone, _, rest = rest.partition("- id: licence\n")
        licence, _, rest = rest.partition("- id: start\n")
        text = f"{head}- id: licence\n{licence}- id: phone\n{phone}- id: start\n{rest}"
        form.write_text(text, "utf-8")

    found = lines(changes(tmp_path, turned, earlier))
    assert any(line.startswith("~ Topic") for line in found), found
    assert "+ Synonyms 灯, lamp: added" in found
    order = next(line for line in found if "New order: full_name" in line)
    assert order.index("licence") < order.index("phone")


def test_a_change_of_one_language_shows_the_other_unchanged(tmp_path: Path) -> None:
    (change,) = changes(tmp_path, replace(POLICY, "Evening stalls", "Night stalls"))
    found = lines((change,), Language.ZH_CN)
    assert found[0].startswith("~ 政策 stalls（夜市摆摊规定）: 修改")
    assert [line for line in found if line.startswith("      zh")] == []


def test_the_command_shows_the_change_as_terminals_and_callers_meet_it(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", copy_content(tmp_path / "content")
    runner = CliRunner(env={"LC_ALL": "C"})
    published = runner.invoke(main, ["--data", str(data), "content", "publish", str(CONTENT)])
    assert published.exit_code == 0, published.output
    same = runner.invoke(main, ["--data", str(data), "content", "diff", str(folder)])
    assert (same.exit_code, same.output.splitlines()[-1]) == (
        0,
        "Nothing that residents see or hear changes.",
    )
    question = read_content(CONTENT).forms["forms/everything"].field("neighbours_agree").question
    replace(FORM, question.zh_cn, "请问邻居都同意吗？")(folder)
    replace(FORM, question.en, "Do your 3 neighbours agree?")(folder)
    shown = runner.invoke(main, ["--data", str(data), "content", "diff", str(folder)])
    assert shown.exit_code == 0, shown.output
    screen, phone = shown.output.split("== Telephone", 1)
    assert "      + 请问邻居都同意吗？" in screen
    assert "      + Do your 3 neighbours agree?" in screen
    assert f"      - {question.zh_cn}" in phone
    assert "      + Do your three neighbours agree?" in phone
