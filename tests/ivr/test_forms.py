"""Forms filled in by telephone, and what the backend then has."""

from __future__ import annotations

import io
import re
import wave
from datetime import UTC, datetime

import pytest
from huimin.v1 import common_pb2, form_pb2

from backend_client.forms.reference import check_reference
from foundation.language import Language
from tests.ivr.calling import Heard
from tests.ivr.conftest import Phone
from tests.ivr.people import IDENTITY, IDENTITY_X, WRONG_CHECK, keyed, suffix

NAME = "1\n王小民\n1"
NUMBER = f"{IDENTITY}\n1"
PHONE = "13800001111\n1"
LICENCE = "000042\n1"
ACCOUNT = "#"
SINCE = "20260203\n1"
AMOUNT = "12*50\n1"
KIND = "5\n1"
WISHES = "5\n1\n5\n1\n#"
URGENT = "1"
REMARK = "# "
ANSWERS = (NAME, NUMBER, PHONE, LICENCE, ACCOUNT, SINCE, AMOUNT, KIND, WISHES, URGENT, REMARK)
START = "2\n1\n1\n1"


def form(replaced: dict[str, str] | None = None, end: str = "1\n*\n!") -> str:
    """A whole call that fills in a form, with other keys for some of its answers."""
    other = replaced or {}
    return "\n".join([START, *(other.get(answer, answer) for answer in ANSWERS), end])


async def send(
    phone: Phone, keys: str, language: Language = Language.ZH_CN, caller: str = ""
) -> tuple[str, Heard, form_pb2.Submission]:
    """Holds a call that sends exactly one form."""
    before = set(phone.county.references())
    heard = await phone.call(keys, language, caller=caller)
    new = set(phone.county.references()) - before
    assert len(new) == 1, heard.text
    (reference,) = new
    return reference, heard, phone.county.submission(reference)


def answers(submission: form_pb2.Submission) -> dict[str, object]:
    """Each answer in the form of its type."""
    found: dict[str, object] = {}
    for answer in submission.answers:
        kind = answer.WhichOneof("value")
        assert kind is not None
        value = getattr(answer, kind)
        if kind == "date":
            value = (value.year, value.month, value.day)
        elif kind == "choices":
            value = tuple(value.options)
        found[answer.field] = value
    return found


@pytest.mark.parametrize("language", Language)
async def test_every_type_of_question_can_be_answered_by_telephone(phone: Phone, language: Language) -> None:
    reference, heard, submission = await send(phone, form(), language)
    check_reference(reference)
    given = answers(submission)
    recording = given.pop("full_name")
    assert given == {
        "identity_number": IDENTITY,
        "phone": "13800001111",
        "licence": "000042",
        "since": (2026, 2, 3),
        "amount": 1250,
        "kind": "e",
        "wishes": ("v", "z"),
        "urgent": True,
    }
    assert str(recording).startswith("attachments/")
    assert submission.channel == common_pb2.CHANNEL_PHONE
    assert submission.origin == "phone-1"
    spoken = {Language.ZH_CN: common_pb2.LANGUAGE_ZH_CN, Language.EN: common_pb2.LANGUAGE_EN}
    assert submission.language == spoken[language]
    assert "submission accepted" in heard.events


async def test_a_spoken_answer_is_sent_as_a_recording(phone: Phone) -> None:
    _, heard, submission = await send(phone, form({REMARK: "1\n我还有一句话要说\n1"}))
    for field in ("full_name", "remark"):
        name = str(answers(submission)[field])
        with wave.open(io.BytesIO(phone.county.attachment(name))) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
            assert file.getnframes() >= 4000
    assert heard.events.count("recording agreed to") == 1
    assert heard.prompts.count("record.consent") == 1


async def test_the_key_that_sent_a_form_has_a_name_in_its_row(phone: Phone) -> None:
    names = [phone.county.request_id((await send(phone, form()))[0]) for _ in range(2)]
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in names)
    assert names[0] != names[1]


async def test_the_reference_is_said_twice_in_groups_and_shown_on_phones_with_a_screen(phone: Phone) -> None:
    reference, heard, _ = await send(phone, form(end="1\n9\n*\n*\n!"))
    groups = "，".join(
        "".join("零幺二三四五六七八九"[int(digit)] for digit in reference[at : at + 4]) for at in (0, 4, 8)
    )
    assert heard.said("sent.reference") == f"您的办件编号是：{groups}。"
    assert heard.said("sent.reference_again") == f"再说一遍：{groups}。"
    assert heard.prompts.count("sent.reference") == 2
    assert f"办件编号：{reference[:4]}-{reference[4:8]}-{reference[8:]}" in heard.text
    assert heard.said("forms/everything/next-steps") == "三个工作日内联系您。"
    assert re.fullmatch("最晚.+月.+日.*给您答复。", heard.said("sent.by"))
    assert heard.prompts[-4:] == ["rating.question", "rating.keys", "main.menu", "main.person"]


