"""Checking, watching and looking back with `huimin-diagnose`, as real processes on real pseudo-terminals."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import zxingcpp
from PIL import Image

from hardware.diagnosing.report import report
from hardware.drivers.crt188_reader import Crt188Options, Crt188Reader
from hardware.drivers.escpos_printer import EscposOptions
from hardware.interfaces.device import DeviceStatus
from hardware.protocols.smartpin import PROMPT_BYTES
from hardware.registry import Devices
from hardware.simulators import control
from hardware.store import FILE, Event, Store
from hardware.transport.serial_port import SerialPort
from hardware.vendor_mode.lines import State
from hardware.vendor_mode.server import Lender, VendorModeServer
from hardware.watch import watch
from tests.hardware.commands import command, environment, simulator
from tests.hardware.conftest import until

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "diagnose-output.schema.json").read_text("utf-8"))
PATIENCE = 30.0
IDENTITY = "11999919900307102X"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("runtime")
    with simulator(**environment(folder)):
        yield folder


@pytest.fixture
def bench(runtime: Path) -> Path:
    """The folder of the simulated devices, all in order."""
    folder = runtime / "huimin"
    control.ask(folder, {"do": "fault", "device": "receipt-printer", "fault": "none"})
    return folder


def act(bench: Path, device: str, action: str, given: str = "") -> None:
    control.ask(bench, {"do": "act", "device": device, "action": action, "given": given})


def run(bench: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return command("hardware.diagnose", *arguments, **environment(bench.parent, **env))


def judged(kind: str, said: str) -> Any:
    """An output, which has to be as the schema says."""
    told = json.loads(said)
    jsonschema.validate(told, {"$ref": f"#/$defs/{kind}", **SCHEMA})
    return told


class Technician:
    """A person before a terminal, in which a check runs."""

    def __init__(self, process: Process, terminal: int) -> None:
        self.process = process
        self._terminal = terminal
        self.heard = ""

    async def hears(self, part: str) -> None:
        """Waits until that is said."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE):
            while part not in self.heard:
                try:
                    data = await loop.run_in_executor(None, os.read, self._terminal, 4096)
                except OSError:
                    raise AssertionError(f"it has ended, and said: {self.heard}") from None
                self.heard += data.decode("utf-8", "replace")

    def types(self, line: str) -> None:
        """Answers."""
        os.write(self._terminal, line.encode() + b"\n")

    async def result(self) -> tuple[int, dict[str, Any]]:
        """The exit code, and the one check of the report."""
        async with asyncio.timeout(PATIENCE):
            out, _ = await self.process.communicate()
        assert self.process.returncode is not None
        [check] = judged("check", out.decode())["checks"]
        return self.process.returncode, check


@asynccontextmanager
async def interactive(bench: Path, device: str, *more: str) -> AsyncIterator[Technician]:
    """An interactive check in a terminal of its own; its report goes to a pipe."""
    ours, theirs = os.openpty()
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "hardware.diagnose",
            "check",
            device,
            "--level",
            "interactive",
            "--json",
            *more,
        ),
        stdin=theirs,
        stderr=theirs,
        stdout=PIPE,
        env=environment(bench.parent),
    )
    os.close(theirs)
    try:
        yield Technician(process, ours)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(ours)


async def test_a_card_is_read_and_shown_masked_and_judged(bench: Path) -> None:
    async with interactive(bench, "identity_card_reader") as person:
        await person.hears("Lay an identity card")
        act(bench, "identity-card-reader", "present")
        await person.hears("Was that right? [y/n]")
        assert "1199************2X" in person.heard and IDENTITY not in person.heard
        act(bench, "identity-card-reader", "lift")
        person.types("perhaps")
        person.heard = ""
        await person.hears("Was that right?")
        person.types("y")
        code, check = await person.result()
    assert (code, check["outcome"], check["findings"]) == (0, "passed", [])


