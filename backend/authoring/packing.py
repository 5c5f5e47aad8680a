"""Content as one piece of bytes, and back, for the database. Policies lie there one by one and are left out.

A piece is JSON, compressed with zlib; messages of the contract stand in it as base64.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from google.protobuf.message import Message
from huimin.v1 import catalog_pb2, form_pb2, notice_pb2, policy_pb2

from backend.authoring import counter_entries
from backend.authoring.contract import DatedNotice
from backend.authoring.counter_entries import CountersEntry, HolidayEntry
from backend.authoring.lookup_entries import LookupEntry
from backend.authoring.moment import Moment, parse_moment
from backend.authoring.reading import Content
from backend.authoring.table_file import Tables
from backend.calendar import Holiday
from backend_client.forms.wire import form_from_proto, form_to_proto

M = TypeVar("M", bound=Message)


def pack(content: Content) -> bytes:
    """Everything but the policies."""
    return zlib.compress(
        json.dumps(
            {
                "digest": content.digest,
                "topics": [_encoded(topic) for topic in content.topics],
                "services": [_encoded(service) for service in content.services],
                "forms": [_encoded(form_to_proto(form)) for form in content.forms.values()],
                "notices": [_notice(notice) for notice in content.notices],
                "synonyms": content.synonyms,
                "lookups": [
                    entry.model_dump(mode="json", exclude_defaults=True) for entry in content.lookups.values()
                ],
                "tables": content.tables.packed(),
                "retention": content.retention,
                "public_fields": content.public_fields,
                "counters": [entry.model_dump(mode="json") for entry in content.counters.values()],
                "holidays": [_holiday(holiday) for holiday in content.calendar.holidays],
            }
        ).encode()
    )


def unpack(piece: bytes) -> Content:
    """The content without its policies. Raises ValueError, zlib.error where it is not what `pack` made."""
    packed: dict[str, Any] = json.loads(zlib.decompress(piece))
    forms = [form_from_proto(_decoded(form_pb2.Form.FromString, form)) for form in packed["forms"]]
    return Content(
        digest=packed["digest"],
        topics=tuple(_decoded(policy_pb2.Topic.FromString, topic) for topic in packed["topics"]),
        policies=(),
        services=tuple(_decoded(catalog_pb2.Service.FromString, one) for one in packed["services"]),
        forms={form.name: form for form in forms},
        notices=tuple(_dated(notice) for notice in packed["notices"]),
        synonyms=tuple(tuple(group) for group in packed["synonyms"]),
        retention=packed["retention"],
        public_fields=packed.get("public_fields", {}),
        lookups={entry.name: entry for entry in map(_lookup, packed.get("lookups", ()))},
        tables=Tables.unpacked(packed.get("tables", {})),
        counters={entry.name: entry for entry in map(_counters, packed.get("counters", ()))},
        calendar=counter_entries.calendar(tuple(map(_holiday_entry, packed.get("holidays", ())))),
    )


def with_policies(content: Content, policies: tuple[policy_pb2.Policy, ...]) -> Content:
    """The content as it was read from its folder."""
    return replace(content, policies=policies)


def _notice(notice: DatedNotice) -> dict[str, str | None]:
    return {
        "message": _encoded(notice.message),
        "publish": str(notice.publish),
        "start": None if notice.start is None else str(notice.start),
        "end": None if notice.end is None else str(notice.end),
    }


def _counters(packed: Any) -> CountersEntry:
    return CountersEntry.model_validate(packed)


def _written(entry: LookupEntry) -> Any:
    return entry.model_dump(mode="json", exclude_defaults=True)


def _lookup(packed: Any) -> LookupEntry:
    return LookupEntry.model_validate(packed)


def _holiday(holiday: Holiday) -> dict[str, Any]:
    return {
        "title": {"zh": holiday.title.zh_cn, "en": holiday.title.en},
        "first": holiday.first.isoformat(),
        "last": holiday.last.isoformat(),
        "worked": [day.isoformat() for day in holiday.worked],
    }


def _holiday_entry(packed: Any) -> HolidayEntry:
    return HolidayEntry.model_validate(packed)


def _dated(packed: dict[str, str | None]) -> DatedNotice:
    message = _decoded(notice_pb2.Notice.FromString, packed["message"] or "")
    return DatedNotice(
        message, parse_moment(packed["publish"]), _moment(packed["start"]), _moment(packed["end"])
    )


def _moment(written: str | None) -> Moment | None:
    return None if written is None else parse_moment(written)


def _encoded(message: Message) -> str:
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()


def _decoded(read: Callable[[bytes], M], text: str) -> M:
    return read(base64.b64decode(text))
