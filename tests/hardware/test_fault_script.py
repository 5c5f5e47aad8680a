"""Scripts of faults: what is written in them happens in its time, and every mistake in them is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.language import Language
from hardware.protocols.gat467 import Command, Frame, FrameReader, Reply, Status
from hardware.simulators import cards, script
from hardware.simulators.identity_card_reader import CardFault, SimulatedIdentityCardReader
from hardware.simulators.line import LineFault
from hardware.simulators.receipt_printer import PrinterFault, SimulatedReceiptPrinter
from hardware.simulators.script import MAX_FILE_BYTES, MAX_STEPS, ScriptError, Step
from hardware.simulators.table import DEVICES
from hardware.transport.serial_port import SerialPort
from hardware.wording import texts
from tests.hardware.commands import command, environment, simulator
from tests.hardware.conftest import until

READER, PRINTER = SimulatedIdentityCardReader.name, SimulatedReceiptPrinter.name


async def status_of(device: SimulatedIdentityCardReader, *asked: Command) -> list[Status | int]:
    """What the reader answers to commands, one after the other."""
    port = SerialPort(str(device.line.name))
    await port.open()
    found: list[Status | int] = []
    for one in asked:
        await port.write(one.encode())
        frames = FrameReader()
        while data := await port.read(0.3):
            found += [Reply.decode(f.body).status for f in frames.feed(data) if isinstance(f, Frame)]
    await port.close()
    return found


def test_the_script_of_the_documentation_is_understood() -> None:
    written = (script.__doc__ or "").split("::", 1)[1].rsplit("Where a step", 1)[0]
    assert script.read(written.encode(), DEVICES) == (
        Step(READER, 2.0, act="present", given="elder"),
        Step(READER, when="select", fault="lifted"),
        Step(PRINTER, fault="late", seconds=5.0),
    )


async def test_steps_happen_in_their_time_whatever_their_order(
    simulated_reader: SimulatedIdentityCardReader, simulated_printer: SimulatedReceiptPrinter
) -> None:
    steps = (
        Step(PRINTER, 0.3, fault="none"),
        Step(READER, 0.15, act="lift"),
        Step(PRINTER, 0.1, fault="cover-open"),
        Step(READER, act="present", given="elder"),
    )
    running = asyncio.create_task(script.run(steps, (simulated_reader, simulated_printer)))
    await until(lambda: simulated_reader.card_present, 0.1)
    assert simulated_printer.fault is PrinterFault.NONE
    await until(lambda: simulated_printer.fault is PrinterFault.COVER_OPEN, 0.3)
    await until(lambda: not simulated_reader.card_present, 0.3)
    await running
    assert simulated_printer.fault is PrinterFault.NONE


async def test_a_fault_waits_for_its_command(simulated_reader: SimulatedIdentityCardReader) -> None:
    simulated_reader.present(cards.load("default").content())
    steps = script.read(b"[{device: identity_card_reader, when: select, fault: self-test-failed}]", DEVICES)
    await script.run(steps, (simulated_reader,))
    found = await status_of(simulated_reader, Command.FIND_CARD, Command.SELECT_CARD, Command.FIND_CARD)
    assert found == [Status.CARD_FOUND, Status.SELF_TEST_FAILED, Status.SELF_TEST_FAILED]


async def test_a_person_acts_when_a_command_comes(simulated_reader: SimulatedIdentityCardReader) -> None:
    await script.run((Step(READER, when="find", act="present"),), (simulated_reader,))
    assert not simulated_reader.card_present
    assert await status_of(simulated_reader, Command.FIND_CARD) == [Status.CARD_FOUND]


async def test_a_fault_for_some_time_strikes_again_and_again_and_ends(
    simulated_reader: SimulatedIdentityCardReader,
) -> None:
    await script.run((Step(READER, when="status", fault="silence", seconds=0.8),), (simulated_reader,))
    assert await status_of(simulated_reader, Command.SAM_STATUS, Command.SAM_STATUS) == []
    await until(lambda: simulated_reader.line.fault is LineFault.NONE)
    assert await status_of(simulated_reader, Command.SAM_STATUS) == [Status.DONE]


async def test_what_cannot_be_done_any_more_leaves_the_rest_of_the_script(
    simulated_reader: SimulatedIdentityCardReader, tmp_path: Path
) -> None:
    file = tmp_path / "card.toml"
    file.write_bytes((cards.SUPPLIED / "young.toml").read_bytes())
    written = f"[{{device: {READER}, act: present, given: {file}}}, {{device: {READER}, fault: refused}}]"
    steps = script.read(written.encode(), DEVICES)
    file.unlink()
    await script.run(steps, (simulated_reader,))
    assert not simulated_reader.card_present
    assert simulated_reader.fault is CardFault.REFUSED


MISTAKES = [
    ("", "no_list", None),
    ("[]", "no_list", None),
    ("device: identity_card_reader", "no_list", None),
    ("- {device: [", "not_yaml", None),
    ("- \t- x", "not_yaml", None),
    ("- !!python/object/apply:os.system [id]", "not_yaml", None),
    ("- {device: receipt_printer, fault: jam, fault: hot}", "not_yaml", None),
    ("- &a [*a]", "no_step", 1),
    ("- jam", "no_step", 1),
    ("- {device: receipt_printer, fault: jam}\n- ~", "no_step", 2),
    ("- {device: receipt_printer, fault: jam, colour: red}", "key_unknown", 1),
    ("- {device: receipt_printer, fault: jam, 7: red}", "key_unknown", 1),
    ("- {fault: jam}", "no_device", 1),
    ("- {device: toaster, fault: jam}", "device_unknown", 1),
    ("- {device: , fault: jam}", "no_text", 1),
    ("- {device: [receipt_printer], fault: jam}", "no_text", 1),
    ("- {device: receipt_printer}", "fault_or_act", 1),
    ("- {device: identity_card_reader, fault: lifted, act: lift}", "fault_or_act", 1),
    ("- {device: receipt_printer, fault: lifted}", "fault_unknown", 1),
    ("- {device: receipt_printer, fault: wrong-checksum}", "fault_unknown", 1),
    ("- {device: receipt_printer, fault: true}", "no_text", 1),
    ("- {device: receipt_printer, act: lift}", "action_unknown", 1),
    ("- {device: identity_card_reader, act: present, for: 2}", "only_with", 1),
    ("- {device: receipt_printer, fault: jam, given: elder}", "only_with", 1),
    ("- {device: receipt_printer, fault: jam, when: select}", "command_unknown", 1),
    ("- {device: receipt_printer, fault: jam, when: 2.5}", "no_text", 1),
    ("- {device: receipt_printer, fault: jam, after: -1}", "no_seconds", 1),
    ("- {device: receipt_printer, fault: jam, after: 86401}", "no_seconds", 1),
    ("- {device: receipt_printer, fault: jam, after: .nan}", "no_seconds", 1),
    ("- {device: receipt_printer, fault: jam, after: .inf}", "no_seconds", 1),
    ("- {device: receipt_printer, fault: jam, after: soon}", "no_seconds", 1),
    ("- {device: receipt_printer, fault: jam, after: yes}", "no_seconds", 1),
    ("- {device: receipt_printer, fault: jam, for: 0}", "no_time", 1),
    ("- {device: receipt_printer, fault: jam}\n" * (MAX_STEPS + 1), "too_many", None),
]


@pytest.mark.parametrize(("written", "mistake", "step"), MISTAKES)
def test_every_mistake_is_told_where_it_is_and_in_both_languages(
    written: str, mistake: str, step: int | None
) -> None:
    with pytest.raises(ScriptError) as raised:
        script.read(written.encode(), DEVICES)
    assert (raised.value.name, raised.value.step) == (f"simulate.script.{mistake}", step)
    sentences = {texts(language)(raised.value.name, **raised.value.placeholders) for language in Language}
    assert len(sentences) == 2
    assert not any("{" in sentence for sentence in sentences)


def test_a_card_that_is_not_there_is_told_before_the_script_begins() -> None:
    with pytest.raises(ScriptError) as raised:
        script.read(b"[{device: identity_card_reader, act: present, given: nobody}]", DEVICES)
    assert raised.value.name == "simulate.card_unusable"


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"\x00", b"[" * 3000, b"- " * 3000, b"\xe6\x83"])
def test_what_is_no_text_at_all_is_told(data: bytes) -> None:
    with pytest.raises(ScriptError):
        script.read(data, DEVICES)


@given(st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_no_file_makes_anything_but_a_typed_error(data: bytes) -> None:
    try:
        script.read(data, DEVICES)
    except ScriptError as error:
        assert texts(Language.EN)(error.name, **error.placeholders)


def test_a_file_that_is_too_large_or_not_there_is_told(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    for file, mistake in (
        (large, "too_large"),
        (tmp_path / "none.yaml", "unreadable"),
        (tmp_path, "unreadable"),
    ):
        with pytest.raises(ScriptError) as raised:
            script.load(file, DEVICES)
        assert raised.value.name == f"simulate.script.{mistake}"


def test_a_script_runs_with_the_command(tmp_path: Path) -> None:
    env = environment(tmp_path)
    file = tmp_path / "script.yaml"
    file.write_text("[{device: receipt_printer, fault: jam}, {device: identity_card_reader, act: present}]")
    with simulator("--script", str(file), **env) as process:
        told = command("hardware.simulate", "status", **env).stdout
        assert "jammed" in told
        assert "A card lies on the reader" in told
        assert process.poll() is None, "it serves on when the script is over"


@pytest.mark.parametrize(
    ("language", "sentence"), [("en_GB.UTF-8", "Step 2: There is no device"), ("zh_CN.UTF-8", "第 2 步")]
)
def test_the_command_tells_a_mistake_in_a_sentence(tmp_path: Path, language: str, sentence: str) -> None:
    file = tmp_path / "script.yaml"
    file.write_text("- {device: receipt_printer, fault: jam}\n- {device: toaster, fault: jam}")
    done = command("hardware.simulate", "--script", str(file), **environment(tmp_path, language))
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "toaster" in done.stderr
    assert "Traceback" not in done.stderr