async def test_a_wrong_result_is_a_finding(bench: Path) -> None:
    async with interactive(bench, "code_reader") as person:
        await person.hears("Hold a code")
        hearing = asyncio.create_task(person.hears("Read 11 characters: HU*******01"))
        while not hearing.done():  # a code that was held there before it was asked for is nobody's
            act(bench, "code-reader", "hold", "HUIMIN-0001")
            await asyncio.wait({hearing}, timeout=0.5)
        await hearing
        person.types("n")
        code, check = await person.result()
    assert (code, check["outcome"]) == (1, "failed")
    assert [finding["code"] for finding in check["findings"]] == ["check.wrong_result"]


async def test_the_number_of_the_printed_slip_is_compared(bench: Path) -> None:
    async with interactive(bench, "receipt_printer") as person:
        await person.hears("Type the large number")
        slip = max((bench / "slips").glob("*.png"), key=lambda file: file.stat().st_mtime)
        [printed] = zxingcpp.read_barcodes(Image.open(slip))
        number = printed.text.removeprefix("HUIMIN TEST ")
        person.types("1")  # a slip of the finger
        person.heard = ""
        await person.hears("Type the large number")
        person.types(number)
        code, check = await person.result()
    assert (code, check["outcome"]) == (0, "passed")
    assert number not in person.heard.replace(number, "", 1), "it is on the slip only"


async def waited_for(bench: Path, pad: str) -> None:
    """Waits until a pad has been asked for something."""
    await until(lambda: control.ask(bench, {"do": "status"})[pad]["facts"]["waits_for"], PATIENCE)


async def test_the_key_of_a_pad_that_gives_no_digits_is_compared(bench: Path) -> None:
    async with interactive(bench, "pin_pad") as person:
        await person.hears("within 30 seconds")
        key = person.heard.partition("press the key: ")[2].partition(",")[0]
        await waited_for(bench, "pin-pad")
        act(bench, "pin-pad", "press", key)
        code, check = await person.result()
    assert (code, check["outcome"]) == (0, "passed"), person.heard


@pytest.mark.parametrize(("right", "outcome"), [(True, "passed"), (False, "failed")])
async def test_digits_of_a_pad_are_compared(bench: Path, tmp_path: Path, right: bool, outcome: str) -> None:
    config = tmp_path / "terminal.toml"
    prompt = tmp_path / "prompt"
    prompt.write_bytes(bytes(range(PROMPT_BYTES)))
    config.write_text(
        f'[devices.pin_pad]\ndriver = "smartpin"\nprompt = "{prompt}"\nport = "{bench / "pin-pad"}"\n',
        "utf-8",
    )
    async with interactive(bench, "pin_pad", "--config", str(config)) as person:
        await person.hears("and then the enter key")
        number = person.heard.partition("press ")[2][:4]
        await waited_for(bench, "pin-pad")
        act(bench, "pin-pad", "press", f"{number if right else number[::-1][1:] + '1'} enter")
        code, check = await person.result()
    assert (code, check["outcome"]) == (0 if right else 1, outcome), person.heard


async def test_lights_are_looked_at_and_the_door_is_moved(bench: Path) -> None:
    async with interactive(bench, "auxiliaries") as person:
        for number in range(8):
            await person.hears("on? [y/n]")
            person.heard = ""
            person.types("n" if number == 3 else "y")
        await person.hears("Open the cabinet door")
        act(bench, "auxiliaries", "open-door")
        await asyncio.sleep(1.2)
        act(bench, "auxiliaries", "close-door")
        code, check = await person.result()
    assert (code, check["outcome"]) == (1, "failed")
    assert [finding["code"] for finding in check["findings"]] == ["check.dark.receiptPrinter"]


async def test_nobody_there_is_not_a_fault_of_the_device(bench: Path) -> None:
    async with interactive(bench, "receipt_printer") as person:
        await person.hears("Type the large number")
        person.types("\x04")  # the end of input, in a terminal
        code, check = await person.result()
    assert (code, check["outcome"]) == (3, "notDone")


