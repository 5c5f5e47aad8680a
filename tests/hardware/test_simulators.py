"""The simulated line, cards, and what a simulator does when it is told so."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from hardware.protocols import identity_card
from hardware.protocols.gat467 import Frame, FrameReader, Reply, Status
from hardware.protocols.identity_card import ContentError
from hardware.simulators import cards
from hardware.simulators.cards import CardFileError
from hardware.simulators.framed import WAITING
from hardware.simulators.identity_card_reader import (
    INSTANT,
    Pace,
    SimulatedIdentityCardReader,
)
from hardware.simulators.line import Line, LineFault
from hardware.transport.serial_port import SerialPort
from tests.hardware.conftest import running, until
from tests.hardware.samples import COMMANDS, REPLIES, framed


def ignored(data: bytes) -> None:
    """A device that does not listen."""


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def descriptors() -> int:
    """How many descriptors this process has open."""
    return len(names(Path("/proc/self/fd")))


async def test_a_stale_link_is_replaced_in_one_step(tmp_path: Path) -> None:
    name = tmp_path / "port"
    name.symlink_to("/dev/pts/99999")
    line = Line(name, ignored)
    line.plug_in()
    assert name.resolve().exists()
    assert names(tmp_path) == ["port"]
    line.unplug()
    assert not name.is_symlink()


async def test_unplugging_leaves_anothers_link_alone(tmp_path: Path) -> None:
    name = tmp_path / "port"
    first, second = Line(name, ignored), Line(name, ignored)
    first.plug_in()
    second.plug_in()
    first.unplug()
    assert name.is_symlink()
    second.unplug()
    assert not name.is_symlink()


async def test_a_line_outlives_its_host(tmp_path: Path) -> None:
    heard: list[bytes] = []
    line = Line(tmp_path / "port", heard.append)
    line.plug_in()
    for number in range(3):
        port = SerialPort(str(tmp_path / "port"))
        await port.open()
        await port.write(b"%d" % number)
        await until(lambda number=number: b"".join(heard) == b"012"[: number + 1])  # type: ignore[misc]
        await line.send(b"answer")
        assert await port.read(1.0) == b"answer"
        await port.close()
    line.unplug()


async def test_what_nobody_takes_is_lost_and_holds_nobody_up(tmp_path: Path) -> None:
    line = Line(tmp_path / "port", ignored, baud=0)
    line.plug_in()
    await asyncio.wait_for(line.send(bytes(1_000_000)), 5.0)
    line.unplug()
    await line.send(b"gone")


@pytest.mark.parametrize(("baud", "seconds"), [(115200, 0.112), (38400, 0.337)])
async def test_bytes_take_the_time_of_the_wire(tmp_path: Path, baud: int, seconds: float) -> None:
    line = Line(tmp_path / "port", ignored, baud)
    line.plug_in()
    began = time.monotonic()
    await line.send(bytes(1295))
    assert seconds <= time.monotonic() - began < seconds * 4
    line.unplug()


async def test_no_descriptor_is_left_behind(tmp_path: Path) -> None:
    line = Line(tmp_path / "port", ignored)
    line.plug_in()
    before = descriptors()
    for _ in range(10):
        line.unplug()
        line.plug_in()
    assert descriptors() == before
    line.unplug()
    line.unplug()


ARRIVES = {
    LineFault.NONE: b"answer",
    LineFault.WRONG_CHECKSUM: b"answes",
    LineFault.BYTE_BY_BYTE: b"answer",
    LineFault.NOISE_BEFORE: b"~~answer",
    LineFault.NOISE_INSIDE: b"ans~~wer",
    LineFault.LAST_REPLY: b"before",
    LineFault.SILENCE: b"",
    LineFault.LATE: b"answer",
    LineFault.CUT_SHORT: b"ans",
}


@pytest.mark.parametrize("fault", ARRIVES)
async def test_what_a_line_does_to_an_answer_it_does_once(tmp_path: Path, fault: LineFault) -> None:
    line = Line(
        tmp_path / "port",
        ignored,
        0,
        spoil=lambda answer: answer[:-1] + bytes((answer[-1] + 1,)),
        noise=b"~~",
    )
    line.late = 0.1
    line.plug_in()
    port = SerialPort(str(tmp_path / "port"))
    await port.open()

    async def arrived() -> bytes:
        data = b""
        while more := await port.read(0.1):
            data += more
        return data

    await line.send(b"before")
    assert await arrived() == b"before"
    line.break_down(fault)
    began = time.monotonic()
    await line.send(b"answer")
    assert (time.monotonic() - began >= 0.1) == (fault is LineFault.LATE)
    assert await arrived() == ARRIVES[fault]
    await line.send(b"after")
    assert await arrived() == (b"" if fault is LineFault.SILENCE else b"after")
    await port.close()
    line.unplug()


async def test_a_port_that_vanishes_with_an_answer_comes_back_by_itself(tmp_path: Path) -> None:
    line = Line(tmp_path / "port", ignored, 0)
    line.plug_in()
    line.vanish(0.1)
    assert not line.plugged_in
    await until(lambda: line.plugged_in)
    line.vanish(0.1)
    line.unplug()  # somebody pulls the plug as well: it stays out
    await asyncio.sleep(0.2)
    assert not line.plugged_in


# The reader's side of the protocol, byte for byte


async def exchanged(device: SimulatedIdentityCardReader, sent: bytes) -> list[Reply]:
    """What the device answers to bytes."""
    port = SerialPort(str(device.line.name))
    await port.open()
    await port.write(sent)
    frames = FrameReader()
    replies = []
    while data := await port.read(0.3):
        replies += [Reply.decode(found.body) for found in frames.feed(data) if isinstance(found, Frame)]
    await port.close()
    return replies


async def test_the_simulated_reader_answers_with_the_bytes_of_the_standard(
    simulated_reader: SimulatedIdentityCardReader,
) -> None:
    port = SerialPort(str(simulated_reader.line.name))
    await port.open()

    async def ask(command: str) -> bytes:
        await port.write(framed(command))
        answer = await port.read(1.0)
        while more := await port.read(0.05):
            answer += more
        return answer

    find, select, read = "00 03 20 01 22", "00 03 20 02 21", "00 03 30 01 32"
    assert await ask(find) == framed(REPLIES["no card"][0])
    assert await ask(select) == framed(REPLIES["select failed"][0])
    assert await ask(read) == framed(REPLIES["read failed"][0])
    simulated_reader.present(cards.load("default").content())
    assert await ask(find) == framed(REPLIES["card found"][0])
    assert await ask(select) == framed(REPLIES["card selected"][0])
    answer = await ask(read)
    assert len(answer) == 1295
    assert answer[:10].hex() == "aaaaaa966905080000" + "90"
    assert await ask(find) == framed(REPLIES["no card"][0])
    await port.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (framed("00 03 11 FF ED"), Status.DONE),
        (framed("00 03 10 FF EC"), Status.DONE),
        (framed("00 03 12 FF EE"), Status.DONE),
        (framed("00 03 11 FF EC"), Status.CHECKSUM_ERROR),
        (framed("00 01"), Status.LENGTH_ERROR),
        (framed("00 03 77 77 03"), Status.COMMAND_ERROR),
        (framed("00 03 30 03 30"), Status.NO_SUCH_CONTENT),
    ],
)
async def test_the_simulated_reader_says_what_is_wrong_with_a_question(
    simulated_reader: SimulatedIdentityCardReader, sent: bytes, status: Status
) -> None:
    assert [reply.status for reply in await exchanged(simulated_reader, sent)] == [status]


async def test_the_simulated_reader_gives_fingerprints_when_asked(
    simulated_reader: SimulatedIdentityCardReader,
) -> None:
    simulated_reader.present(cards.load("default").content())
    asked = framed("00 03 20 01 22") + framed("00 03 20 02 21") + framed("00 03 30 10 23")
    *_, reply = await exchanged(simulated_reader, asked)
    assert identity_card.split(reply.data, with_fingerprint=True) == cards.load("default").content()


async def test_a_flood_of_questions_does_the_simulated_reader_no_harm(tmp_path: Path) -> None:
    device = SimulatedIdentityCardReader(tmp_path / "reader", Pace(0.05, 0.0, 0.0, 0))
    async with running(device):
        assert len(await exchanged(device, framed("00 03 20 01 22") * 200)) <= WAITING + 2
        device.pace = INSTANT
        assert await exchanged(device, framed(next(iter(COMMANDS.values()))))


async def test_a_fault_happens_once(simulated_reader: SimulatedIdentityCardReader) -> None:
    content = cards.load("default").content()
    asked = framed("00 03 20 01 22") + framed("00 03 20 02 21") + framed("00 03 30 01 32")
    simulated_reader.present(content, LineFault.CUT_SHORT)
    assert len(await exchanged(simulated_reader, asked)) == 2
    simulated_reader.present(content)
    assert len(await exchanged(simulated_reader, asked)) == 3


# Cards


@pytest.mark.parametrize("name", cards.supplied())
def test_every_supplied_card_says_that_nobody_real_is_meant(name: str) -> None:
    card = cards.load(name)
    assert card.demonstration
    assert card.note
    assert card.identity_number.startswith("119999"), "no region has this code"
    assert card.identity_number[6:14] == f"{card.birth_date:%Y%m%d}"
    assert (int(card.identity_number[16]) % 2 == 1) is (card.sex == "male")


def test_the_supplied_cards_cover_what_cards_differ_in() -> None:
    every = {name: cards.load(name) for name in cards.supplied()}
    assert len(every) >= 5
    assert every["elder"].valid_to is None
    assert "·" in every["minority"].full_name
    assert every["minority"].ethnicity != "01"
    for name, card in every.items():
        if name == "wrong-check-digit":
            with pytest.raises(ContentError):
                identity_card.decode(card.content())
        else:
            assert identity_card.decode(card.content()).full_name == card.full_name


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"\xff", "not TOML"),
        (b"a = ", "not TOML"),
        (b"full_name = 'x'", "demonstration"),
        (b"x" * 20_000, "larger"),
    ],
)
def test_a_card_file_that_cannot_be_used_says_why(tmp_path: Path, content: bytes, place: str) -> None:
    file = tmp_path / "card.toml"
    file.write_bytes(content)
    with pytest.raises(CardFileError) as raised:
        cards.load(str(file))
    assert place in raised.value.reason


def test_a_card_file_of_a_real_person_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "card.toml"
    text = (cards.SUPPLIED / "default.toml").read_text("utf-8")
    file.write_text(text.replace("demonstration = true", "demonstration = false"), "utf-8")
    with pytest.raises(CardFileError) as raised:
        cards.load(str(file))
    assert "demonstration" in raised.value.reason


def test_a_card_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(CardFileError):
        cards.load(str(tmp_path / "none.toml"))
