"""The decoders that are fuzzed, each with what has to be true of it whatever comes.

A decoder of a stream never raises, finds the same however the bytes were cut, and holds no more than its cap.
What it finds is read on as a driver reads it; nothing but the documented error may come of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from hardware.protocols import (
    apdu,
    ber_tlv,
    code_line,
    crt188,
    crt541,
    escpos,
    escpos_answers,
    escpos_printer,
    gat467,
    identity_card,
    keynius,
    nut_variables,
    service_card,
    smartpin,
    track2,
)

HELD_BYTES = 32 * 1024
"""More than any decoder may hold of what it was fed."""

Look = Callable[[bytes], None]
"""Feeds bytes; raises AssertionError, or what the decoder lets out, where something is wrong."""


def _stream(
    make: Callable[[], Any],
    judge: Callable[[Any], object],
    frame: Callable[[bytes], bytes] = bytes,
    joined: Callable[[list[Any]], list[Any]] = list,
) -> Look:
    """A look at a reader with `feed` and `give_up`.

    The first byte of the input is the size of the pieces. Its highest bit says that the rest is the body of a
    right frame, whose checksum the fuzzer would seldom hit.
    """

    def look(data: bytes) -> None:
        if not data:
            return
        size, said = data[0] & 0x7F or 1, data[1:]
        if data[0] & 0x80:
            try:
                said = frame(said)
            except ValueError:
                return
        whole, pieces = make(), make()
        found = whole.feed(said)
        assert len(whole._held) <= HELD_BYTES
        found += whole.give_up()
        cut = [one for at in range(0, len(said), size) for one in pieces.feed(said[at : at + size])]
        cut += pieces.give_up()
        assert joined(found) == joined(cut)
        for one in found:
            judge(one)

    return look


def _gat467(found: gat467.Frame | gat467.Broken) -> None:
    if isinstance(found, gat467.Frame):
        gat467.command(found.body)
        with suppress(ValueError):
            reply = gat467.Reply.decode(found.body)
            assert gat467.Reply.decode(reply.encode()[len(gat467.PREAMBLE) + 2 : -1]) == reply
            for command in gat467.Command:
                gat467.can_answer(command, reply)
            _identity_card(reply.data)


def _identity_card(data: bytes) -> None:
    for with_fingerprint in (False, True):
        with suppress(identity_card.ContentError):
            record = identity_card.decode(identity_card.split(data, with_fingerprint=with_fingerprint))
            identity_card.check_number(record.identity_number)


def _crt188(found: crt188.Found) -> None:
    if not isinstance(found, crt188.Frame):
        return
    crt188.command(found.body)
    for command in crt188.Command:
        reply = crt188.reply_to(command, found.body)
        if isinstance(reply, crt188.Done):
            reads: Sequence[Callable[[bytes], object]] = (
                crt188.State.decode,
                crt188.Sensors.decode,
                crt188.serial_number,
                crt188.track_of,
                crt188.chip_answer,
            )
            for read in reads:
                with suppress(crt188.ReplyError):
                    read(reply.data)


def _crt541(found: crt541.Found) -> None:
    if isinstance(found, crt541.Frame):
        crt541.command(found.body)
        state = crt541.State.decode(found.body)
        assert state.encode() == found.body


def _keynius(found: keynius.Frame | keynius.Broken) -> None:
    if isinstance(found, keynius.Frame):
        body = bytearray(found.body)
        keynius.message(body, None)
        assert not any(body)


def _smartpin(found: smartpin.Frame | smartpin.Broken) -> None:
    if not isinstance(found, smartpin.Frame):
        return
    with suppress(ValueError):
        answer = smartpin.answer(bytearray(found.body))
        if isinstance(answer, smartpin.Accepted):
            for read in (smartpin.digits, smartpin.pin_block, smartpin.function_key, smartpin.key_states):
                with suppress(ValueError):
                    read(bytearray(answer.data))


def _swipes(data: bytes) -> None:
    _stream(track2.SwipeReader, lambda found: None)(data)
    with suppress(track2.Track2Error):
        track = track2.Track2.decode(data.decode("latin-1"))
        assert track2.Track2.decode(track.encode()) == track


class _Line(code_line.LineReader):
    """Its end of a line is silence."""

    def give_up(self) -> list[code_line.Code | code_line.Refused]:
        return self.silent()


def _code_line(data: bytes) -> None:
    """The first byte says how the reader is set."""
    if not data:
        return
    suffix = tuple(code_line.Suffix)[data[0] % len(code_line.Suffix)]
    coding = tuple(code_line.Coding)[data[0] // 8 % len(code_line.Coding)]
    _stream(lambda: _Line(suffix, coding), lambda found: None)(data[1:])
    code_line.decode(data[1:], coding)


class _Printer(escpos_printer.CommandReader):
    """A printer waits for the rest of a command as long as it takes."""

    def give_up(self) -> list[escpos_printer.Command]:
        return []


def _joined(found: list[escpos_printer.Command]) -> list[escpos_printer.Command]:
    """With neighbouring pieces of text as one: text is printed as it comes."""

    def one_by_one() -> Iterator[escpos_printer.Command]:
        text = ""
        for one in found:
            if isinstance(one, escpos_printer.Text):
                text += one.text
                continue
            if text:
                yield escpos_printer.Text(text)
                text = ""
            yield one
        if text:
            yield escpos_printer.Text(text)

    return list(one_by_one())


class _Answers(escpos_answers.AnswerReader):
    """Answers that are not whole are waited for."""

    def give_up(self) -> list[escpos_answers.Answer]:
        return []


def _status_bytes(data: bytes) -> None:
    for byte in data:
        escpos.is_status(byte)
        escpos.is_paper_in_order(byte)
    with suppress(escpos.StatusByteError):
        status = escpos.PrinterStatus.decode(data)
        said = status.encode()
        assert escpos.PrinterStatus.decode(said).encode() == said


def _apdu(data: bytes) -> None:
    with suppress(apdu.ApduError):
        command = apdu.Command.decode(data)
        assert apdu.Command.decode(command.encode()) == command
    with suppress(apdu.ApduError):
        assert apdu.Response.decode(data).encode() == data


def _ber_tlv(data: bytes) -> None:
    with suppress(ber_tlv.TlvError):
        objects = ber_tlv.decode(data)
        assert ber_tlv.decode(b"".join(one.encode() for one in objects)) == objects


MOST_COMMANDS = 2000
"""No card keeps a reader asking for longer."""


def _service_card(data: bytes) -> None:
    """The input is what a card answers: each answer behind its length, and the last one to all else."""
    answers = _answers(data)
    dialogue = service_card.read()
    with suppress(service_card.ServiceCardError, StopIteration):
        command = next(dialogue)
        for _ in range(MOST_COMMANDS):
            assert apdu.Command.decode(command.encode()) == command
            command = dialogue.send(next(answers))
        raise AssertionError("the card is asked for ever")


def _answers(data: bytes) -> Iterator[apdu.Response]:
    last = apdu.Response(apdu.StatusWord.NO_PRECISE_DIAGNOSIS)
    while data:
        said, data = data[1 : 1 + data[0]], data[1 + data[0] :]
        with suppress(apdu.ApduError):
            last = apdu.Response.decode(said)
            yield last
    while True:
        yield last


def _nut(data: bytes) -> None:
    """The input is lines, ``name: value``, as `upsc` prints them."""
    lines = (line.partition(": ") for line in data.decode("utf-8", "replace").splitlines())
    variables = {name: value for name, _, value in lines}
    status = nut_variables.status(variables)
    assert status.charge is None or 0 <= status.charge <= 100
    assert len(nut_variables.model(variables)) <= nut_variables.LONGEST_TEXT


DECODERS: dict[str, Look] = {
    "gat467": _stream(gat467.FrameReader, _gat467, gat467.frame),
    "identity_card": _identity_card,
    "track2": _swipes,
    "crt541": _stream(crt541.FrameReader, _crt541, lambda body: crt541.frame(1, body)),
    "crt188": _stream(crt188.FrameReader, _crt188, crt188.frame),
    "keynius": _stream(keynius.FrameReader, _keynius, keynius.frame),
    "smartpin": _stream(smartpin.FrameReader, _smartpin, smartpin.frame),
    "code_line": _code_line,
    "escpos_printer": _stream(_Printer, lambda found: None, joined=_joined),
    "escpos_status": _status_bytes,
    "escpos_answers": _stream(_Answers, lambda found: None),
    "service_card": _service_card,
    "nut": _nut,
    "apdu": _apdu,
    "ber_tlv": _ber_tlv,
}
"""By name."""