GONE_THROUGH = {
    Language.ZH_CN: """姓名：已录音。
身份证号码：尾号二零三三。
电话：尾号幺幺幺幺。
执照号：尾号零零四二。
账号：没有填。
日期：二〇二六年二月三日。
金额：已填。
种类：戊。
愿望：春、闰。
加急：是。
备注：没有填。""",
    Language.EN: """Name: recorded.
Identity number: ending in two zero three three.
Phone: ending in one one one one.
Licence: ending in zero zero four two.
Account: not answered.
Date: the third of February, twenty twenty-six.
Amount: given.
Kind: Epsilon.
Wishes: Spring, Leap.
Urgency: yes.
Remark: not answered.""",
}


@pytest.mark.parametrize("language", Language)
async def test_all_answers_are_gone_through_before_they_are_sent(phone: Phone, language: Language) -> None:
    _, heard, _ = await send(phone, form(), language)
    lines = re.findall(r"^\[summary.line\] (.*)$", heard.text, re.MULTILINE)
    assert lines == GONE_THROUGH[language].splitlines()
    declared = heard.prompts.index("forms/everything/declaration")
    assert heard.prompts[declared + 1] == "summary.keys"


async def test_numbers_are_read_back_in_groups_and_can_be_entered_again(phone: Phone) -> None:
    wrong = "13900002222"
    _, heard, submission = await send(phone, form({PHONE: f"{wrong}\n2\n13800001111\n1"}))
    assert "您输入的是：幺三九，零零零零，二二二二。" in heard.text
    assert "您输入的是：幺三八，零零零零，幺幺幺幺。" in heard.text
    assert "您输入的是：幺幺零幺零幺，幺九九零，零三零七，二零三三。" in heard.text
    assert "您输入的是：二〇二六年二月三日。" in heard.text
    assert "您输入的是：十二元五角。" in heard.text
    assert answers(submission)["phone"] == "13800001111"


@pytest.mark.parametrize(
    ("answer", "wrong", "problem", "explanation"),
    [
        (SINCE, "20260230", "NO_SUCH_DATE", "二月没有三十日"),
        (SINCE, "20261301", "NO_SUCH_DATE", "没有十三月"),
        (SINCE, "19991231", "TOO_EARLY", "二〇二〇年一月一日"),
        (SINCE, "21000101", "TOO_LATE", "不能晚于今天"),
        (SINCE, "2026\n~", "NO_SUCH_DATE", "日期不完整"),
        (NUMBER, WRONG_CHECK, "WRONG_CHECK_DIGIT", "有数字不对"),
        (NUMBER, "000000000000000000", "NOT_AN_IDENTITY_NUMBER", "十八位"),
        (PHONE, "12#", "NOT_A_PHONE_NUMBER", "十一位手机号码"),
        (LICENCE, "42#", "TOO_SHORT", "六位数字"),
        (AMOUNT, "0*1#", "TOO_SMALL", "最少是五角"),
        (AMOUNT, "100001#", "TOO_LARGE", "最多是十万元"),
    ],
)
async def test_a_wrong_entry_is_explained_and_asked_again(
    phone: Phone, answer: str, wrong: str, problem: str, explanation: str
) -> None:
    _, heard, _ = await send(phone, form({answer: f"{wrong}\n{answer}"}))
    assert explanation in heard.said(f"problem.{problem}")


async def test_a_wrong_entry_is_explained_in_english(phone: Phone) -> None:
    _, heard, _ = await send(phone, form({SINCE: f"20260230\n{SINCE}"}), Language.EN)
    assert "February" in heard.said("problem.NO_SUCH_DATE")
    assert "thirty" in heard.said("problem.NO_SUCH_DATE")


async def test_what_was_typed_ahead_behind_a_wrong_entry_answers_nothing_else(phone: Phone) -> None:
    keys = form({SINCE: f"20260230 1 12*50 1\n{SINCE}"})
    _, heard, submission = await send(phone, keys)
    assert answers(submission)["amount"] == 1250
    assert "keys typed ahead dropped" in heard.events


async def test_a_form_may_be_typed_ahead_over_many_questions(phone: Phone) -> None:
    typed = "".join([PHONE, LICENCE, ACCOUNT, SINCE, AMOUNT, KIND, WISHES, URGENT, REMARK, "1"]).replace(
        "\n", ""
    )
    _, heard, _ = await send(phone, "\n".join([START, NAME, NUMBER, typed, "!"]))
    assert "forms/everything/licence" not in heard.prompts


async def test_a_habitual_hash_after_a_whole_entry_does_no_harm(phone: Phone) -> None:
    replaced = {answer: answer.replace("\n", "#\n", 1) for answer in (NUMBER, PHONE, LICENCE, SINCE, AMOUNT)}
    _, heard, _ = await send(phone, form(replaced))
    assert heard.events.count("trailing hash") == 5


