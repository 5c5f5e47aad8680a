"""Random messages of the contract's own shapes, and the same with some of their bytes changed."""

from __future__ import annotations

import random
import uuid
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

_STRANGE = (
    "",
    " ",
    "\0",
    "\u202e",
    "'; DROP TABLE cases; --",
    "../../../etc/passwd",
    "%s%n{0}{name}${jndi:x}",
    "医" * 3000,
    "e\u0301" * 500,
    "\U0001f600" * 50,
    "*",
    '"',
    "NEAR/2 AND OR NOT (",
    "Bearer x",
)
_NUMBERS = (0, 1, -1, 2, 20, 100, 1001, 2**31 - 1, -(2**31), 2**53, 2**63 - 1, -(2**63), 946_684_800)
_COLLECTIONS = ("forms", "cases", "policies", "topics", "services", "notices", "submissions", "attachments")
_DEPTH = 6


class Words:
    """What is put into fields: the seeds, what answers gave, and what is strange."""

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self._known = ["forms/everything", "zh_CN"]

    def learn(self, message: Message) -> None:
        """Remembers the texts of an answer, to be sent back."""
        for field, value in message.ListFields():
            for one in value if field.is_repeated else [value]:
                if isinstance(one, Message):
                    self.learn(one)
                elif isinstance(one, str) and len(one) < 600:
                    self._known.append(one)
        if len(self._known) > 2000:
            self._known = self.random.sample(self._known, 1000)

    def text(self) -> str:
        match self.random.randrange(6):
            case 0:
                return self.random.choice(_STRANGE)
            case 1:
                return f"{self.random.choice(_COLLECTIONS)}/{uuid.UUID(int=self.random.getrandbits(128))}"
            case 2:
                return "".join(self.random.choices("0123456789X*-", k=self.random.choice((6, 8, 12, 18))))
            case 3:
                return "".join(
                    chr(self.random.choice((self.random.randrange(32, 127), self.random.randrange(0xD7FF))))
                    for _ in range(self.random.randrange(40))
                )
        return self.random.choice(self._known)

    def number(self) -> int:
        return self.random.choice((self.random.randrange(-5, 130), self.random.choice(_NUMBERS)))


def message(descriptor: Descriptor, words: Words, depth: int = 0) -> Message:
    """A random message of a type; the deeper, the emptier."""
    made = GetMessageClass(descriptor)()
    chance = words.random
    for field in descriptor.fields:
        if chance.random() < (0.15 if depth < 3 else 0.5) or depth > _DEPTH:
            continue
        try:
            if field.is_repeated:
                for _ in range(chance.choice((0, 1, 2, 5, 210))):
                    _append(getattr(made, field.name), field, words, depth)
            elif field.message_type is not None:
                getattr(made, field.name).CopyFrom(message(field.message_type, words, depth + 1))
            else:
                setattr(made, field.name, _scalar(field, words))
        except ValueError:  # a number that the type does not hold
            continue
    return made


def _append(values: Any, field: FieldDescriptor, words: Words, depth: int) -> None:
    if field.message_type is not None:
        values.append(message(field.message_type, words, depth + 1))
    else:
        values.append(_scalar(field, words))


def _scalar(field: FieldDescriptor, words: Words) -> Any:
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING if field.type == FieldDescriptor.TYPE_BYTES:
            return words.random.randbytes(words.random.choice((0, 1, 32, 300, 70_000)))
        case FieldDescriptor.CPPTYPE_STRING:
            return words.text()
        case FieldDescriptor.CPPTYPE_BOOL:
            return words.random.random() < 0.5
        case FieldDescriptor.CPPTYPE_ENUM:
            return words.random.choice((0, 1, 2, 3, 99, -1))
    return words.number()


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Bytes, some of them changed, cut out, doubled or added."""
    changed = bytearray(content)
    for _ in range(chance.randrange(1, 8)):
        place = chance.randrange(len(changed) + 1)
        match chance.randrange(5):
            case 0 if changed:
                changed[place % len(changed)] ^= 1 << chance.randrange(8)
            case 1:
                del changed[place : place + chance.randrange(1, 9)]
            case 2:
                changed[place:place] = changed[place : place + chance.randrange(1, 64)]
            case 3:
                changed[place:place] = chance.randbytes(chance.randrange(1, 16))
            case 4:  # a group in a group in a group: wire type 3
                changed[place:place] = b"\x0b" * chance.choice((5, 120, 3000))
    return bytes(changed)
