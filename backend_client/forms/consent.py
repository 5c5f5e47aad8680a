"""Consent to a recording, kept within the recording.

A WAV file may end with a chunk ``LIST`` of type ``INFO`` (Multimedia Programming Interface and Data
Specifications 1.0, chapter 2); players do not mind it. Its entry ``ICMT``, a comment that ends with a zero
byte, holds ``consent given TIME in call ID``: TIME is ISO 8601 with its offset, ID the name of the call
record, which says which key was pressed. So whoever has the sound has the consent, however far it went.
Pure.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import datetime

_RIFF = struct.Struct("<4sI4s")
_CHUNK = struct.Struct("<4sI")
_WORDS = re.compile(r"consent given(?: (\S+) in call ([\x21-\x7e]{1,128}))?")


@dataclass(frozen=True, slots=True)
class Consent:
    """The caller has agreed to be recorded. time: aware.

    Both are empty where a recording must not lead to its caller: a rating's does not.
    """

    time: datetime | None = None
    call_id: str = ""


def with_consent(wav: bytes, consent: Consent) -> bytes:
    """A WAV file that says that its speaker consented. Raises ValueError where it is none."""
    if len(wav) < _RIFF.size or (wav[:4], wav[8:12]) != (b"RIFF", b"WAVE"):
        raise ValueError("not a WAV file")
    said = "consent given"
    if consent.time is not None:
        said += f" {consent.time.isoformat(timespec='seconds')} in call {consent.call_id}"
    entry = _chunk(b"ICMT", said.encode("ascii") + b"\0")
    whole = wav[_RIFF.size :] + b"\0" * (len(wav) % 2) + _chunk(b"LIST", b"INFO" + entry)
    return _RIFF.pack(b"RIFF", len(whole) + 4, b"WAVE") + whole


def consent_of(wav: bytes) -> Consent | None:
    """The consent that a WAV file holds; None where it holds none, or is none."""
    at = _RIFF.size
    while at + _CHUNK.size <= len(wav):
        name, size = _CHUNK.unpack_from(wav, at)
        at += _CHUNK.size
        if name == b"LIST" and wav[at : at + 4] == b"INFO":
            return _in_list(wav[at + 4 : at + size])
        at += size + size % 2
    return None


def _in_list(entries: bytes) -> Consent | None:
    at = 0
    while at + _CHUNK.size <= len(entries):
        name, size = _CHUNK.unpack_from(entries, at)
        at += _CHUNK.size
        said = entries[at : at + size].rstrip(b"\0").decode("ascii", "replace")
        if name == b"ICMT" and (found := _WORDS.fullmatch(said)):
            try:
                return Consent(datetime.fromisoformat(found[1]) if found[1] else None, found[2] or "")
            except ValueError:
                return None
        at += size + size % 2
    return None


def _chunk(name: bytes, content: bytes) -> bytes:
    return _CHUNK.pack(name, len(content)) + content + b"\0" * (len(content) % 2)
