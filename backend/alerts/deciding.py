"""What becomes of a message: whether it goes out, what it takes away, and what the doors are told. Pure.

| status (§3.2.1) | what becomes of it |
|---|---|
| Actual | goes out |
| Exercise, Test | goes out as a drill where the settings say so, else is kept only |
| System, Draft | is kept only: neither is for the public |

| msgType (§3.2.1) | what becomes of it |
|---|---|
| Alert | goes out |
| Update | goes out; what it refers to is superseded |
| Cancel | what it refers to is withdrawn |
| Ack, Error | is kept only; an Error is a warning in the log |

Only what is for the Public is taken. A sender withdraws his own messages only, and a drill withdraws drills
only. A message that was sent before another that took the place of the same one is outdated.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from huimin.v1 import alert_pb2, common_pb2

from backend.alerts.cap import Area, CapError, Info, Message, Reference
from backend.clock import timestamp

AHEAD = timedelta(minutes=10)
"""So far a sender's clock may be ahead of ours."""

_SEVERITY = {"Minor": 1, "Moderate": 2, "Severe": 3, "Extreme": 4}
_URGENCY = {"Past": 1, "Future": 2, "Expected": 3, "Immediate": 4}
_CERTAINTY = {"Unlikely": 1, "Possible": 2, "Likely": 3, "Observed": 4}
"""The numbers of the contract; Unknown is 0."""


class State(StrEnum):
    """Where a message stands."""

    IN_FORCE = "in_force"
    """It goes out, from its effective time until it expires."""
    SUPERSEDED = "superseded"
    """An update took its place."""
    CANCELLED = "cancelled"
    """Its sender withdrew it."""
    WITHDRAWN = "withdrawn"
    """The office withdrew it."""
    OUTDATED = "outdated"
    """It came after what took its place."""
    KEPT = "kept"
    """It does not go out; its reason says why."""


