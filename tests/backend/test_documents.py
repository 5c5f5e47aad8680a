"""Forms on paper: what is on them, how they are set, and the links that open once."""

from __future__ import annotations

import asyncio
import io
import uuid
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest
import zxingcpp
from huimin.v1 import common_pb2, document_pb2, document_pb2_grpc, form_pb2
from PIL import Image
from pypdf import PdfReader

from backend.authoring.reading import read_content
from backend.documents.leaflet import of_notice, of_policy, of_service
from backend.documents.leaflet import page as text_page
from backend.documents.paper import About, page
from backend.storage import document_links, messages
from backend_client.forms.form import Form
from backend_client.forms.wire import language_to_proto
from foundation.language import Language, LocalizedText
from tests.backend.house import CONTENT, Failed, House, failed
from tests.backend.house import house as running
from tests.backend.sample import RESIDENT, answers

EVERYTHING = "forms/everything"
A4 = (595.3, 841.9)
"""Points."""


@pytest.fixture(scope="module")
def form() -> Form:
    return read_content(CONTENT).forms[EVERYTHING]


@asynccontextmanager
async def with_web(folder: Path) -> AsyncIterator[tuple[House, Any]]:
    async with running(folder, web_listen="127.0.0.1:0") as started:
        yield started, document_pb2_grpc.DocumentServiceStub(started.stubs.channel)


async def text_of(stub: Any, language: Language, **which: str) -> str:
    """What stands on the sheets of a text, without spaces, once they were seen to be A4."""
    request = document_pb2.RenderTextRequest(language=language_to_proto(language), **which)
    pieces = [answer.chunk async for answer in stub.RenderText(request)]
    assert all(0 < len(piece) <= 64 << 10 for piece in pieces)
    pages = PdfReader(io.BytesIO(b"".join(pieces))).pages
    assert [round(float(side)) for side in pages[0].mediabox[2:]] == [round(side) for side in A4]
    return "".join("".join(one.extract_text() for one in pages).split())


def test_the_sheets_of_a_text_hold_all_of_it_in_both_languages() -> None:
    content = read_content(CONTENT)
    policy, notice = content.policies[0], content.notices[0].message
    service = next(one for one in content.services if one.HasField("guide"))
    for language, lang in ((Language.ZH_CN, "zh_cn"), (Language.EN, "en")):
        for leaflet, texts in (
            (of_policy(policy, language), [policy.title, *(one.text for one in policy.sections)]),
            (of_notice(notice, language), [notice.title, *(one.text for one in notice.sections)]),
            (of_service(service, language), [service.title, *service.guide.materials, *service.guide.steps]),
        ):
            html = unescape(text_page(leaflet, language))
            for text in texts:
                assert all(part in html for part in getattr(text, lang).split("\n"))