async def test_what_is_found_without_anybody_counts_where_nobody_is_there(bench: Path) -> None:
    control.ask(bench, {"do": "fault", "device": "receipt-printer", "fault": "paper-low"})
    async with interactive(bench, "receipt_printer") as person:
        await person.hears("Type the large number")
        person.types("\x04")
        code, check = await person.result()
    assert (code, check["outcome"]) == (1, "notDone")
    assert [one["code"] for one in check["findings"]] == [
        "check.nobody",
        "receipt_printer.paperLow",
    ]


def test_a_card_that_lies_in_a_reader_is_said_and_no_driver_is_blamed_for_it(
    bench: Path, tmp_path: Path
) -> None:
    config = tmp_path / "terminal.toml"
    port = bench / "card-reader"
    config.write_text(f'[devices.card_reader]\ndriver = "crt188"\nport = "{port}"\nbaud = 9600\n', "utf-8")
    where = ("card_reader", "--config", str(config), "--json")
    empty = run(bench, "check", *where)
    assert (empty.returncode, judged("check", empty.stdout)["fine"]) == (0, True)
    options = Crt188Options(driver="crt188", port=str(port))

    async def read() -> None:
        reader = Crt188Reader(options)
        await reader.open()
        reading = asyncio.create_task(reader.read_card(timeout=PATIENCE))
        await asyncio.sleep(0.5)
        act(bench, "card-reader", "insert")
        await reading
        await reader.close()

    asyncio.run(read())
    inside = run(bench, "check", *where)
    [check] = judged("check", inside.stdout)["checks"]
    assert (inside.returncode, check["outcome"]) == (1, "passed")
    assert [one["code"] for one in check["findings"]] == ["card_reader.cardInside"]
    tried = run(bench, "conformance", *where)
    assert (tried.returncode, judged("error", tried.stdout)["error"]) == (1, "not_well")
    assert run(bench, "check", *where[:-1], "--level", "external").returncode == 0
    act(bench, "card-reader", "take")
    assert run(bench, "check", *where).returncode == 0


def test_nobody_at_a_device_is_no_conformance(bench: Path) -> None:
    ask = ("conformance", "identity_card_reader", "--check", "comes_back_after_its_plug_was_pulled")
    done = run(bench, *ask, "--unplug", "--json", language="zh_CN.UTF-8")
    [check] = judged("conformance", done.stdout)["checks"]
    assert (done.returncode, check["outcome"], check["reason"]) == (3, "not_done", "没有人操作")
    without = run(bench, *ask)
    assert without.returncode == 0 and "nobody can pull its plug" in without.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        ("check", "nonsense"),
        ("check", "receipt_printer", "--level", "bogus"),
        ("events", "--since", "yesterday"),
        ("nonsense",),
        ("list", "--config", "/"),
        ("export",),
    ],
)
def test_wrong_usage_is_one_sentence_or_an_object(bench: Path, wrong: tuple[str, ...]) -> None:
    said = run(bench, *wrong, language="zh_CN.UTF-8")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith("用法不对：") and said.stderr.count("\n") == 1
    told = run(bench, *wrong, "--json")
    assert (told.returncode, told.stderr) == (2, "")
    assert judged("error", told.stdout)["error"] == "wrong_usage"


def test_a_driver_is_tried_on_what_is_plugged_in(bench: Path) -> None:
    names = (
        "tells_how_it_is",
        "opens_for_one_owner",
        "does_what_it_is_for",
        "comes_back_after_its_plug_was_pulled",
    )
    ask = [part for name in names for part in ("--check", name)]
    done = run(bench, "conformance", "receipt_printer", *ask, "--json")
    assert done.returncode == 0, done.stderr
    told = judged("conformance", done.stdout)
    assert [(one["check"], one["outcome"]) for one in told["checks"]] == [
        *((name, "kept") for name in names[:3]),
        (names[3], "not_tried"),
    ]


