"""What the office replies, a case that is opened again once, and what is made public with consent."""

from __future__ import annotations

import asyncio
import json
import uuid
from pathlib import Path

import grpc
import pytest
from huimin.v1 import case_pb2, common_pb2, form_pb2
from sqlalchemy import select, update

from backend.calendar import Calendar
from backend.clock import county_day
from backend.storage import public_cases, replies, retention
from backend.storage.audit import entries
from backend.storage.tables import AttachmentRow, FormRevision
from backend_client.forms.reference import group
from foundation.language import LocalizedText
from tests.backend.house import Failed, House, command, failed
from tests.backend.sample import RESIDENT, answers, submission
from tests.backend.test_ratings import rating, upload
from tests.backend.test_sealing import CLERK, found_in, on_disk
from tests.backend.test_sessions_and_cases import OTHER, bearer, by_card, by_reference, get
from tests.postgres import BOTH

REPLY = "路灯已于昨天修好。\n感谢您的来信。"
REASON = "灯还是不亮"
TEXTS = public_cases.Texts(
    LocalizedText("路灯不亮", "A street light"),
    LocalizedText("路灯坏了两个月。", "It had been broken for two months."),
    LocalizedText("已经修好。", "It was repaired."),
)


async def apply(house: House, form: form_pb2.Form, *, consents: bool = True) -> str:
    sent = submission(form, given=answers(neighbours_agree=form_pb2.Answer(yes_no=consents)))
    answer = await house.stubs.form.CreateSubmission(form_pb2.CreateSubmissionRequest(submission=sent))
    return answer.reference


async def reply(house: House, reference: str, text: str = REPLY) -> None:
    done = case_pb2.CASE_STATE_COMPLETED
    assert await house.database.write(replies.write, reference, text, done, house.clock())


async def reopen(house: House, token: str, reference: str, name: str = "", **why: str) -> case_pb2.Case:
    request = case_pb2.ReopenCaseRequest(
        name=f"cases/{reference}",
        reopening=name or f"reopenings/{uuid.uuid4()}",
        **(why or {"reason": REASON}),
    )
    answer = await house.stubs.case.ReopenCase(request, metadata=bearer(token))
    return answer.case_record


async def refused(house: House, token: str, reference: str, **why: str) -> Failed:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await reopen(house, token, reference, **why)
    return failed(caught.value)


@BOTH
async def test_a_reply_is_read_and_who_is_not_satisfied_opens_the_case_again_once(
    house: House, form: form_pb2.Form
) -> None:
    reference = await apply(house, form)
    token = await by_reference(house, reference)
    assert (await refused(house, token, reference)).reason == "NOT_REPLIED"
    house.clock.forward(minutes=1)
    await reply(house, reference)
    case = await get(house, token, reference)
    assert [one.text for one in case.replies] == [REPLY]
    assert (case.state, case.reopenable) == (case_pb2.CASE_STATE_COMPLETED, True)
    house.clock.forward(minutes=1)
    name = f"reopenings/{uuid.uuid4()}"
    outcomes = await asyncio.gather(
        *(reopen(house, token, reference, name) for _ in range(3)),
        *(reopen(house, token, reference) for _ in range(3)),
        return_exceptions=True,
    )
    done = [one for one in outcomes if isinstance(one, case_pb2.Case)]
    assert 1 <= len(done) <= 3
    case = await get(house, token, reference)
    assert [event.state for event in case.events] == [
        case_pb2.CASE_STATE_RECEIVED,
        case_pb2.CASE_STATE_COMPLETED,
        case_pb2.CASE_STATE_IN_REVIEW,
    ]
    due = case.reopening.due_date
    assert (due.year, due.month, due.day) == (
        Calendar().add_working_days(county_day(house.clock()), 15).timetuple()[:3]
    )
    house.clock.forward(minutes=1)
    await reply(house, reference, "又修了一次。")
    case = await get(house, token, reference)
    assert (len(case.replies), case.reopenable) == (2, False)
    assert (await refused(house, token, reference)).reason == "REOPENED_BEFORE"


