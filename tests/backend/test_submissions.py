"""Submissions: checked, kept once, durable."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from huimin.v1 import case_pb2, form_pb2
from sqlalchemy import func, select

from backend.calendar import Calendar
from backend.clock import county_day
from backend.storage import cases, submissions
from backend.storage.tables import CaseRow
from backend_client.forms.reference import check_reference
from backend_client.forms.wire import date_from_proto
from tests.backend import house as running
from tests.backend.house import House, failed
from tests.backend.sample import RESIDENT, answers, submission, submission_name
from tests.postgres import BOTH

Answer = form_pb2.Answer


async def send(house: House, what: form_pb2.Submission) -> form_pb2.CreateSubmissionResponse:
    return await house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=what))


async def refused(house: House, what: form_pb2.Submission) -> running.Failed:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await send(house, what)
    return failed(caught.value)


async def stored(house: House) -> int:
    asked = select(func.count()).select_from(CaseRow)
    return await house.database.read(lambda connection: connection.execute(asked).scalar_one())


@BOTH
async def test_a_submission_becomes_a_case_with_a_reference_that_can_be_keyed(
    house: House, form: form_pb2.Form
) -> None:
    accepted = await send(house, submission(form))
    assert check_reference(accepted.reference) == accepted.reference
    assert abs(accepted.accept_time.ToDatetime() - house.clock().replace(tzinfo=None)).total_seconds() < 1
    assert await stored(house) == 1


@BOTH
async def test_answers_are_kept_as_they_were_checked(house: House, form: form_pb2.Form) -> None:
    sent = submission(
        form, given=answers(full_name=Answer(text="  示范居民 "), phone=Answer(phone_number="138 0000-0000"))
    )
    await send(house, sent)
    kept, problems = await house.database.read(submissions.opened, sent.name)
    assert problems == ()
    by_field = {answer.field: answer for answer in kept.answers}
    assert by_field["full_name"].text == "示范居民"
    assert by_field["phone"].phone_number == "13800000000"
    assert list(by_field["goods"].choices.options) == ["fruit", "grain"]  # in the form's order
    assert list(by_field) == [field.id for field in form.fields if field.id in by_field]


@BOTH
async def test_the_same_submission_sent_again_gets_the_first_answer(
    house: House, form: form_pb2.Form
) -> None:
    sent = submission(form)
    first = await send(house, sent)
    house.clock.forward(hours=2)
    repeated = form_pb2.Submission.FromString(sent.SerializeToString())
    repeated.send_time.GetCurrentTime()
    reordered = list(reversed(repeated.answers))
    del repeated.answers[:]
    repeated.answers.extend(reordered)
    assert await send(house, repeated) == first
    assert await stored(house) == 1


@BOTH
async def test_who_applies_is_told_the_last_day_of_what_the_office_promises(
    house: House, form: form_pb2.Form
) -> None:
    sent = submission(form)
    due = Calendar().add_working_days(county_day(house.clock()), 5)  # as its service says
    assert date_from_proto((await send(house, sent)).due_date, "") == due
    house.clock.forward(days=2)
    assert date_from_proto((await send(house, sent)).due_date, "") == due  # the same, sent again


@BOTH
async def test_many_identical_submissions_at_once_make_one_case(house: House, form: form_pb2.Form) -> None:
    sent = submission(form)
    async with grpc.aio.insecure_channel(house.address, (("grpc.use_local_subchannel_pool", 1),)) as other:
        stubs = [house.stubs, running.Stubs(other)]
        answers_got = await asyncio.gather(
            *(
                stubs[number % 2].form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
                for number in range(60)
            )
        )
    assert len({answer.reference for answer in answers_got}) == 1
    assert await stored(house) == 1


@BOTH
async def test_two_backends_over_one_database_make_one_case(
    house: House, form: form_pb2.Form, database: str
) -> None:
    sent = submission(form)
    async with running.house(house.data, database=database) as second:
        got = await asyncio.gather(*(send(backend, sent) for _ in range(10) for backend in (house, second)))
    assert len({answer.reference for answer in got}) == 1
    assert await stored(house) == 1


@BOTH
async def test_different_submissions_at_once_all_get_their_own_reference(
    house: House, form: form_pb2.Form
) -> None:
    got = await asyncio.gather(*(send(house, submission(form)) for _ in range(40)))
    assert len({answer.reference for answer in got}) == 40
    assert await stored(house) == 40


@BOTH
async def test_the_name_of_a_submission_cannot_be_used_for_other_answers(
    house: House, form: form_pb2.Form
) -> None:
    sent = submission(form)
    await send(house, sent)
    other = submission(form, sent.name, answers(amount=Answer(money_fen=1051)))
    refusal = await refused(house, other)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "SUBMISSION_DIFFERS")
    assert refusal.domain == "huimin.gov"


WRONG: list[tuple[dict[str, Answer | None], dict[str, str]]] = [
    ({"full_name": None}, {"full_name": "REQUIRED"}),
    ({"full_name": Answer()}, {"full_name": "REQUIRED"}),
    ({"full_name": Answer(text="一" * 20_000)}, {"full_name": "TOO_LONG"}),
    ({"full_name": Answer(text="一\x07二")}, {"full_name": "BAD_CHARACTER"}),
    ({"full_name": Answer(digits="12345")}, {"full_name": "WRONG_TYPE"}),
    ({"licence": Answer(digits="12a456")}, {"licence": "NOT_DIGITS"}),
    ({"licence": Answer(digits="123")}, {"licence": "TOO_SHORT"}),
    ({"start": Answer(date=Date(year=2027, month=2, day=30))}, {"start": "NO_SUCH_DATE"}),
    ({"start": Answer(date=Date(year=2025, month=2, day=3))}, {"start": "TOO_EARLY"}),
    ({"born": Answer(date=Date(year=2199, month=1, day=1))}, {"born": "TOO_LATE"}),
    ({"amount": Answer(money_fen=0)}, {"amount": "TOO_SMALL"}),
    ({"amount": Answer(money_fen=10**18)}, {"amount": "TOO_LARGE"}),
    ({"sex": Answer(choice="cat")}, {"sex": "NO_SUCH_OPTION"}),
    ({"goods": Answer(choices=form_pb2.Choices())}, {"goods": "REQUIRED"}),
    ({"goods": Answer(choices=form_pb2.Choices(options=["fruit"] * 3))}, {"goods": "TOO_MANY"}),
    (
        {"identity_number": Answer(identity_number=RESIDENT[:-1] + "0")},
        {"identity_number": "WRONG_CHECK_DIGIT"},
    ),
    ({"phone": Answer(phone_number="12")}, {"phone": "NOT_A_PHONE_NUMBER"}),
    ({"surprise": Answer(text="x")}, {"surprise": "NO_SUCH_FIELD"}),
    (
        {"sex": None, "amount": Answer(money_fen=-1), "phone": Answer(yes_no=True)},
        {"sex": "REQUIRED", "amount": "TOO_SMALL", "phone": "WRONG_TYPE"},
    ),
]


@pytest.mark.parametrize(("changes", "problems"), WRONG)
async def test_every_wrong_answer_is_named_and_nothing_is_kept(
    house: House, form: form_pb2.Form, changes: dict[str, Answer | None], problems: dict[str, str]
) -> None:
    refusal = await refused(house, submission(form, given=answers(**changes)))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "ANSWERS_INVALID")
    assert refusal.violations == {f"answers.{field}": problem for field, problem in problems.items()}
    assert await stored(house) == 0


async def test_two_answers_to_one_field_are_refused(house: House, form: form_pb2.Form) -> None:
    refusal = await refused(house, submission(form, given=[*answers(), *answers()[:1]]))
    assert refusal.violations == {"answers.full_name": "TOO_MANY"}


@pytest.mark.parametrize("name", ["x" * 36, "惠" * 36])
async def test_however_much_is_wrong_the_door_is_told_so(
    house: House, form: form_pb2.Form, name: str
) -> None:
    sent = submission(form, given=[Answer(field=f"{name}{number:04}", text="x") for number in range(200)])
    for _ in range(3):  # above its soft limit a client drops trailers by chance
        refusal = await refused(house, sent)
        assert refusal.reason == "ANSWERS_INVALID"
        assert set(refusal.violations.values()) == {"NO_SUCH_FIELD"}


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"name": "submissions/1"}, "submission.name"),
    ({"name": "submissions/" + "A" * 36}, "submission.name"),
    ({"name": ""}, "submission.name"),
    ({"form": "policies/everything"}, "submission.form"),
    ({"form": "forms/../everything"}, "submission.form"),
    ({"form_revision": "r" * 300}, "submission.form_revision"),
    ({"form_revision": ""}, "submission.form_revision"),
    ({"channel": 0}, "submission.channel"),
    ({"channel": 77}, "submission.channel"),
    ({"language": 0}, "submission.language"),
    ({"origin": "o" * 64}, "submission.origin"),
    ({"origin": "a\x00b"}, "submission.origin"),
    ({"send_time": Timestamp(seconds=-(2**62))}, "submission.send_time"),
    ({"send_time": Timestamp()}, "submission.send_time"),
    ({"answers": [Answer(field=f"f{number}", yes_no=True) for number in range(300)]}, "submission.answers"),
]


@pytest.mark.parametrize(("changes", "field"), MALFORMED)
async def test_a_malformed_submission_is_refused_at_the_door(
    house: House, form: form_pb2.Form, changes: dict[str, Any], field: str
) -> None:
    sent = submission(form)
    for name, value in changes.items():
        sent.ClearField(name)  # type: ignore[arg-type]
        sent.MergeFrom(form_pb2.Submission(**{name: value}))
    refusal = await refused(house, sent)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_INVALID")
    assert list(refusal.violations) == [field]
    assert await stored(house) == 0


@BOTH
async def test_an_unknown_form_and_an_unknown_revision_are_told_apart(
    house: House, form: form_pb2.Form
) -> None:
    sent = submission(form)
    sent.form = "forms/nothing"
    refusal = await refused(house, sent)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "FORM_UNKNOWN")
    sent.form, sent.form_revision = form.name, "0123456789abcdef"
    refusal = await refused(house, sent)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "FORM_CHANGED")


async def test_a_form_that_changes_is_taken_for_a_week_from_those_who_began_before(tmp_path: Any) -> None:
    content = running.copy_content(tmp_path / "content")
    async with running.house(tmp_path / "data", content) as before:
        old = (await before.stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/letter"))).form
    file = content / "forms" / "letter.yaml"
    file.write_text(file.read_text("utf-8").replace("max_length: 1000", "max_length: 3"), "utf-8")
    letter = [
        Answer(field="identity_number", identity_number=RESIDENT),
        Answer(field="letter", text="路灯坏了三天"),
    ]
    async with running.house(tmp_path / "data", content) as after:
        new = (await after.stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/letter"))).form
        assert re.fullmatch("[0-9a-f]{16}", new.revision)
        assert new.revision != old.revision
        await send(after, submission(old, given=letter))
        refusal = await refused(after, submission(new, given=letter))
        assert refusal.violations == {"answers.letter": "TOO_LONG"}
        after.clock.forward(days=8)
        refusal = await refused(after, submission(old, given=letter))
        assert refusal.reason == "FORM_CHANGED"


async def test_a_repeat_gets_its_answer_even_after_the_form_is_gone(tmp_path: Any) -> None:
    content = running.copy_content(tmp_path / "content")
    async with running.house(tmp_path / "data", content) as before:
        form = (await before.stubs.form.GetForm(form_pb2.GetFormRequest(name="forms/letter"))).form
        sent = submission(
            form,
            given=[
                Answer(field="identity_number", identity_number=RESIDENT),
                Answer(field="letter", text="谢谢"),
            ],
        )
        first = await send(before, sent)
    (content / "forms" / "letter.yaml").unlink()
    (content / "services" / "letter.yaml").unlink()
    async with running.house(tmp_path / "data", content) as after:
        after.clock.forward(days=30)
        assert await send(after, sent) == first
        late = submission(form, submission_name(), list(sent.answers))
        assert (await refused(after, late)).reason == "FORM_UNKNOWN"


@BOTH
async def test_what_is_kept_begins_as_received(house: House, form: form_pb2.Form) -> None:
    await send(house, submission(form))
    asked = select(CaseRow.state, CaseRow.title_zh, CaseRow.reference)
    row = await house.database.read(lambda connection: connection.execute(asked).one())
    assert row.state == case_pb2.CASE_STATE_RECEIVED
    assert row.title_zh == "许可申请表"
    assert await house.database.read(cases.applicant, row.reference) == RESIDENT
