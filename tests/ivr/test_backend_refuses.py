"""A backend that does not take what was answered: told, asked again, and what was right stays.

The refusals are what a backend says whose form or clock has moved on; what follows them is the real one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from huimin.v1 import form_pb2

from backend_client.client import BackendClient
from backend_client.errors import BackendError, Conflict, InvalidAnswers, Violation
from backend_client.forms.answer import Problem
from backend_client.submission import Accepted, Attachment
from tests.ivr.conftest import Phone
from tests.ivr.test_forms import NAME, SINCE, answers, form, send


def refuse_once(monkeypatch: pytest.MonkeyPatch, error: BackendError) -> list[form_pb2.Submission]:
    """Lets the first try fail; gives what is sent."""
    sent: list[form_pb2.Submission] = []
    really = BackendClient.create_encoded_submission

    async def create(self: BackendClient, encoded: bytes, *, deferred: bool) -> Accepted:
        sent.append(form_pb2.Submission.FromString(encoded))
        if len(sent) == 1:
            raise error
        return await really(self, encoded, deferred=deferred)

    monkeypatch.setattr(BackendClient, "create_encoded_submission", create)
    return sent


async def test_answers_that_are_refused_are_asked_again_and_no_others(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    violations = (Violation("since", Problem.TOO_LATE), Violation("amount", Problem.TOO_LARGE))
    sent = refuse_once(monkeypatch, InvalidAnswers(violations))
    keys = form(end="1\n20260101\n1\n7*70\n1\n1\n*\n!")
    _, heard, submission = await send(phone, keys)
    assert "不能晚于今天" in heard.said("problem.TOO_LATE")
    assert heard.prompts.count("forms/everything/since") == 2
    assert heard.prompts.count("forms/everything/licence") == 1
    assert answers(submission)["since"] == (2026, 1, 1)
    assert answers(submission)["amount"] == 770
    assert sent[0].name == sent[1].name


@pytest.mark.parametrize(
    "error",
    [Conflict("FORM_CHANGED"), InvalidAnswers((Violation("gone", Problem.NO_SUCH_FIELD),))],
)
async def test_a_form_that_has_changed_keeps_the_answers_that_still_fit(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, error: BackendError
) -> None:
    refuse_once(monkeypatch, error)
    _, heard, submission = await send(phone, form(end="1\n#\n#\n1\n*\n!"))
    assert heard.prompts.count("form.renewed") == 1
    assert heard.prompts.count("summary.intro") == 2
    assert heard.prompts.count("forms/everything/since") == 1
    assert answers(submission)["since"] == (2026, 2, 3)
    assert str(answers(submission)["full_name"]).startswith("attachments/")


async def test_a_recording_that_has_not_arrived_is_sent_again(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_once(monkeypatch, Conflict("ATTACHMENT_MISSING"))
    uploaded: list[str] = []
    really = BackendClient.upload_attachment

    async def upload(self: BackendClient, attachment: Attachment, *, resume: bool = False) -> None:
        uploaded.append(attachment.name)
        await really(self, attachment, resume=resume)

    monkeypatch.setattr(BackendClient, "upload_attachment", upload)
    _, heard, submission = await send(phone, form())
    assert "sent.done" in heard.prompts
    assert "error.ATTACHMENT_MISSING" not in heard.prompts
    assert uploaded == [answers(submission)["full_name"]] * 2


async def test_a_recording_that_was_replaced_is_not_sent(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded: list[Attachment] = []
    really = BackendClient.upload_attachment

    async def upload(self: BackendClient, attachment: Attachment, *, resume: bool = False) -> None:
        uploaded.append(attachment)
        await really(self, attachment, resume=resume)

    monkeypatch.setattr(BackendClient, "upload_attachment", upload)
    longer = "王小民，小是大小的小，民是人民的民"
    _, _, submission = await send(phone, form(end=f"2\n1\n1\n{longer}\n1\n1\n*\n!"))
    (attachment,) = uploaded
    assert attachment.name == answers(submission)["full_name"]
    assert len(attachment.content) > 20_000


async def test_a_day_that_has_become_wrong_meanwhile_is_judged_by_the_backend(phone: Phone) -> None:
    """The line's clock is a day ahead: what it takes, the real backend refuses."""
    ahead = datetime.now(UTC) + timedelta(days=2)
    phone.now = lambda: ahead
    tomorrow = (ahead - timedelta(days=1)).astimezone(phone.settings.time_zone).strftime("%Y%m%d")
    keys = form({SINCE: f"{tomorrow}\n1"}, end=f"1\n{SINCE}\n1\n*\n!")
    _, heard, submission = await send(phone, keys)
    assert "problem.TOO_LATE" in heard.prompts
    assert answers(submission)["since"] == (2026, 2, 3)
    assert NAME.splitlines()[1] not in str(heard.record)