async def test_a_text_is_printed_and_one_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    content = read_content(CONTENT)
    policy = content.policies[0]
    async with running(tmp_path / "data") as started:
        stub = document_pb2_grpc.DocumentServiceStub(started.stubs.channel)
        said = await text_of(stub, Language.ZH_CN, policy=policy.name)
        for section in policy.sections:
            assert "".join(section.text.zh_cn.split()) in said
        for which, reason in (
            ({"policy": "policies/none"}, "POLICY_UNKNOWN"),
            ({"notice": "notices/none"}, "NOTICE_UNKNOWN"),
            ({"service": "services/none"}, "SERVICE_UNKNOWN"),
            ({}, "REQUEST_INVALID"),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await text_of(stub, Language.EN, **which)
            assert failed(refused.value).reason == reason


def about(code: str = "https://huimin.example/forms/everything") -> About:
    return About(LocalizedText("惠民县行政审批局", "Approval Bureau"), code, downloads=True)


def test_a_blank_form_has_a_place_for_every_answer_in_both_languages(form: Form) -> None:
    for language in Language:
        html = page(form, {}, language, about())
        for field in form.fields:
            assert field.label[language] in html
            for option in field.options:
                assert option.label[language] in html
        assert html.count('<path d="M2.2') == 0  # nothing is ticked


def test_what_is_known_stands_in_its_place_and_nothing_of_it_is_markup(form: Form) -> None:
    values: dict[str, Any] = {
        "full_name": '<script>alert("x")</script>&',
        "identity_number": RESIDENT,
        "start": date(2026, 12, 1),
        "sex": "female",
        "goods": ("grain",),
        "neighbours_agree": False,
    }
    html = page(form, values, Language.ZH_CN, about())
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "".join(f"<i>{digit}</i>" for digit in RESIDENT) in html
    assert "<i>1</i><i>2</i></span>" in html  # December
    assert html.count('<path d="M2.2') == 3


async def refused(call: Awaitable[Any]) -> Failed:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return failed(caught.value)


async def _bytes(stub: Any, **more: Any) -> bytes:
    request = document_pb2.RenderDocumentRequest(
        form=EVERYTHING, **{"language": common_pb2.LANGUAGE_ZH_CN, **more}
    )
    pieces = [answer.chunk async for answer in stub.RenderDocument(request)]
    assert all(len(piece) <= 64 << 10 for piece in pieces)
    return b"".join(pieces)


async def picture(pdf: bytes, folder: Path) -> Image.Image:
    """The first page as poppler draws it."""
    (folder / "form.pdf").write_bytes(pdf)
    process = await asyncio.create_subprocess_exec(
        "pdftoppm", "-r", "150", "-gray", "-f", "1", "-l", "1", "-png", folder / "form.pdf", folder / "form"
    )
    assert await process.wait() == 0
    (drawn,) = folder.glob("form-*.png")
    return Image.open(io.BytesIO(drawn.read_bytes()))


async def test_a_form_is_set_on_a4_with_simplified_chinese_type_and_a_code_that_can_be_read(
    tmp_path: Path,
) -> None:
    async with with_web(tmp_path / "data") as (_, stub):
        given = answers(amount=None, goods=None)
        pdf = await _bytes(stub, answers=given)
        read = PdfReader(io.BytesIO(pdf))
        box = read.pages[0].mediabox
        assert (float(box.width), float(box.height)) == pytest.approx(A4, abs=1)
        text = "".join(sheet.extract_text() for sheet in read.pages)
        assert "许可申请表" in text and "示范居民" in text and "申请人声明" in text
        resources: list[Any] = [sheet["/Resources"] for sheet in read.pages]
        fonts = {str(font.get_object()["/BaseFont"]) for one in resources for font in one["/Font"].values()}
        assert fonts and all("CJK-SC" in name and name[7] == "+" for name in fonts)  # SC, as subsets
        drawn = await picture(pdf, tmp_path)
        (code,) = zxingcpp.read_barcodes(drawn)
        assert code.text.endswith("/forms/everything?language=zh_CN")
        ink = sum(drawn.histogram()[:128]) / (drawn.width * drawn.height)
        assert 0.01 < ink < 0.2
        async with aiohttp.ClientSession() as browser, browser.get(code.text) as answer:
            assert (answer.status, answer.content_type) == (200, "application/pdf")
            assert "示范居民" not in PdfReader(io.BytesIO(await answer.read())).pages[0].extract_text()


async def test_a_blank_form_is_set_once_and_what_is_wrong_is_refused(tmp_path: Path) -> None:
    async with with_web(tmp_path / "data") as (_, stub):
        blank = await _bytes(stub)
        async with asyncio.timeout(1.0):  # setting the type takes longer
            assert await _bytes(stub) == blank
        wrong = form_pb2.Answer(field="identity_number", identity_number="123")
        unknown = form_pb2.Answer(field="nothing", text="x")
        error = await refused(_bytes(stub, answers=[wrong, unknown]))
        assert error.reason == "ANSWERS_INVALID"
        assert error.violations == {
            "answers.identity_number": "NOT_AN_IDENTITY_NUMBER",
            "answers.nothing": "NO_SUCH_FIELD",
        }


def link_request(**more: Any) -> document_pb2.CreateDocumentLinkRequest:
    return document_pb2.CreateDocumentLinkRequest(
        **{
            "name": f"documents/{uuid.uuid4()}",
            "form": EVERYTHING,
            "language": common_pb2.LANGUAGE_ZH_CN,
            **more,
        }
    )


async def test_a_link_opens_once_by_its_button_and_leaves_nothing_filled_in(tmp_path: Path) -> None:
    async with with_web(tmp_path / "data") as (started, stub), aiohttp.ClientSession() as browser:
        request = link_request(answers=answers())
        link = (await stub.CreateDocumentLink(request)).link
        assert (await stub.CreateDocumentLink(request)).link == link  # a repeat
        for _ in range(2):  # a preview looks at it, and opens nothing
            async with browser.get(link) as answer:
                assert answer.status == 200 and "示范居民" not in await answer.text()
        first, second = await asyncio.gather(browser.post(link), browser.post(link))
        assert sorted((first.status, second.status)) == [200, 404]
        opened = first if first.status == 200 else second
        assert "示范居民" in PdfReader(io.BytesIO(await opened.read())).pages[0].extract_text()
        async with browser.get(link) as answer:
            assert answer.status == 404
        async with browser.get(link[:-1] + "A") as answer:
            assert answer.status == 404

        late = (await stub.CreateDocumentLink(link_request())).link
        started.clock.forward(minutes=16)
        async with browser.post(late) as answer:
            assert answer.status == 404


async def test_a_link_is_sent_once_and_not_without_end(tmp_path: Path) -> None:
    async with with_web(tmp_path / "data") as (started, stub):
        request = link_request(recipient="13800000000")
        for _ in range(2):
            assert (await stub.CreateDocumentLink(request)).link == ""
        (kept,) = await started.database.read(messages.listed, None, 9)
        opened = await started.database.read(messages.opened, kept.name)
        assert opened is not None and opened.text is not None
        assert "/documents/" in opened.text and "24小时" in opened.text
        for _ in range(document_links.MOST_A_DAY - 1):
            await stub.CreateDocumentLink(link_request(recipient="13800000000"))
        error = await refused(stub.CreateDocumentLink(link_request(recipient="13800000000")))
        assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_LINKS")
        await stub.CreateDocumentLink(link_request(recipient="13800000001"))
        started.clock.forward(hours=25)
        await stub.CreateDocumentLink(link_request(recipient="13800000000"))
        error = await refused(stub.CreateDocumentLink(link_request(recipient="087112345678")))
        assert error.reason == "NO_SUCH_RECIPIENT"


async def test_without_a_web_server_there_are_no_links(house: House) -> None:
    stub: Any = document_pb2_grpc.DocumentServiceStub(house.stubs.channel)
    error = await refused(stub.CreateDocumentLink(link_request()))
    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "LINKS_NOT_OFFERED")