@BOTH
async def test_repeating_a_reopening_changes_nothing(house: House, form: form_pb2.Form) -> None:
    reference = await apply(house, form)
    await reply(house, reference)
    token = await by_card(house)
    name = f"reopenings/{uuid.uuid4()}"
    first = await reopen(house, token, reference, name)
    house.clock.forward(minutes=5)
    assert await reopen(house, token, reference, name) == first
    assert len(first.events) == 3


async def test_nobody_else_opens_a_case_again(house: House, form: form_pb2.Form) -> None:
    mine, other = await apply(house, form), await apply(house, form)
    await reply(house, mine)
    assert (await refused(house, await by_reference(house, other), mine)).reason == "CASE_UNKNOWN"
    assert (await refused(house, await by_card(house, OTHER), mine)).reason == "CASE_UNKNOWN"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await house.stubs.case.ReopenCase(
            case_pb2.ReopenCaseRequest(
                name=f"cases/{mine}", reopening=f"reopenings/{uuid.uuid4()}", reason="x"
            )
        )
    assert failed(caught.value).reason == "SESSION_NEEDED"
    assert (await get(house, await by_reference(house, mine), mine)).reopenable
    done = [kept.entry for kept in await house.database.read(entries, objects=[f"cases/{mine}"])]
    assert [(one.action, one.outcome) for one in done if "Reopen" in one.action] == [
        ("CaseService.ReopenCase", "CASE_UNKNOWN")
    ] * 2


@BOTH
async def test_the_reason_may_be_spoken_and_is_erased_with_the_case(
    house: House, form: form_pb2.Form
) -> None:
    reference = await apply(house, form)
    await reply(house, reference)
    token = await by_reference(house, reference)
    named = rating(5)  # whose UUID names the upload, as that of a reopening does
    name = named.name.replace("ratings", "reopenings")
    missing = await refused(house, token, reference, name=name, recording=f"attachments/{uuid.uuid4()}")
    assert missing.reason == "ATTACHMENT_MISSING"
    recording = await upload(house, named)
    await reopen(house, token, reference, name, recording=recording)
    held = await house.database.read(replies.of, reference)
    assert held.reopening is not None
    assert (held.reopening.recording, held.reopening.reason) == (recording, "")
    await house.database.write(
        lambda connection: retention.erase(connection, [reference], CLERK, "person erase", house.clock())
    )
    left = await house.database.read(
        lambda connection: connection.execute(select(AttachmentRow.name)).scalars().all()
    )
    held = await house.database.read(replies.of, reference)
    assert (list(left), held.replies) == ([], ())


async def test_replies_and_reasons_lie_sealed_and_are_given_to_their_person(
    house: House, form: form_pb2.Form, tmp_path: Path
) -> None:
    reference = await apply(house, form)
    await reply(house, reference)
    await reopen(house, await by_card(house), reference)
    assert found_in(on_disk("", house.data), (REPLY[:8], REASON)) == []
    out = tmp_path / "person"
    code, _, _ = await command("--data", house.data, "person", "export", RESIDENT, "--out", out)
    assert code == 0
    [case] = json.loads((out / "person.json").read_text("utf-8"))["cases"]
    assert (case["replies"][0]["text"], case["reopening"]["reason"]) == (REPLY, REASON)


# What is public.


async def public(house: House, size: int = 0, token: str = "") -> case_pb2.ListPublicCasesResponse:
    return await house.stubs.case.ListPublicCases(
        case_pb2.ListPublicCasesRequest(page_size=size, page_token=token)
    )