@pytest.mark.parametrize("language", ["en_GB.UTF-8", "zh_CN.UTF-8"])
def test_a_driver_is_not_blamed_for_an_empty_roll(bench: Path, language: str) -> None:
    control.ask(bench, {"do": "fault", "device": "receipt-printer", "fault": "paper-out"})
    done = run(bench, "conformance", "receipt_printer", "--json", language=language)
    told = judged("error", done.stdout)
    assert (done.returncode, told["error"]) == (1, "not_well")
    assert {"en_GB.UTF-8": "put in a new roll", "zh_CN.UTF-8": "放入新纸卷"}[language] in told["text"]


async def test_what_is_wrong_counts_more_than_what_is_not_known(bench: Path) -> None:
    control.ask(bench, {"do": "fault", "device": "receipt-printer", "fault": "paper-out"})
    held = SerialPort(str(bench / "identity-card-reader"))
    await held.open()
    listed = await asyncio.to_thread(run, bench, "list")
    watched = await asyncio.to_thread(run, bench, "watch", "identity_card_reader", "--for", "0", "--json")
    figures = await asyncio.to_thread(run, bench, "metrics")
    await held.close()
    assert (listed.returncode, watched.returncode, figures.returncode) == (1, 3, 1)
    assert "Some devices need attention" in listed.stdout


def test_a_printer_shows_that_it_prints_and_a_reader_has_nothing_to_show(bench: Path) -> None:
    before = len(list((bench / "slips").glob("*.png")))
    printer = run(bench, "check", "receipt_printer", "--level", "external")
    assert printer.returncode == 0 and "passed" in printer.stdout
    assert len(list((bench / "slips").glob("*.png"))) == before + 1
    reader = run(bench, "check", "identity_card_reader", "--level", "external", "--json")
    assert reader.returncode == 0
    assert judged("check", reader.stdout)["checks"][0]["outcome"] == "notSupported"


def test_nothing_is_printed_on_a_device_that_fails_its_own_test(bench: Path) -> None:
    control.ask(bench, {"do": "fault", "device": "receipt-printer", "fault": "paper-out"})
    done = run(bench, "check", "receipt_printer", "--level", "external", "--json")
    assert done.returncode == 1
    [check] = judged("check", done.stdout)["checks"]
    assert [finding["code"] for finding in check["findings"]] == ["receipt_printer.paperOut"]
    assert "new roll" in check["findings"][0]["text"]


async def test_changes_are_watched_as_they_come(bench: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hardware.diagnose", "watch", "receipt_printer", "--json", "--for", "20"),
        stdout=PIPE,
        env=environment(bench.parent),
    )
    assert process.stdout
    async with asyncio.timeout(PATIENCE):
        first = judged("watch", (await process.stdout.readline()).decode())
        control.ask(bench, {"do": "fault", "device": "receipt-printer", "fault": "cover-open"})
        second = judged("watch", (await process.stdout.readline()).decode())
        control.ask(bench, {"do": "fault", "device": "receipt-printer", "fault": "none"})
        third = judged("watch", (await process.stdout.readline()).decode())
    process.terminate()
    await process.wait()
    assert [one["parts"]["cover"] for one in (first, second, third)] == ["closed", "open", "closed"]
    assert [one["fine"] for one in (first, second, third)] == [True, False, True]


class Terminal(Lender):
    """A terminal, as far as a technician's program meets it."""

    name = "terminal-7"
    state = State.SERVING
    seconds_left = 0.0

    def __init__(self, devices: Devices) -> None:
        self._devices = devices

    def devices(self) -> list[dict[str, Any]]:
        known = [report(one, one.last_status, None) for one in self._devices.all.values()]
        return [one.model_dump(mode="json") for one in known]

    async def lend(self) -> None:
        """Nobody asks for it here."""

    def hurry(self) -> None:
        """Nor for this."""

    async def take_back(self) -> None:
        """Nor for this."""