class Kept(StrEnum):
    """Why a message does not go out."""

    STATUS = "status"
    CANCEL = "cancel"
    ACK = "ack"
    ERROR = "error"
    AREA = "area"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Policy:
    """What the county wants.

    geocodes: the county's own code by the name of a scheme; everything concerns it where there are none;
    drills: whether Exercise and Test go out; life: of a message that does not say when it expires (§3.2.2:
    each recipient is free to set its own policy).
    """

    geocodes: Mapping[str, str] = field(default_factory=dict)
    drills: bool = False
    life: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a message. alert: what the doors are told, None where it does not go out.

    state: IN_FORCE or KEPT, the latter with a reason; ends: which messages it takes away, and what those then
    are.
    """

    state: State
    reason: Kept | None = None
    alert: alert_pb2.Alert | None = None
    ends: tuple[Reference, ...] = ()
    ends_as: State = State.SUPERSEDED


def name_of(sender: str, identifier: str) -> str:
    """The resource name of a message: two backends find the same one."""
    digest = hashlib.sha256(f"{sender},{identifier}".encode()).hexdigest()
    return f"alerts/{digest[:32]}"


def decide(message: Message, policy: Policy, now: datetime) -> Decision:
    """What becomes of a message that is signed. Raises CapError where it is not taken at all."""
    if message.scope != "Public":
        raise CapError("NOT_PUBLIC", "alert/scope")
    if message.sent > now + AHEAD:
        raise CapError("SENT_IN_FUTURE", "alert/sent")
    if message.msg_type in {"Update", "Cancel", "Ack", "Error"} and not message.references:
        raise CapError("ELEMENT_MISSING", "alert/references", "§3.2.1")
    if message.msg_type in {"Update", "Cancel"}:
        if any(one.sender != message.sender for one in message.references):
            raise CapError("REFERENCES_FOREIGN", "alert/references")
        if any(one.identifier == message.identifier for one in message.references):
            raise CapError("REFERENCES_ITSELF", "alert/references")
    if message.msg_type in {"Alert", "Update"} and not message.infos:
        raise CapError("ELEMENT_MISSING", "alert/info", "§3.2.2")
    if message.msg_type == "Ack":
        return Decision(State.KEPT, Kept.ACK)
    if message.msg_type == "Error":
        return Decision(State.KEPT, Kept.ERROR)
    if message.status in {"System", "Draft"} or (message.status != "Actual" and not policy.drills):
        return Decision(State.KEPT, Kept.STATUS)
    if message.msg_type == "Cancel":
        return Decision(State.KEPT, Kept.CANCEL, ends=message.references, ends_as=State.CANCELLED)
    ends = message.references if message.msg_type == "Update" else ()
    near = [info for info in message.infos if concerns(info, policy.geocodes)]
    if not near:
        return Decision(State.KEPT, Kept.AREA, ends=ends)
    told = [info for info in near if _expires(info, message, policy) > now]
    if not told:
        return Decision(State.KEPT, Kept.EXPIRED, ends=ends)
    return Decision(State.IN_FORCE, alert=_alert(message, told, policy), ends=ends)


def concerns(info: Info, geocodes: Mapping[str, str]) -> bool:
    """Whether it happens in the county, or may: a place without a code that we know counts as here."""
    return not info.areas or any(_near(area, geocodes) for area in info.areas)


def _near(area: Area, geocodes: Mapping[str, str]) -> bool:
    known = [(geocodes[scheme], code) for scheme, code in area.geocodes if scheme in geocodes]
    return not known or any(_overlap(own, code) for own, code in known)


def _overlap(own: str, code: str) -> bool:
    """Whether one division lies in the other. Codes grow to the right, with zeros where there is no more:
    370000 is a province, 371600 a city in it, 371621 a county in that, 371621100 a town in that (GB/T 2260,
    GB/T 10114)."""
    ours, theirs = _stem(own), _stem(code)
    return ours.startswith(theirs) or theirs.startswith(ours)


def _stem(code: str) -> str:
    stem = code.strip()
    while len(stem) > 6 and stem.endswith("000"):
        stem = stem[:-3]
    while 2 < len(stem) <= 6 and stem.endswith("00"):
        stem = stem[:-2]
    return stem


def _expires(info: Info, message: Message, policy: Policy) -> datetime:
    return info.expires or (info.effective or message.sent) + policy.life


def _alert(message: Message, infos: Sequence[Info], policy: Policy) -> alert_pb2.Alert:
    """What the doors are told: in each language the worst of what is said in it."""
    in_chinese = _worst([info for info in infos if _is(info, "zh")])
    in_english = _worst([info for info in infos if _is(info, "en")])
    worst = _worst(infos)
    assert worst is not None
    chinese = in_chinese or in_english or worst
    english = in_english or in_chinese or worst
    onset = next((info.onset for info in (worst, chinese, english) if info.onset), None)
    shown = (chinese, english)
    return alert_pb2.Alert(
        name=name_of(message.sender, message.identifier),
        zh_cn=_text(chinese, policy),
        en=_text(english, policy),
        severity=_SEVERITY.get(worst.severity, 0),  # type: ignore[arg-type]
        urgency=_URGENCY.get(worst.urgency, 0),  # type: ignore[arg-type]
        certainty=_CERTAINTY.get(worst.certainty, 0),  # type: ignore[arg-type]
        sent_time=timestamp(message.sent),
        effective_time=timestamp(min(info.effective or message.sent for info in shown)),
        onset_time=timestamp(onset) if onset else None,
        expire_time=timestamp(max(_expires(info, message, policy) for info in shown)),
        exercise=message.status != "Actual",
        replaces=[name_of(one.sender, one.identifier) for one in message.references],
    )


def _is(info: Info, language: str) -> bool:
    return info.language.lower().partition("-")[0] == language


def _worst(infos: Sequence[Info]) -> Info | None:
    """The first of those that are worst, and of those the most urgent."""
    rank = {id(info): (_SEVERITY.get(info.severity, 0), _URGENCY.get(info.urgency, 0)) for info in infos}
    return max(infos, key=lambda info: rank[id(info)], default=None)


def _text(info: Info, policy: Policy) -> alert_pb2.AlertText:
    chinese = _is(info, "zh") or (not _is(info, "en") and re.search(r"[\u4e00-\u9fff]", info.event))
    places = [area.description for area in info.areas if _near(area, policy.geocodes)]
    between = "、" if chinese else ", "
    return alert_pb2.AlertText(
        language=common_pb2.LANGUAGE_ZH_CN if chinese else common_pb2.LANGUAGE_EN,
        event=info.event,
        headline=info.headline or info.event,
        instruction=info.instruction,
        description=info.description,
        area=between.join(dict.fromkeys(places)),
        sender_name=info.sender_name,
        contact=info.contact,
    )