@BOTH
async def test_only_what_was_consented_to_and_answered_is_made_public(
    house: House, form: form_pb2.Form
) -> None:
    silent, secret, open_ = [await apply(house, form, consents=agreed) for agreed in (True, False, True)]
    for reference in (secret, open_):
        await reply(house, reference)
    publish = public_cases.publish
    now = house.clock()
    assert await house.database.write(publish, silent, TEXTS, now) is public_cases.Refused.NOT_REPLIED
    assert await house.database.write(publish, secret, TEXTS, now) is public_cases.Refused.NO_CONSENT
    assert await house.database.write(publish, open_, TEXTS, now) is None
    [case] = (await public(house)).public_cases
    assert (case.title.zh_cn, case.reply.en, case.only) == ("路灯不亮", "It was repaired.", 0)
    assert case.department.zh_cn
    assert open_ not in str(case)
    assert (case.receive_date.day, case.state) == (county_day(now).day, case_pb2.CASE_STATE_COMPLETED)
    await house.database.write(
        lambda connection: connection.execute(update(FormRevision).values(public_field=""))
    )
    assert await house.database.write(publish, open_, TEXTS, now) is public_cases.Refused.NO_CONSENT


@BOTH
async def test_public_cases_come_in_pages_the_newest_answer_first(house: House, form: form_pb2.Form) -> None:
    references = [await apply(house, form) for _ in range(5)]
    for number, reference in enumerate(references):
        if number != 3:
            house.clock.forward(days=1)  # two were answered at the same moment
        await reply(house, reference)
        texts = public_cases.Texts(
            LocalizedText(f"第{number}件", f"No. {number}"), TEXTS.summary, TEXTS.reply
        )
        assert await house.database.write(public_cases.publish, reference, texts, house.clock()) is None
    seen: list[str] = []
    token = ""
    while True:
        page = await public(house, 2, token)
        seen += [case.title.en for case in page.public_cases]
        token = page.next_page_token
        if not token:
            break
    assert [seen[0], *sorted(seen[1:3]), *seen[3:]] == ["No. 4", "No. 2", "No. 3", "No. 1", "No. 0"]
    erased = references[4]
    await house.database.write(
        lambda connection: retention.erase(connection, [erased], CLERK, "person erase", house.clock())
    )
    assert len((await public(house)).public_cases) == 4


async def test_clerks_reply_and_publish(house: House, form: form_pb2.Form) -> None:
    reference, secret = await apply(house, form), await apply(house, form, consents=False)
    data = ("--data", house.data)
    texts = ("--title", "路灯不亮", "--summary", "路灯坏了。", "--reply", "已经修好。")
    code, _, said = await command("case", "publish", *data, reference, *texts)
    assert (code, said[:32]) == (2, f"There is no reply to {group(reference)[:11]}")
    for one in (reference, secret):
        assert (await command("case", "reply", *data, one, REPLY))[0] == 0
    code, shown, _ = await command("case", "show", *data, reference)
    assert "reply: 路灯已于昨天修好。" in shown
    assert "Completed" in shown or "completed" in shown
    code, _, said = await command("case", "publish", *data, secret, *texts)
    assert (code, "has not agreed" in said) == (2, True)
    naming = ("--title", "路灯不亮", "--summary", "示范居民说路灯坏了。", "--reply", "已经修好。")
    code, _, said = await command("case", "publish", *data, reference, *naming)
    assert (code, "something private" in said) == (2, True)
    code, _, said = await command("case", "publish", *data, reference, "--title", "路灯不亮")
    assert (code, "all three" in said) == (2, True)
    assert (await command("case", "publish", *data, reference, *texts))[0] == 0
    [case] = (await public(house)).public_cases
    assert (case.only, case.title.en) == (common_pb2.LANGUAGE_ZH_CN, "路灯不亮")
    assert (await command("case", "unpublish", *data, reference))[0] == 0
    assert (await command("case", "unpublish", *data, reference))[0] == 2
    assert not (await public(house)).public_cases
    assert (await command("case", "reply", *data, reference, "字" * 2001))[0] == 2
    assert (await command("case", "reply", *data, reference, "  "))[0] == 2