async def test_a_terminal_that_starts_gets_its_ports_from_a_watch(bench: Path) -> None:
    options = EscposOptions(driver="escpos", port=str(bench / "receipt-printer"))
    devices = Devices({"receipt_printer": options})
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hardware.diagnose", "watch", "receipt_printer", "--json", "--for", "60"),
        stdout=PIPE,
        env=environment(bench.parent),
    )
    assert process.stdout
    server = VendorModeServer(Terminal(devices), bench / "terminals", longest=60)
    async with asyncio.timeout(PATIENCE), AsyncExitStack() as stack:
        stack.push_async_callback(process.wait)
        stack.callback(process.kill)
        alone = judged("watch", (await process.stdout.readline()).decode())
        assert alone["fine"] and not alone["terminal"]
        stack.push_async_callback(devices.close)
        await devices.open()
        assert devices.findings[0].advice == ("advice.port.in_use",)
        await server.open()
        stack.push_async_callback(server.close)
        printer = devices.all["receipt_printer"]
        watching = asyncio.create_task(watch([printer], None, 0.2))
        stack.callback(watching.cancel)
        await until(lambda: printer.last_status.device is DeviceStatus.ONLINE, 10.0)
        told = [alone]
        while not (told[-1]["fine"] and told[-1]["terminal"]):
            told.append(judged("watch", (await process.stdout.readline()).decode()))
        assert told[-1]["terminal"] == os.getpid()
        await server.close()
        last = judged("watch", (await process.stdout.readline()).decode())
        assert [one["code"] for one in last["findings"]] == ["terminal.gone"]
        assert (await printer.status()).device is DeviceStatus.ONLINE


def test_the_table_of_a_terminal_is_in_both_languages(bench: Path) -> None:
    shown = run(bench, "watch", "--for", "0", COLUMNS="160", language="zh_CN.UTF-8")
    assert shown.returncode == 0
    for part in ("身份证阅读器", "正常", "纸张：充足", "怎么办"):
        assert part in shown.stdout
    assert "Paper: enough" in run(bench, "watch", "--for", "0", COLUMNS="160").stdout


@pytest.fixture
async def kept(tmp_path: Path) -> Path:
    """A terminal's data folder, with what became of its devices."""
    store = Store(tmp_path / "kiosk")
    now = datetime.now(UTC)
    for hours in (50, 3, 1):
        at = now - timedelta(hours=hours)
        advice = ("advice.identity_card_reader.readFailed",)
        store.record(
            Event(
                at,
                "identity_card_reader",
                "read_card",
                "invalidData",
                "readFailed",
                advice,
                f"{IDENTITY} SW3 41",
            )
        )
    store.record(Event(now, "receipt_printer", "status", "offline"))
    store.count("identity_card_reader", "cards_read", 7)
    store.count("identity_card_reader", "failures", 3, "readFailed")
    await store.flush()
    return tmp_path


def test_what_happened_is_told_by_device_and_time(bench: Path, kept: Path) -> None:
    where = {"HUIMIN_KIOSK_DATA": str(kept)}
    told = judged("events", run(bench, "events", "--json", **where).stdout)["events"]
    assert [one["device"] for one in told] == ["identity_card_reader"] * 3 + ["receipt_printer"]
    assert told[0]["findings"][0]["code"] == "identity_card_reader.readFailed"
    assert IDENTITY not in json.dumps(told) and "SW3 41" in told[0]["detail"]
    ask = ("events", "--json", "--device", "identity_card_reader", "--since", "24h", "--until", "2h")
    assert len(judged("events", run(bench, *ask, **where).stdout)["events"]) == 1
    said = run(bench, "events", "--limit", "1", **where, language="zh_CN.UTF-8").stdout
    assert "回执打印机  脱机" in said and "身份证" not in said
    failed = run(bench, "events", *ask[2:], **where, language="zh_CN.UTF-8").stdout
    assert "身份证阅读器  卡没有读出  invalidData, readFailed" in failed
    assert run(bench, "events", "--since", "yesterday", **where).returncode == 2