async def test_an_identity_number_may_end_in_x_and_star_clears_elsewhere(phone: Phone) -> None:
    entered = f"1101*\n{keyed(IDENTITY_X)}\n1"
    _, heard, submission = await send(phone, form({NUMBER: entered}))
    assert answers(submission)["identity_number"] == IDENTITY_X
    assert "ask.cleared" in heard.prompts
    assert "幺零二艾克斯。" in heard.text


@pytest.mark.parametrize(("keys", "fen"), [("12#", 1200), ("12*5#", 1250), ("0*50", 50), ("12*#", 1200)])
async def test_star_is_the_decimal_point_of_an_amount(phone: Phone, keys: str, fen: int) -> None:
    _, _, submission = await send(phone, form({AMOUNT: f"{keys}\n1"}))
    assert answers(submission)["amount"] == fen


async def test_an_entry_of_open_length_ends_with_a_pause_as_well(phone: Phone) -> None:
    _, _, submission = await send(phone, form({AMOUNT: "12\n~\n1", ACCOUNT: "123456\n~\n1"}))
    assert answers(submission)["amount"] == 1200
    assert answers(submission)["account"] == "123456"


async def test_a_landline_ends_with_a_hash(phone: Phone) -> None:
    _, _, submission = await send(phone, form({PHONE: "08711234567#\n1"}))
    assert answers(submission)["phone"] == "08711234567"


async def test_the_callers_own_number_is_offered(phone: Phone) -> None:
    _, heard, submission = await send(phone, form({PHONE: "1"}), caller="13912345678")
    assert answers(submission)["phone"] == "13912345678"
    assert "幺三九，幺二三四，五六七八" in heard.said("confirm.own_number")
    _, _, submission = await send(phone, form({PHONE: f"2\n{PHONE}"}), caller="13912345678")
    assert answers(submission)["phone"] == "13800001111"


async def test_an_extension_is_not_offered_as_a_number(phone: Phone) -> None:
    _, heard, _ = await send(phone, form(), caller="1001")
    assert "confirm.own_number" not in heard.prompts


async def test_too_few_or_too_many_choices_are_explained_and_those_made_stay(phone: Phone) -> None:
    _, heard, submission = await send(phone, form({WISHES: "1\n#\n2\n3\n4\n#\n4\n#"}))
    assert answers(submission)["wishes"] == ("v", "w", "x")
    assert "至少选择两项" in heard.said("problem.TOO_FEW")
    assert "最多可以选择三项" in heard.said("problem.TOO_MANY")
    assert heard.said("choices.taken_back") == "取消了冬。"


async def test_an_optional_question_is_skipped_with_a_hash_and_a_needed_one_is_not(phone: Phone) -> None:
    _, heard, submission = await send(
        phone, form({URGENT: "#", LICENCE: f"#\n{LICENCE}", KIND: f"#\n{KIND}"})
    )
    given = answers(submission)
    assert "urgent" not in given
    assert "remark" not in given
    assert heard.prompts.count("forms/everything/licence") == 2


async def test_star_goes_to_the_question_before_whose_answer_may_stay(phone: Phone) -> None:
    _, heard, submission = await send(phone, form({SINCE: f"*\n*\n#\n{SINCE}"}))
    assert heard.prompts.count("form.keep") == 1
    assert answers(submission)["licence"] == "000042"


async def test_star_goes_to_the_question_before_whose_answer_may_change(phone: Phone) -> None:
    _, _, submission = await send(phone, form({SINCE: f"*\n*\n000043\n1\n{SINCE}"}))
    assert answers(submission)["licence"] == "000043"


async def test_leaving_a_form_is_asked_about(phone: Phone) -> None:
    heard = await phone.call(f"{START}\n{NAME}\n*\n*\n1\n*\n*\n*\n2\n!")
    assert heard.prompts.count("form.leave") == 3, "a star goes on filling it in"
    assert heard.prompts[-1] == "services.apply_or_guide"


async def test_a_form_without_an_answer_is_left_at_once(phone: Phone) -> None:
    heard = await phone.call(f"{START}\n*\n*\n!")
    assert "form.leave" not in heard.prompts
    left = heard.prompts.index("services.which_apply", heard.prompts.index("form.position"))
    assert heard.prompts[left - 1] == "services.apply_or_guide"


async def test_who_keeps_an_answer_hears_only_the_keys_and_who_changes_one_all_answers(phone: Phone) -> None:
    _, kept, _ = await send(phone, form(end="2\n4\n*\n1\n*\n!"))
    assert (kept.prompts.count("summary.intro"), kept.prompts.count("summary.keys")) == (1, 2)
    _, changed, _ = await send(phone, form(end="2\n4\n000043\n1\n1\n*\n!"))
    assert (changed.prompts.count("summary.intro"), changed.prompts.count("summary.keys")) == (2, 2)


