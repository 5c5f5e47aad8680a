"""What a report, a page and the figures of the devices say."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from enum import EnumMeta
from html.parser import HTMLParser
from pathlib import Path
from typing import ClassVar, get_type_hints

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr, ValidationError

import hardware.interfaces
from foundation.language import Language
from hardware.conformance.checks import CHECKS
from hardware.conformance.examination import Outcome as Conforming
from hardware.conformance.examination import Result
from hardware.diagnosing import charts
from hardware.diagnosing.conforming import result_object, result_sentence
from hardware.diagnosing.export import Material, page, plain_options
from hardware.diagnosing.figures import as_text
from hardware.diagnosing.history import record_object, record_sentences, records
from hardware.diagnosing.interactive import masked
from hardware.diagnosing.listing import device_sentences
from hardware.diagnosing.report import Report, parts_of
from hardware.holder import Holder
from hardware.interfaces.device import DeviceOptions, DeviceStatus, Status
from hardware.interfaces.media import CoverStatus, PaperStatus
from hardware.interfaces.receipt_printer import ReceiptPrinterStatus
from hardware.registry import CLASSES
from hardware.store import Event, Statistic
from hardware.usage import Exit, all_fine, exit_of
from hardware.wording import texts

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
PRINTER = Report(
    device="receipt_printer",
    driver="escpos",
    port="/dev/ttyUSB1",
    simulated=True,
    status=DeviceStatus.OFFLINE,
    parts={"paper": "out", "cover": "closed", "head": "unknown"},
    findings=("advice.receipt_printer.paperOut",),
)
BOARD = Report(
    device="auxiliaries",
    driver="modbus",
    port="/dev/ttyUSB2",
    simulated=False,
    status=DeviceStatus.ONLINE,
    parts={"door": "closed", "temperature": 31.5},
)
STATISTICS = (
    Statistic("receipt_printer", "commands", "print_slip", 40, NOW),
    Statistic("receipt_printer", "failures", "paperOut", 3, NOW),
    Statistic("receipt_printer", "lines_printed", "", 900, NOW - timedelta(days=2)),
    Statistic("receipt_printer", "seconds_watched", "", 1000.0, NOW),
    Statistic("receipt_printer", "seconds_online", "", 990.0, NOW),
)


def fault(back: int, code: str, detail: str = "") -> Event:
    at = NOW - timedelta(days=back)
    return Event(at, "receipt_printer", "print_slip", "deviceNotReady", code, (), detail)


EVENTS = (
    Event(NOW - timedelta(days=9), "receipt_printer", "status", "online"),
    fault(8, "paperOut"),
    fault(8, "coverOpen", "王小明 11999919900307102X"),
    Event(
        NOW - timedelta(days=3),
        "receipt_printer",
        "status",
        "offline",
        "",
        ("advice.receipt_printer.paperOut",),
    ),
)


class Seen(HTMLParser):
    """The texts and elements of a page, as a browser would find them."""

    EMPTY: ClassVar[set[str]] = {"meta", "br"}

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def made(language: Language = Language.EN, **more: object) -> Seen:
    values = {
        "reports": (PRINTER, BOARD),
        "statistics": STATISTICS,
        "events": EVENTS,
        "config": {},
        "log": (),
        "now": NOW,
        "terminal": "village-1",
        **more,
    }
    return Seen(page(Material(**values), language))  # type: ignore[arg-type]


def test_a_report_is_fine_where_it_works_or_a_resident_uses_it() -> None:
    assert BOARD.fine and not PRINTER.fine
    busy = BOARD.model_copy(update={"status": DeviceStatus.DEVICE_BUSY})
    assert not busy.fine
    assert busy.model_copy(update={"terminal": 4711}).fine
    assert not BOARD.model_copy(update={"self_test": False}).fine
    assert not BOARD.model_copy(update={"findings": ("advice.auxiliaries.doorOpen",)}).fine


def test_a_report_goes_over_the_socket_and_back_and_has_bounds() -> None:
    held = PRINTER.model_copy(update={"holder": Holder(4711, "huimin-kiosk")})
    assert Report.model_validate(held.model_dump(mode="json")) == held
    for wrong in (
        {"status": "splendid"},
        {"port": "x" * 5000},
        {"parts": dict.fromkeys(map(str, range(99)), 1)},
    ):
        with pytest.raises(ValidationError):
            Report.model_validate({**PRINTER.model_dump(mode="json"), **wrong})


def test_what_another_version_says_is_shown_by_its_name() -> None:
    newer = PRINTER.model_copy(
        update={"parts": {"ribbon": "torn", "paper": "wet"}, "findings": ("advice.receipt_printer.wet",)}
    )
    newer = newer.model_copy(update={"details": {"colour_of_ink": "blue"}})
    said = "\n".join(device_sentences(newer, Language.EN))
    for part in ("ribbon: torn", "Paper: wet", "→ receipt_printer.wet", "colour_of_ink: blue"):
        assert part in said


def test_parts_are_what_a_class_adds() -> None:
    status = ReceiptPrinterStatus(device=DeviceStatus.ONLINE, paper=PaperStatus.LOW, cover=CoverStatus.OPEN)
    assert parts_of(status) == {"paper": "low", "cover": "open", "cutter": "unknown", "head": "unknown"}


@pytest.mark.parametrize("language", Language)
def test_every_state_of_every_part_has_its_words(language: Language) -> None:
    text = texts(language)
    seen = 0
    assert len(Status.__subclasses__()) >= len(CLASSES)
    for status in Status.__subclasses__():
        hints = get_type_hints(status)
        for part in fields(status):
            if part.name in ("device", "advice"):
                continue
            assert text(f"part.{part.name}")
            if isinstance(hints[part.name], EnumMeta):
                for value in hints[part.name]:
                    if value.value not in ("unknown", "notSupported"):
                        assert text(f"value.{part.name}.{value.value}")
                        seen += 1
            else:
                assert "7" in text(f"figure.{part.name}", value=7)
    assert seen > 50


@pytest.mark.parametrize("language", Language)
def test_a_page_stands_for_itself_and_shows_the_faults(language: Language) -> None:
    seen = made(language)
    assert seen.open == []
    names = {tag for tag, _ in seen.tags}
    assert not names & {"script", "img", "link", "iframe", "a"}
    assert not [value for _, has in seen.tags for key, value in has.items() if key in ("src", "href")]
    policy = [has["content"] for tag, has in seen.tags if has.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert "paperOut" in seen.text and texts(language)("advice.receipt_printer.paperOut") in seen.text
    bars = [has for tag, has in seen.tags if tag == "rect" and has.get("fill") in charts.COLOURS]
    assert len(bars) >= 2


def test_no_one_is_in_a_page_whoever_got_into_the_log_and_the_events() -> None:
    log = ['{"event":"x","name":"王小明","detail":"11999919900307102X"}', "Li Si, 13800138000"]
    told = made(log=log).text
    for private in ("王小明", "11999919900307102X", "13800138000", "Li Si"):
        assert private not in told
    assert "x name=[redacted] detail=[redacted]" in told


def test_what_a_device_says_is_text_in_a_page_never_markup() -> None:
    nasty = "<script>alert(1)</script>&\x00\x1b[2J"
    seen = made(events=(Event(NOW, nasty, nasty, nasty, nasty, (), nasty),))
    assert "script" not in {tag for tag, _ in seen.tags}
    assert "<script>" in seen.text


def test_secrets_of_the_configuration_stay_there() -> None:
    class Guarded(DeviceOptions):
        password: str = ""
        terminal_key: SecretStr = SecretStr("")
        baud: int = 9600

    options = Guarded(
        driver="nut",
        port="nut://monitor:geheim@127.0.0.1:3493/ups",
        password="geheim",
        terminal_key=SecretStr("geheim"),
    )
    plain = plain_options(options)
    assert plain["baud"] == "9600" and plain["driver"] == "nut"
    assert plain["port"] == "nut://[redacted]@127.0.0.1:3493/ups"
    told = made(config={"power_supply": options}).text
    assert "geheim" not in told + str(plain)
    assert "[devices.power_supply]" in told


def test_an_empty_history_is_a_page_too() -> None:
    seen = made(reports=(), statistics=(), events=())
    assert "None." in seen.text and "No log was given" in seen.text


def test_bars_are_as_high_as_they_count() -> None:
    days = [date(2026, 11, day) for day in (20, 21, 22)]
    svg = charts.bars(days, {"one": [1, 0, 4], "two": [1, 0, 4]}, title="faults")
    heights = [float(bar.attrib["height"]) for bar in svg.iter("rect")]
    assert len(heights) == 4
    assert heights[2] == pytest.approx(4 * heights[0], abs=0.2)
    assert "2026-11-22 two: 4" in [title.text for title in svg.iter("title")]
    assert charts.bars([], {}, title="none").tag == "svg"


def test_a_band_is_cut_at_its_ends_and_grey_where_nobody_knows() -> None:
    begin = NOW - timedelta(days=10)
    spans = [
        (begin - timedelta(days=5), begin + timedelta(days=5), True, "online"),
        (begin + timedelta(days=5), begin + timedelta(days=6), None, "unknown"),
        (begin + timedelta(days=6), NOW, False, "offline"),
    ]
    _, fine, wrong = charts.band(spans, begin, NOW, title="printer").iter("rect")
    assert (fine.attrib["x"], float(fine.attrib["width"])) == ("0", charts.WIDTH / 2)
    assert float(wrong.attrib["x"]) == pytest.approx(charts.WIDTH * 0.6)
    assert (fine.attrib["fill"], wrong.attrib["fill"]) == (charts.FINE, charts.WRONG)


def test_statistics_are_told_by_device() -> None:
    [record] = records(STATISTICS)
    assert record_object(record) == {
        "device": "receipt_printer",
        "since": "2026-11-20T06:30:00+00:00",
        "up": 0.99,
        "counts": {"lines_printed": 900},
        "commands": {"print_slip": 40},
        "failures": {"paperOut": 3},
    }
    said = "\n".join(record_sentences(record, Language.EN))
    for part in ("Time up: 99.00 %", "Lines printed: 900", "succeeded: 40", "Failures (paperOut): 3"):
        assert part in said
    assert "own_count: 2" in "\n".join(
        record_sentences(records([Statistic("pin_pad", "own_count", "", 2, NOW)])[0], Language.EN)
    )


def test_a_broken_promise_is_told_and_one_that_was_not_tried_is_none() -> None:
    kept = Result("tests_itself", Conforming.KEPT, "", 0.26)
    untried = Result("stands_silence", Conforming.NOT_TRIED, "conformance.without.silence", 0.0)
    undone = Result("stands_silence", Conforming.NOT_DONE, "conformance.without.hands", 0.0)
    broken = Result("cancels_at_once", Conforming.FAILED, "read_card goes on after cancel", 5.0)
    assert all_fine([kept, untried]) and not all_fine([kept, broken]) and not all_fine([])
    ends = (exit_of([kept, untried]), exit_of([kept, undone]), exit_of([undone, broken]), exit_of([]))
    assert ends == (Exit.FINE, Exit.NOT_KNOWN, Exit.ATTENTION, Exit.ATTENTION)
    text = texts(Language.EN)
    assert result_sentence(broken, text).startswith("BROKEN: cancels at once")
    assert "(nobody can silence it)" in result_sentence(untried, text)
    assert "没有办法让它不回答" in result_sentence(untried, texts(Language.ZH_CN))
    told = result_object(kept, text)
    assert (told["outcome"], told["seconds"], told["text"]) == ("kept", 0.3, "tests itself")
    for language in Language:
        for name in CHECKS:
            assert texts(language)(f"conformance.{name}")


def test_every_count_of_the_interfaces_has_its_words() -> None:
    counted = set()
    for file in Path(hardware.interfaces.__file__).parent.glob("*.py"):
        for counts in re.findall(r"counts=lambda \w+: \{(.*)\}", file.read_text("utf-8")):
            counted |= set(re.findall(r'"(\w+)":', counts))
    assert {"cards_read", "lines_printed", "codes_read"} <= counted
    for name in counted:
        assert texts(Language.ZH_CN)(f"statistic.{name}")


def test_figures_are_what_prometheus_reads() -> None:
    families = {
        family.name: family
        for family in text_string_to_metric_families(as_text((PRINTER, BOARD), STATISTICS))
    }

    def values(name: str) -> dict[tuple[str, ...], float]:
        return {tuple(sorted(one.labels.values())): one.value for one in families[name].samples}

    assert values("huimin_device_up") == {
        ("escpos", "receipt_printer", "true"): 0.0,
        ("auxiliaries", "false", "modbus"): 1.0,
    }
    assert values("huimin_device_status")["offline", "receipt_printer"] == 1.0
    assert values("huimin_device_status")["online", "receipt_printer"] == 0.0
    assert values("huimin_device_finding") == {("receipt_printer", "receipt_printer.paperOut"): 1.0}
    assert values("huimin_device_figure") == {("auxiliaries", "temperature"): 31.5}
    assert values("huimin_device_failures") == {("paperOut", "receipt_printer"): 3.0}
    assert values("huimin_device_done") == {("lines_printed", "receipt_printer"): 900.0}
    assert values("huimin_device_online_seconds") == {("receipt_printer",): 990.0}


def test_a_device_that_nobody_has_asked_yet_is_not_known() -> None:
    assert not BOARD.model_copy(update={"status": DeviceStatus.UNKNOWN}).known
    assert BOARD.known


@pytest.mark.parametrize(
    ("findings", "up"),
    [
        ((), 1.0),
        (("advice.auxiliaries.doorOpen",), 1.0),
        (("advice.port.in_use",), 0.0),
        (("advice.terminal.silent",), 0.0),
        (("advice.terminal.lent",), 0.0),
    ],
)
def test_a_device_whose_port_another_program_has_is_not_up(findings: tuple[str, ...], up: float) -> None:
    busy = BOARD.model_copy(update={"status": DeviceStatus.DEVICE_BUSY, "findings": findings})
    said = as_text((busy,), ())
    assert f'huimin_device_up{{device="auxiliaries",driver="modbus",simulated="false"}} {up}' in said


@pytest.mark.parametrize(
    ("text", "first", "last", "shown"),
    [
        ("11999919900307102X", 4, 2, "1199************2X"),
        ("王小明", 1, 0, "王**"),
        ("王", 1, 0, "*"),
        ("", 4, 2, ""),
        ("1234", 4, 2, "1***"),
        ("123456", 2, 4, "1*****"),
    ],
)
def test_what_was_read_is_masked(text: str, first: int, last: int, shown: str) -> None:
    assert masked(text, first, last) == shown
