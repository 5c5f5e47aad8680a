"""Looking up by telephone: questions by key, two sentences a record, details and another search by key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from backend_client.submission import Channel, Submission, new_submission_name
from foundation.language import Language
from speech.spoken import readout
from tests.ivr.calling import Heard
from tests.ivr.conftest import Phone
from tests.ivr.county import County
from tests.ivr.people import keyed
from tests.lookups import TROUBLE, lookup_content

TRAFFIC, MEDICAL, PHONE_BILL = "2\n2\n1", "2\n2\n2", "2\n2\n3"
LABOUR, BUSINESS = "2\n2\n4", "2\n2\n5\n1"
OWNER = "11999919900307102X"
CONFIG = """\
[backend.lookups.slow]
provider = "trouble"
kind = "slow"
seconds = 0.2

[backend.lookups.down]
provider = "trouble"
kind = "down"

[backend.lookups.nameless]
provider = "trouble"
kind = "nameless"
"""


@pytest.fixture(scope="module")
def lookups(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    """A backend with the shipped lookups, and some that fail."""
    folder = tmp_path_factory.mktemp("lookups")
    (folder / "backend.toml").write_text(CONFIG, "utf-8")
    county = County(folder / "data", lookup_content(folder / "content"), folder / "backend.toml")
    county.start()
    try:
        yield county
    finally:
        county.stop()


@pytest_asyncio.fixture
async def line(lookups: County, tmp_path: Path) -> AsyncIterator[Phone]:
    """The phone line of that county."""
    made = Phone(lookups, tmp_path / "phone")
    await made.open()
    yield made
    await made.close()


def told(heard: Heard, lookup: str) -> list[str]:
    """What was said of each record."""
    return [one for one in heard.text.splitlines() if one.startswith(f"[lookups/{lookup}/said]")]


SAID = {
    Language.ZH_CN: "云A，零T幺零幺，",
    Language.EN: "Yunnan A, zero T one zero one, ",
}


@pytest.mark.parametrize("language", Language)
async def test_fines_are_told_one_after_another_in_two_sentences(line: Phone, language: Language) -> None:
    heard = await line.call(f"{TRAFFIC}\n1\n0101#\n1\n2468\n1\n2\n2\n*\n!", language)
    said = told(heard, "traffic-violations")
    assert len(said) == 3, heard.text
    assert all(SAID[language] in one for one in said)
    assert not any(character.isdigit() for one in said for character in one.partition("]")[2])
    endings = {
        Language.ZH_CN: (
            "罚款二百元，记六分，未缴款。",
            "罚款一百元，记零分，未缴款。",
            "罚款一百五十元，记三分，已处理。",
        ),
        Language.EN: ("The fine is two hundred yuan, with six penalty points, not paid.",),
    }
    for one, ending in zip(said, endings[language], strict=False):
        assert one.endswith(ending)
    assert heard.prompts.count("lookup.number") == 3


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (Language.ZH_CN, "话费合计五十八元六角，已缴清。账户余额三十六元四角。"),
        (
            Language.EN,
            " is fifty-eight yuan and sixty fen, paid. The balance of the account is thirty-six yuan",
        ),
    ],
)
async def test_a_bill_names_its_month(line: Phone, language: Language, said: str) -> None:
    heard = await line.call(f"{PHONE_BILL}\n1\n13900000101\n1\n246810\n1\n*\n!", language)
    today = datetime.now(UTC).astimezone(line.settings.time_zone)
    year, month = (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)
    told = heard.said("lookups/phone-bill/said")
    assert readout(language).month(year, month) in told
    assert said in told


async def test_details_are_told_by_key_and_the_record_can_be_left(line: Phone) -> None:
    heard = await line.call(f"{TRAFFIC}\n1\n06882#\n1\n1357\n1\n1\n1\n1\n*\n4\n9999#\n1\n0000\n1\n*\n!")
    details = [entry for entry in heard.text.splitlines() if entry.startswith("[lookup.detail]")]
    assert any("处罚编号：五三零，幺九九零，零零零零，零幺零四。" in one for one in details), heard.text
    assert any("违规行为：未系安全带。" in one for one in details)
    assert "lookups/traffic-violations/nothing" in heard.prompts
    assert heard.said("lookup.ask_department").startswith(
        "也可以向惠民县公安局交通警察大队询问，电话零八七幺"
    )


async def test_neither_answers_nor_records_stand_in_the_call_record(line: Phone) -> None:
    heard = await line.call(f"{PHONE_BILL}\n1\n13900000102\n1\n135790\n1\n1\n*\n*\n!")
    assert "lookup answered" in heard.events
    for secret in ("13900000102", "135790", "101.70", "一百零一元"):
        assert secret not in str(heard.record)


async def test_only_what_can_be_keyed_is_asked(line: Phone) -> None:
    heard = await line.call(f"{BUSINESS}\n1\n#\n539999000000101\n1\n1\n*\n*\n!")
    assert "lookups/business-registration/rules/1" in heard.prompts
    assert "lookups/business-registration/name/hint" not in heard.prompts
    assert heard.said("lookups/business-registration/said").startswith(
        "惠民县清河镇示例便利店，个体工商户，在营。"
    )


async def test_a_name_is_said_in_the_language_in_which_it_is_written(line: Phone) -> None:
    heard = await line.call(f"{BUSINESS}\n1\n539999000000101\n1\n1\n*\n*\n!", Language.EN)
    assert heard.said("lookups/business-registration/name") == "惠民县清河镇示例便利店。"
    assert heard.said("lookups/business-registration/said").startswith("A sole trader, in business.")


async def test_a_reference_tells_its_applicant_of_himself_only(line: Phone) -> None:
    reference = await applied(line)
    heard = await line.call(f"{MEDICAL}\n1\n{reference}\n{keyed(OWNER)[-6:]}\n2\n2\n*\n!")
    assert heard.said("lookup.many") == "一共查到三条。"
    said = told(heard, "medical-claims")
    assert "惠民县人民医院的门诊费用二百四十元，报销一百二十元" in said[0]
    assert "市第一医院的住院费用一万二千六百八十元" in said[2]
    assert OWNER not in str(heard.record)


async def applied(line: Phone) -> str:
    """The reference of a letter that the owner of those records sent."""
    form = await line.client.get_form("forms/letter")
    letter = Submission(
        new_submission_name(),
        form,
        {"identity_number": OWNER, "letter": "请查一查。"},
        Channel.TERMINAL,
        Language.ZH_CN,
        "terminal-1",
        datetime.now(UTC),
    )
    return (await line.client.create_submission(letter)).reference


async def test_a_wrong_suffix_opens_no_records(line: Phone) -> None:
    reference = await applied(line)
    heard = await line.call(f"{LABOUR}\n1\n{reference}\n123456\n{reference}\n{keyed(OWNER)[-6:]}\n*\n!")
    assert "error.CREDENTIAL_WRONG" in heard.prompts
    assert heard.said("lookups/labour-register/said").startswith("您的劳动力登记是")
    assert "就业状况：正在求职，技能：电工。人社所已为您推荐四个岗位" in heard.said(
        "lookups/labour-register/said"
    )


@pytest.mark.parametrize("reason", list(TROUBLE))
async def test_what_is_the_matter_and_who_else_can_be_asked(line: Phone, reason: str) -> None:
    place = sorted(f"trouble-{source}" for source in TROUBLE.values()).index(f"trouble-{TROUBLE[reason]}")
    at = 5 + place  # behind the shipped ones
    keys = "\n".join("5" * (at // 4)) + f"\n{at % 4 + 1}"
    heard = await line.call(f"2\n2\n{keys}\n1\n1234#\n1\n1\n*\n!")
    assert heard.prompts.count(f"error.{reason}") == 2, heard.text
    assert heard.prompts.count("lookup.ask_department") == 2
    assert heard.events.count("lookup failed") == 2