async def test_nothing_said_and_a_star_is_a_step_back_and_something_said_begins_anew(phone: Phone) -> None:
    back = await phone.call(f"{START}\n1\n*\n!")
    assert back.prompts[-1] == "services.apply_or_guide"
    anew = await phone.call(f"{START}\n1\n>王小民\n*\n王大民\n!")
    assert anew.prompts.count("record.speak") == 2
    assert "record.length" in anew.prompts


async def test_an_answer_can_be_changed_after_all_were_heard(phone: Phone) -> None:
    _, heard, submission = await send(phone, form(end="2\n5\n3\n99*99\n1\n2\n*\n1\n*\n!"))
    assert answers(submission)["amount"] == 9999
    assert "九十九元九角九分" in heard.text
    assert "form.keep" in heard.prompts


async def test_a_recording_can_be_made_again(phone: Phone) -> None:
    _, heard, submission = await send(phone, form({NAME: "1\n王\n2\n王小民，小是大小的小，民是人民的民\n1"}))
    with wave.open(io.BytesIO(phone.county.attachment(str(answers(submission)["full_name"])))) as file:
        assert file.getnframes() > 8000
    assert heard.events.count("recording") == 2


async def test_a_recording_can_be_listened_to_before_it_is_kept(phone: Phone) -> None:
    _, heard, _ = await send(phone, form({NAME: "1\n王小民\n3\n3\n1"}))
    assert heard.text.count("(the recording is played back: 0.5 s)") == 2
    played = [entry for entry in heard.record["timeline"] if entry.get("prompt") == "recording.played_back"]
    assert len(played) == 2
    assert heard.events.count("recording") == 1


async def test_silence_is_not_taken_for_an_answer(phone: Phone) -> None:
    _, heard, _ = await send(phone, form({NAME: "1\n~\n1\n#\n1\n王小民\n1"}))
    assert heard.events.count("nothing heard") == 2
    assert heard.prompts.count("record.nothing") == 2


async def test_recording_may_be_declined_where_the_question_may_be_left(phone: Phone) -> None:
    heard = await phone.call(f"{START}\n2\n2\n1\n王小民\n1\n!")
    assert heard.prompts.count("record.needed") == 2
    assert heard.events.count("recording declined") == 2
    assert "forms/everything/identity_number" in heard.prompts


async def test_hints_are_said_once_and_not_where_the_keys_are_explained_anyway(phone: Phone) -> None:
    _, heard, _ = await send(phone, form({SINCE: f"20260203\n2\n{SINCE}"}))
    assert heard.prompts.count("forms/everything/since/hint") == 1
    assert "forms/everything/identity_number/hint" not in heard.prompts


async def test_only_menu_keys_stand_in_the_record(phone: Phone) -> None:
    reference, heard, _ = await send(phone, form())
    timeline = str(heard.record["timeline"])
    assert IDENTITY[:6] not in heard.keys
    assert "000042" not in heard.keys
    assert heard.keys.startswith("21111#1" + "•" * 18 + "1" + "•" * 11 + "1" + "•" * 6)
    assert reference not in timeline
    assert "王小民" not in timeline


async def test_a_person_may_be_asked_for_in_a_form_and_nothing_is_lost(phone: Phone) -> None:
    _, heard, submission = await send(phone, form({KIND: f"0\n*\n{KIND}"}))
    assert "person asked for" in heard.events
    assert "person.back" in heard.prompts
    assert answers(submission)["licence"] == "000042"


async def test_three_wrong_entries_bring_a_person_and_the_form_goes_on(phone: Phone) -> None:
    _, heard, _ = await send(phone, form({SINCE: f"{'20260230' + chr(10)}" * 3 + f"*\n{SINCE}"}))
    assert "wrong three times" in heard.events
    assert heard.prompts.count("problem.NO_SUCH_DATE") == 3


async def test_a_form_sent_by_phone_is_found_by_phone(phone: Phone) -> None:
    reference, _, _ = await send(phone, form())
    heard = await phone.call(f"3\n{reference}\n{suffix(IDENTITY)}\n!")
    assert heard.said("forms/everything") == "全部题型。"
    assert heard.said("progress.now").startswith("现在的进度是：已收件。")


async def test_the_countys_date_decides_what_lies_ahead(phone: Phone) -> None:
    """At 17:00 UTC it is tomorrow in the county."""
    phone.now = lambda: datetime(2026, 2, 2, 17, 0, tzinfo=UTC)
    heard = await phone.call(form({SINCE: f"20260204\n{SINCE}"}, end="!"))
    assert "二〇二六年二月三日" in heard.said("problem.TOO_LATE")
