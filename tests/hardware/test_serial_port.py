"""The owner of a serial port, on a pseudo-terminal whose other end is the test."""

from __future__ import annotations

import asyncio
import os
import threading
import time
import tty
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from hardware.interfaces.device import CompletionCode, DeviceError, PortProblem
from hardware.transport import serial_port
from hardware.transport.serial_port import SerialPort
from tests.hardware.conftest import until


class Peer:
    """The other end of the line."""

    def __init__(self, name: Path) -> None:
        self.name = name
        self.end = self._host_end = -1
        self.plug_in()

    def plug_in(self) -> None:
        self.end, self._host_end = os.openpty()
        tty.setraw(self._host_end)
        self.name.unlink(missing_ok=True)
        self.name.symlink_to(os.ttyname(self._host_end))

    def unplug(self) -> None:
        if self.end >= 0:
            os.close(self.end)
            os.close(self._host_end)
            self.end = self._host_end = -1

    def send(self, data: bytes) -> None:
        os.write(self.end, data)

    def receive(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += os.read(self.end, count - len(data))
        return data


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    peer = Peer(tmp_path / "port")
    yield peer
    peer.unplug()


@pytest.fixture
async def port(peer: Peer) -> AsyncIterator[SerialPort]:
    port = SerialPort(str(peer.name))
    await port.open()
    yield port
    await port.close()


def descriptors() -> set[str]:
    return {f"{link.name} {link.readlink()}" for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("port ")]


async def test_bytes_pass_both_ways_unchanged(port: SerialPort, peer: Peer) -> None:
    every_byte = bytes(range(256))
    await port.write(every_byte)
    assert peer.receive(256) == every_byte
    peer.send(every_byte)
    got = b""
    while len(got) < 256:
        got += await port.read(1.0)
    assert got == every_byte


async def test_a_read_without_bytes_ends_in_time(port: SerialPort) -> None:
    began = time.monotonic()
    assert await port.read(0.2) == b""
    assert 0.2 <= time.monotonic() - began < 2.0


async def test_a_read_gives_what_has_come_without_waiting_for_more(port: SerialPort, peer: Peer) -> None:
    peer.send(b"now")
    began = time.monotonic()
    assert await port.read(9.0) == b"now"
    assert time.monotonic() - began < 3.0


async def test_discarded_input_is_not_read(port: SerialPort, peer: Peer) -> None:
    peer.send(b"old")
    await asyncio.sleep(0.05)
    await port.discard_input()
    peer.send(b"new")
    assert await port.read(1.0) == b"new"


async def test_a_second_owner_is_refused(port: SerialPort, peer: Peer) -> None:
    other = SerialPort(str(peer.name))
    with pytest.raises(DeviceError) as raised:
        await other.open()
    assert raised.value.completion is CompletionCode.DEVICE_NOT_READY
    assert raised.value.code is PortProblem.IN_USE
    await other.close()
    peer.send(b"mine")
    assert await port.read(1.0) == b"mine"


async def test_the_port_is_free_once_it_is_closed(port: SerialPort, peer: Peer) -> None:
    await port.close()
    other = SerialPort(str(peer.name))
    await other.open()
    await other.close()


async def test_what_is_no_port_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for name, problem in (("nothing", PortProblem.ABSENT), ("file", PortProblem.UNUSABLE)):
        port = SerialPort(str(tmp_path / name))
        with pytest.raises(DeviceError) as raised:
            await port.open()
        assert (raised.value.completion, raised.value.code) == (CompletionCode.DEVICE_NOT_READY, problem)
        await port.close()


async def test_a_port_that_nobody_opened_is_out_of_order(tmp_path: Path) -> None:
    port = SerialPort(str(tmp_path / "port"))
    for attempt in (port.read(0.1), port.write(b"x"), port.discard_input()):
        with pytest.raises(DeviceError) as raised:
            await attempt
        assert raised.value.completion is CompletionCode.SEQUENCE_ERROR
    await port.close()


async def test_a_pulled_plug_is_noticed_while_reading(port: SerialPort, peer: Peer) -> None:
    reading = asyncio.create_task(port.read(30.0))
    await asyncio.sleep(0.1)
    peer.unplug()
    with pytest.raises(DeviceError) as raised:
        await asyncio.wait_for(reading, 5.0)
    assert (raised.value.completion, raised.value.code) == (CompletionCode.CONNECTION_LOST, PortProblem.LOST)
    assert not port.is_open


async def test_a_pulled_plug_is_noticed_while_writing(port: SerialPort, peer: Peer) -> None:
    peer.unplug()
    with pytest.raises(DeviceError) as raised:
        await port.write(b"anybody there?")
    assert raised.value.code is PortProblem.LOST


async def test_a_port_that_comes_back_works_again(port: SerialPort, peer: Peer) -> None:
    peer.unplug()
    with pytest.raises(DeviceError):
        await port.read(1.0)
    with pytest.raises(DeviceError) as raised:
        await port.open()
    assert raised.value.code is PortProblem.ABSENT
    peer.plug_in()
    await port.open()
    await port.write(b"again")
    assert peer.receive(5) == b"again"


async def test_two_who_want_a_lost_port_at_once_both_get_it(port: SerialPort, peer: Peer) -> None:
    peer.unplug()
    with pytest.raises(DeviceError):
        await port.read(1.0)
    peer.plug_in()
    await asyncio.gather(port.open(), port.open())
    await port.write(b"back")
    assert peer.receive(4) == b"back"


async def test_a_cancelled_read_leaves_the_port_usable(port: SerialPort, peer: Peer) -> None:
    for _ in range(5):
        reading = asyncio.create_task(port.read(30.0))
        await asyncio.sleep(0.02)
        began = time.monotonic()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert time.monotonic() - began < 2.0
    peer.send(b"still here")
    assert await port.read(1.0) == b"still here"


async def test_a_port_that_takes_no_bytes_is_reported(
    port: SerialPort, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial_port, "WRITE_SECONDS", 0.3)
    with pytest.raises(DeviceError) as raised:
        await port.write(bytes(1_000_000))
    assert (raised.value.completion, raised.value.code) == (CompletionCode.TIME_OUT, PortProblem.BLOCKED)


async def test_a_long_write_to_a_slow_device_arrives_whole(port: SerialPort, peer: Peer) -> None:
    sent = bytes(range(256)) * 400
    received = asyncio.create_task(asyncio.to_thread(peer.receive, len(sent)))
    await port.write(sent)
    assert await received == sent


async def test_closing_ends_a_read(port: SerialPort) -> None:
    reading = asyncio.create_task(port.read(30.0))
    await asyncio.sleep(0.05)
    await port.close()
    assert await asyncio.wait_for(reading, 1.0) == b""


async def test_closing_twice_does_no_harm(port: SerialPort) -> None:
    await port.close()
    await port.close()


async def test_every_port_has_one_worker_and_leaves_none_behind(tmp_path: Path) -> None:
    peers = [Peer(tmp_path / f"port-{n}") for n in range(3)]
    ports = [SerialPort(str(peer.name)) for peer in peers]
    for port in ports:
        await port.open()
        await port.read(0.0)
    assert len(workers()) == 3
    for port in ports:
        await port.close()
    await until(lambda: not workers())
    for peer in peers:
        peer.unplug()


async def test_no_descriptor_is_left_behind(peer: Peer, tmp_path: Path) -> None:
    port = SerialPort(str(peer.name))
    await port.open()  # what the loop itself opens once
    await port.close()
    before = descriptors()
    for _ in range(20):
        await port.open()
        await port.read(0.0)
        await port.close()
        absent = SerialPort(str(tmp_path / "absent"))
        with pytest.raises(DeviceError):
            await absent.open()
        await absent.close()
    assert descriptors() == before


async def test_no_descriptor_is_left_behind_by_pulled_plugs(peer: Peer) -> None:
    port = SerialPort(str(peer.name))
    await port.open()
    before = len(descriptors())
    for _ in range(10):
        peer.unplug()
        with pytest.raises(DeviceError):
            await port.read(1.0)
        peer.plug_in()
        await port.open()
    assert len(descriptors()) == before
    await port.close()


async def test_an_error_in_the_worker_reaches_who_asked(port: SerialPort) -> None:
    port._serial = object()  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        await port.read(0.1)
    port._serial = None


@pytest.mark.parametrize(("name", "simulated"), [("port", True), ("file", False), ("nothing", False)])
async def test_a_pseudo_terminal_counts_as_simulated(
    peer: Peer, tmp_path: Path, name: str, simulated: bool
) -> None:
    (tmp_path / "file").touch()
    assert SerialPort(str(tmp_path / name)).simulated is simulated