def test_what_was_counted_is_told(bench: Path, kept: Path) -> None:
    where = {"HUIMIN_KIOSK_DATA": str(kept)}
    [told] = judged("statistics", run(bench, "statistics", "--json", **where).stdout)["statistics"]
    assert told["counts"] == {"cards_read": 7} and told["failures"] == {"readFailed": 3}
    assert "Cards read: 7" in run(bench, "statistics", **where).stdout
    nothing = run(bench, "statistics", HUIMIN_KIOSK_DATA=str(kept / "none"))
    assert nothing.returncode == 0 and "no statistics" in nothing.stdout


def test_a_page_for_help_holds_nobody(bench: Path, kept: Path) -> None:
    log = kept / "kiosk.log"
    log.write_text(
        json.dumps({"event": "card_not_read", "code": "readFailed", "name": "王小明", "detail": IDENTITY})
        + "\n"
    )
    page = kept / "report.html"
    ask = ("export", str(page), "--log", str(log), "--json")
    told = judged("export", run(bench, *ask, HUIMIN_KIOSK_DATA=str(kept)).stdout)
    content = page.read_text("utf-8")
    assert told == {"file": str(page), "bytes": len(content.encode()), "events": 4}
    assert page.stat().st_mode & 0o777 == 0o600
    assert "card_not_read" in content and "Identity card reader" in content
    for private in ("王小明", IDENTITY):
        assert private not in content
    refused = run(bench, "export", "/proc/report.html", HUIMIN_KIOSK_DATA=str(kept))
    assert refused.returncode == 2 and "cannot be written" in refused.stderr
    away = kept / "stick"
    nowhere = run(bench, "export", str(away / "report.html"), HUIMIN_KIOSK_DATA=str(kept))
    assert nowhere.returncode == 2 and "no folder" in nowhere.stderr and not away.exists()


def test_help_can_be_asked_for_where_the_records_are_damaged(bench: Path, kept: Path) -> None:
    (kept / "kiosk" / FILE).write_bytes(b"no database" * 1000)
    where = {"HUIMIN_KIOSK_DATA": str(kept), "HUIMIN_KIOSK_TERMINAL": "village-1"}
    told = run(bench, "events", "--json", **where)
    assert (told.returncode, judged("error", told.stdout)["error"]) == (3, "damaged")
    assert "Restart the terminal" in json.loads(told.stdout)["text"]
    page = kept / "report.html"
    assert run(bench, "export", str(page), **where, language="zh_CN.UTF-8").returncode == 0
    content = page.read_text("utf-8")
    for part in (
        "终端：village-1",
        "设备记录无法读取",
        "回执打印机",
        "自检：通过",
        b"HUIMIN-SIMULATED".hex(),
    ):
        assert part in content


def test_a_monitor_gets_figures(bench: Path, kept: Path) -> None:
    done = run(bench, "metrics", HUIMIN_KIOSK_DATA=str(kept))
    assert done.returncode == 0
    assert 'huimin_device_up{device="receipt_printer",driver="escpos",simulated="true"} 1.0' in done.stdout
    assert (
        'huimin_device_failures_total{device="identity_card_reader",reason="readFailed"} 3.0' in done.stdout
    )


async def test_a_port_that_another_program_has_is_said_with_its_process(bench: Path) -> None:
    held = SerialPort(str(bench / "receipt-printer"))
    await held.open()
    done = await asyncio.to_thread(run, bench, "check", "receipt_printer", "--json")
    await held.close()
    assert done.returncode == 3
    [check] = judged("check", done.stdout)["checks"]
    assert check["held_by"] == os.getpid()
    assert [finding["code"] for finding in check["findings"]] == ["port.in_use"]


def test_a_device_that_is_not_configured_is_said_so(bench: Path) -> None:
    done = run(bench, "check", "power_supply", "--json")
    assert done.returncode == 2
    assert judged("error", done.stdout)["error"] == "not_configured"
    assert judged("list", run(bench, "list", "--json").stdout)["fine"]
