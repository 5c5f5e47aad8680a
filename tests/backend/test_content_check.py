"""A clerk's mistakes are found, all of them, by file and line, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.authoring.finding import ContentWrong
from backend.authoring.reading import read_content
from backend.settings import PACKAGED
from backend_client.forms.form import Condition
from foundation.language import Language
from tests.backend.house import CONTENT, command, copy_content
from tests.backend.test_charge_content import MISTAKES as CHARGES
from tests.backend.test_counter_content import MISTAKES as COUNTERS
from tests.backend.test_lookup_content import MISTAKES as LOOKUPS
from tests.backend.test_sheet import WRONG


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    """A change of one place of one file."""

    def change(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert text.count(old) >= 1, f"{name} has no {old!r}"
        (folder / name).write_text(text.replace(old, new, 1), "utf-8")

    return change


def write(name: str, content: str | bytes) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return change


def line_of(name: str, text: str) -> int:
    """The line, from 1, of the first place with that text in the unchanged content."""
    return (CONTENT / name).read_text("utf-8").partition(text)[0].count("\n") + 1


POLICY, SERVICE, FORM, NOTICE = (
    "policies/stalls.yaml",
    "services/permit.yaml",
    "forms/everything.yaml",
    "notices/jobs.yaml",
)


def asked_if(field: str, *any_of: str, of: str = "remarks") -> Callable[[Path], None]:
    """A condition in front of the type of a question."""
    condition = f"  asked_if: {{field: {field}, any_of: [{', '.join(any_of)}]}}\n"
    return replace(FORM, f"- id: {of}\n", f"- id: {of}\n{condition}")


def rules(*written: str) -> Callable[[Path], None]:
    """Rules before the declaration, one a line."""
    lines = "".join(f"- {{{rule}sentence: {{zh: 请改正。, en: Please correct it.}}}}\n" for rule in written)
    return replace(FORM, "declaration:\n", f"rules:\n{lines}declaration:\n")


RULES = line_of(FORM, "declaration:") + 1
REMARKS = line_of(FORM, "- id: remarks") + 1

MISTAKES = [
    # the file itself
    (POLICY, write(POLICY, b"id: stalls\ntitle: \xff\n"), 2, "not_utf8"),
    (POLICY, write(POLICY, "id: stalls\ntitle: [\n"), 3, "not_yaml"),
    (POLICY, write(POLICY, "id: stalls\ntitle:\n  zh\uff1a摆摊\n  en: Stalls\n"), 3, "wide_colon"),
    (POLICY, write(POLICY, "id: stalls\ntitle:\n\tzh: 摆摊\n"), 3, "tab_key"),
    (POLICY, write(POLICY, "id: stalls\ntitle:\n  zh: 摆摊: 办法\n"), 3, "colon_in_text"),
    (POLICY, write(POLICY, "id: stalls\ntitle:\n  zh: 摆摊\n   en: Stalls\n"), 4, "colon_in_text"),
    (POLICY, write(POLICY, ""), 1, "empty_file"),
    (POLICY, write(POLICY, "x" * 300_000), 1, "file_too_large"),
    (POLICY, write(POLICY, "a: &x 1\nb: *x\n"), 1, "anchor"),
    (POLICY, write(POLICY, "a: 1\nb: !!python/object:os.system x\n"), 2, "tag"),
    (POLICY, write(POLICY, "a: 1\n---\nb: 2\n"), 2, "several_documents"),
    (POLICY, write(POLICY, "[" * 5000), 1, "too_deep"),
    (POLICY, write(POLICY, "id: a\nid: b\n"), 2, "key_twice"),
    (POLICY, write(POLICY, "? [a]\n: b\n"), 1, "key_not_a_word"),
    (POLICY, write(POLICY, "- id: stalls\n"), 1, "not_a_mapping"),
    ("topics.yaml", write("topics.yaml", "id: a\n"), 1, "not_a_list"),
    ("topics.yaml", lambda folder: (folder / "topics.yaml").unlink(), 1, "file_needed"),
    ("policies/x.yml", write("policies/x.yml", "id: x"), 1, "nobody_reads_this"),
    ("policy", lambda folder: (folder / "policy").mkdir(), 1, "nobody_reads_this"),
    # keys
    (POLICY, replace(POLICY, "topic:", "topik:"), line_of(POLICY, "topic:"), "misspelt_key"),
    (
        POLICY,
        replace(POLICY, "demonstration: true", "zzz: 1"),
        line_of(POLICY, "demonstration"),
        "unknown_key",
    ),
    (POLICY, replace(POLICY, "topic: business\n", ""), 1, "missing"),
    (
        FORM,
        replace(FORM, "  required: false", "  reqired: false"),
        line_of(FORM, "  required: false"),
        "misspelt_key",
    ),
    # texts
    (POLICY, replace(POLICY, "  en: Evening stalls\n", ""), line_of(POLICY, "title:"), "missing_en"),
    (POLICY, replace(POLICY, "  zh: 夜市摆摊规定\n", ""), line_of(POLICY, "title:"), "missing_zh"),
    (POLICY, replace(POLICY, "en: Evening stalls", "en: ''"), line_of(POLICY, "en: Evening"), "empty"),
    (
        POLICY,
        replace(POLICY, "en: Evening stalls", "en: 夜市"),
        line_of(POLICY, "en: Evening"),
        "not_english",
    ),
    (POLICY, replace(POLICY, "zh: 夜市摆摊规定", "zh: Evening"), line_of(POLICY, "zh: 夜市"), "not_chinese"),
    (
        POLICY,
        replace(POLICY, "zh: 夜市摆摊规定", "zh: 夜市\n    规定"),
        line_of(POLICY, "zh: 夜市"),
        "gap_in_chinese",
    ),
    (
        POLICY,
        replace(POLICY, "zh: 夜市摆摊规定", 'zh: "夜\\u0007市"'),
        line_of(POLICY, "zh: 夜市"),
        "bad_character",
    ),
    (POLICY, replace(POLICY, "zh: 夜市摆摊规定", "zh: [夜市]"), line_of(POLICY, "zh: 夜市"), "not_a_text"),
    (
        SERVICE,
        replace(SERVICE, "zh: 许可申请\n", f"zh: {'许' * 21}\n"),
        line_of(SERVICE, "zh: 许可申请"),
        "text_too_long",
    ),
    ("topics.yaml", replace("topics.yaml", "医疗保障", "医疗保障和其他事项"), 3, "text_too_long"),
    # values
    (POLICY, replace(POLICY, "'2019-01-01'", "2019-02-30"), line_of(POLICY, "issue_date"), "not_a_day"),
    (SERVICE, replace(SERVICE, "rank: 10", "rank: first"), line_of(SERVICE, "rank"), "not_a_number"),
    (SERVICE, replace(SERVICE, "rank: 10", "rank: -1"), line_of(SERVICE, "rank"), "below_least"),
    (SERVICE, replace(SERVICE, "rank: 10", "rank: 99999"), line_of(SERVICE, "rank"), "above_most"),
    (SERVICE, replace(SERVICE, "kind: form", "kind: game"), line_of(SERVICE, "kind"), "not_one_of"),
    (SERVICE, replace(SERVICE, "0871-6000000", "call us"), line_of(SERVICE, "phone"), "not_a_phone_number"),
    (
        FORM,
        replace(FORM, "required: false", "required: perhaps"),
        line_of(FORM, "required: false"),
        "not_true_or_false",
    ),
    (FORM, replace(FORM, "'0.01'", "'0.001'"), line_of(FORM, "min_yuan"), "not_an_amount"),
    (NOTICE, replace(NOTICE, "-3d 09:00", "-3d 25:00"), line_of(NOTICE, "publish_time"), "not_a_moment"),
    (
        NOTICE,
        replace(NOTICE, "-3d 09:00", "2026-11-10T08:00:00"),
        line_of(NOTICE, "publish_time"),
        "not_a_moment",
    ),
    (
        NOTICE,
        replace(NOTICE, "demonstration: true", "demonstration: false"),
        line_of(NOTICE, "publish_time"),
        "rolling_moment_in_earnest",
    ),
    (
        "notices/power-tomorrow.yaml",
        replace("notices/power-tomorrow.yaml", "+1d 18:00", "+1d 07:00"),
        line_of("notices/power-tomorrow.yaml", "end_time"),
        "ends_before",
    ),
    # identifiers and what they name
    (POLICY, replace(POLICY, "id: stalls", "id: Stalls!"), 1, "not_an_identifier"),
    (POLICY, replace(POLICY, "id: stalls", "id: stall"), 1, "id_not_file_name"),
    ("topics.yaml", replace("topics.yaml", "id: old-age", "id: health"), 5, "id_twice"),
    (POLICY, replace(POLICY, "topic: business", "topic: nothing"), line_of(POLICY, "topic"), "no_such_topic"),
    (
        SERVICE,
        replace(SERVICE, "form: everything", "form: nothing"),
        line_of(SERVICE, "form: everything"),
        "no_such_form",
    ),
    (SERVICE, replace(SERVICE, "form: everything\n", ""), line_of(SERVICE, "kind"), "form_needed"),
    (
        "services/progress.yaml",
        replace("services/progress.yaml", "rank: 40", "rank: 40\nform: letter"),
        3,
        "form_not_wanted",
    ),
    (
        "services/progress.yaml",
        replace("services/progress.yaml", "kind: status", "kind: guide"),
        3,
        "guide_needed",
    ),
    ("synonyms.yaml", replace("synonyms.yaml", "户籍", "低保"), 7, "word_twice"),
    ("synonyms.yaml", write("synonyms.yaml", "- [一]\n"), 1, "too_few"),
    # forms
    (FORM, replace(FORM, "id: phone", "id: sex"), line_of(FORM, "id: phone"), "id_twice"),
    (FORM, replace(FORM, "id: grain", "id: fruit"), line_of(FORM, "id: grain"), "id_twice"),
    (FORM, replace(FORM, "id: phone", "id: 1phone"), line_of(FORM, "id: phone"), "not_an_identifier"),
    (
        FORM,
        replace(FORM, "applicant_field: identity_number", "applicant_field: nobody"),
        line_of(FORM, "applicant_field"),
        "no_such_field",
    ),
    (
        FORM,
        replace(FORM, "applicant_field: identity_number", "applicant_field: phone"),
        line_of(FORM, "applicant_field"),
        "applicant_field_unfit",
    ),
    (
        FORM,
        replace(FORM, "  private: true", "  required: false"),
        line_of(FORM, "applicant_field"),
        "applicant_field_unfit",
    ),
    (
        FORM,
        replace(FORM, "  phone: phone", "  phone: licence"),
        line_of(FORM, "  phone:"),
        "contact_phone_unfit",
    ),
    (
        FORM,
        replace(FORM, "  phone: phone", "  email: phone"),
        line_of(FORM, "  phone:"),
        "contact_email_unfit",
    ),
    (
        FORM,
        replace(FORM, "  phone: phone", "  phone: phone\n  consent: phone"),
        line_of(FORM, "  phone:") + 1,
        "contact_consent_unfit",
    ),
    (
        FORM,
        replace(FORM, "  phone: phone", "  consent: neighbours_agree"),
        line_of(FORM, "contact:"),
        "contact_empty",
    ),
    (FORM, replace(FORM, "min_length: 6", "min_length: 9"), line_of(FORM, "min_length: 6"), "impossible"),
    (FORM, replace(FORM, "'100000'", "'0.00'"), line_of(FORM, "min_yuan"), "impossible"),
    (FORM, replace(FORM, "'2036-12-31'", "'2025-12-31'"), line_of(FORM, "min_date"), "impossible"),
    (
        FORM,
        replace(FORM, "min_length: 1\n", "min_length: 4\n"),
        line_of(FORM, "min_length: 1\n"),
        "impossible",
    ),
    (
        FORM,
        replace(FORM, "not_in_future: true", "max_yuan: 3"),
        line_of(FORM, "not_in_future"),
        "bound_of_other_type",
    ),
    (
        FORM,
        replace(FORM, "prefill: name", "prefill: birth_date"),
        line_of(FORM, "prefill: name"),
        "prefill_of_other_type",
    ),
    (FORM, replace(FORM, "id: female", "id: woman"), line_of(FORM, "options:"), "sex_options"),
    (FORM, replace(FORM, "type: yes_no", "type: choice"), line_of(FORM, "type: yes_no"), "options_needed"),
    # what hangs together
    (FORM, asked_if("nobody", "yes"), REMARKS, "no_such_field"),
    (FORM, asked_if("remarks", "yes"), REMARKS, "condition_not_earlier"),
    (
        FORM,
        asked_if("neighbours_agree", '"yes"', of="phone"),
        line_of(FORM, "- id: phone") + 1,
        "condition_not_earlier",
    ),
    (FORM, asked_if("amount", "yes"), REMARKS, "condition_of_other_type"),
    (FORM, asked_if("goods", "fruit", "gold"), REMARKS, "no_such_option"),
    (FORM, asked_if("neighbours_agree", "perhaps"), REMARKS, "no_such_option"),
    (
        FORM,
        asked_if("sex", "male", of="identity_number"),
        line_of(FORM, "- id: identity_number") + 1,
        "applicant_field_conditional",
    ),
    (
        FORM,
        replace(FORM, "public_field: neighbours_agree", "public_field: nobody"),
        line_of(FORM, "public_field:"),
        "no_such_field",
    ),
    (
        FORM,
        replace(FORM, "public_field: neighbours_agree", "public_field: full_name"),
        line_of(FORM, "public_field:"),
        "public_field_unfit",
    ),
    (FORM, rules("at_most: {field: start, other: nobody}, "), RULES, "no_such_field"),
    (FORM, rules("at_most: {field: start, other: amount}, "), RULES, "rule_types"),
    (FORM, rules("at_most: {field: remarks, other: full_name}, "), RULES, "rule_types"),
    (FORM, rules("at_most: {field: start, other: start}, "), RULES, "rule_of_itself"),
    (FORM, rules("one_of: {fields: [remarks, nobody]}, "), RULES, "no_such_field"),
    (FORM, rules("one_of: {fields: [remarks, phone]}, "), RULES, "rule_of_required"),
    (FORM, rules("one_of: {fields: [remarks, remarks]}, "), RULES, "id_twice"),
    (FORM, rules("one_of: {fields: [remarks, born], min: 3}, "), RULES, "impossible"),
    (FORM, rules("one_of: {fields: [remarks, born], min: 0}, "), RULES, "rule_without_bound"),
    (FORM, rules(""), RULES, "rule_of_one_kind"),
    (
        FORM,
        replace(FORM, "declaration:\n", "retention: 7\ndeclaration:\n"),
        line_of(FORM, "declaration:"),
        "below_least",
    ),
]


@pytest.mark.parametrize(
    ("file", "change", "line", "problem"), MISTAKES, ids=[f"{m[3]} {m[0]}:{m[2]}" for m in MISTAKES]
)
def test_a_mistake_is_found_at_its_line(
    tmp_path: Path, file: str, change: Callable[[Path], None], line: int, problem: str
) -> None:
    folder = copy_content(tmp_path / "content")
    change(folder)
    with pytest.raises(ContentWrong) as caught:
        read_content(folder)
    found = [(finding.file, finding.line) for finding in caught.value.findings if finding.problem == problem]
    assert (str(folder / file), line) in found, [str(finding) for finding in caught.value.findings]
    for finding in caught.value.findings:
        chinese, english = finding.sentence(Language.ZH_CN), finding.sentence(Language.EN)
        assert chinese.startswith(f"{finding.file}:{finding.line}: ")
        assert chinese != english
        assert "{" not in chinese + english
        assert "None" not in chinese + english


def test_every_kind_of_finding_is_tried_here() -> None:
    """The catalogue has no sentence that no mistake leads to, but for what a test cannot bring about."""
    catalogue = (PACKAGED.parent / "locale" / "en" / "LC_MESSAGES" / "backend.po").read_text("utf-8")
    sentences = set(re.findall(r'msgid "content\.([a-z0-9_]+)"', catalogue))
    elsewhere = {"fine", "total", "folder_needed", "too_many"} | {mistake[2] for mistake in WRONG}
    elsewhere |= {"charge_too_large", "charge_needed"} | {mistake[2] for mistake in CHARGES}
    elsewhere |= {mistake[2] for mistake in LOOKUPS} | {mistake[4] for mistake in COUNTERS}
    never = {"unreadable", "unfit"}
    assert sentences == {mistake[3] for mistake in MISTAKES} | elsewhere | never


def test_all_mistakes_are_found_in_one_go(tmp_path: Path) -> None:
    folder = copy_content(tmp_path / "content")
    replace(POLICY, "topic: business", "topic: nothing")(folder)
    replace(FORM, "id: phone", "id: sex")(folder)
    replace(NOTICE, "-3d 09:00", "soon")(folder)
    with pytest.raises(ContentWrong) as caught:
        read_content(folder)
    assert [finding.problem for finding in caught.value.findings] == [
        "no_such_field",
        "id_twice",
        "not_a_moment",
        "no_such_topic",
    ]


def test_what_is_named_is_looked_up_beside_what_is_wrong_in_the_same_file(tmp_path: Path) -> None:
    folder = copy_content(tmp_path / "content")
    replace(POLICY, "topic: business", "topic: nothing")(folder)
    replace(POLICY, "issue_date:", "issue_day:")(folder)
    replace(FORM, "applicant_field: identity_number", "applicant_field: nobody")(folder)
    replace(FORM, "type: money", "type: coins")(folder)
    with pytest.raises(ContentWrong) as caught:
        read_content(folder)
    assert {finding.problem for finding in caught.value.findings} == {
        "no_such_topic",
        "missing",
        "misspelt_key",
        "no_such_field",
        "not_one_of",
    }


def test_a_condition_may_be_written_alone_or_in_a_list(tmp_path: Path) -> None:
    forms = []
    for number, written in enumerate(
        ("{field: goods, any_of: [fruit]}", "[{field: goods, any_of: [fruit]}]")
    ):
        folder = copy_content(tmp_path / str(number))
        replace(FORM, "- id: remarks\n", f"- id: remarks\n  asked_if: {written}\n")(folder)
        forms.append(read_content(folder).forms["forms/everything"])
    assert forms[0] == forms[1]
    assert forms[0].field("remarks").asked_if == (Condition("goods", ("fruit",)),)


def test_how_long_applications_are_kept_is_the_forms_to_say(tmp_path: Path) -> None:
    folder = copy_content(tmp_path / "content")
    assert read_content(folder).retention["forms/everything"] == 1095
    replace(FORM, "declaration:\n", "retention: 365\ndeclaration:\n")(folder)
    assert read_content(folder).retention["forms/everything"] == 365


def test_there_are_bounds_on_how_much_there_is(tmp_path: Path) -> None:
    folder = copy_content(tmp_path / "content")
    entry = "- id: t{0}\n  title: {{zh: 主题, en: Topic}}\n"
    write("topics.yaml", "".join(entry.format(number) for number in range(51)))(folder)
    with pytest.raises(ContentWrong) as caught:
        read_content(folder)
    assert "too_many" in {finding.problem for finding in caught.value.findings}


def test_the_packaged_content_is_right() -> None:
    content = read_content(PACKAGED)
    assert len(content.policies) >= 40
    assert len(content.topics) == 8
    assert all(topic.policy_count for topic in content.topics)
    assert len([service for service in content.services if service.HasField("guide")]) >= 12
    assert len(content.forms) >= 6
    assert {field.type for form in content.forms.values() for field in form.fields} == set(
        type(next(iter(content.forms.values())).fields[0].type)
    )
    assert len(content.notices) >= 10
    assert all(policy.demonstration for policy in content.policies)
    assert all(notice.message.demonstration for notice in content.notices)
    assert all(service.demonstration for service in content.services)


async def test_the_command_says_that_content_is_fine() -> None:
    code, out, _ = await command("content", "check", CONTENT)
    assert (code, out) == (0, "8 policies, 6 services, 2 forms, 0 lookups, 0 counters, 5 notices: fine.\n")


async def test_the_command_names_file_and_line_in_the_language_of_the_clerk(tmp_path: Path) -> None:
    folder = copy_content(tmp_path / "content")
    replace(POLICY, "topic: business", "topic: nothing")(folder)
    code, out, err = await command("content", "check", folder)
    line = line_of(POLICY, "topic")
    assert (code, err) == (1, "1 to correct.\n")
    assert out == f"{folder / POLICY}:{line}: topics.yaml has no topic “nothing”.\n"
    code, out, _ = await command("content", "check", folder, language="zh_CN.UTF-8")
    assert out == f"{folder / POLICY}:{line}: topics.yaml 中没有主题“nothing”。\n"


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    code, out, _ = await command("content", "check", tmp_path / "nothing")
    assert code == 1
    assert "There is no such folder." in out
