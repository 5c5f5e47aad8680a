"""Who may call what: one table, method by kind of door by credential, enforced around every call.

A method that is not in the table is refused, and so is whatever the table does not name.
`docs/permissions.md` shows the table to operators; a test keeps the two the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum

import grpc
from huimin.v1 import identity_pb2

from backend.rpc.door import DoorKind
from backend.rpc.refusal import Refusal


class Credential(Enum):
    """What a resident is known by."""

    NONE = identity_pb2.CREDENTIAL_KIND_UNSPECIFIED
    """Nothing but the door is known."""
    CARD = identity_pb2.CREDENTIAL_KIND_CARD
    CODE = identity_pb2.CREDENTIAL_KIND_CODE
    REFERENCE = identity_pb2.CREDENTIAL_KIND_REFERENCE
    SERVICE_CARD = identity_pb2.CREDENTIAL_KIND_SERVICE_CARD


class Scope(StrEnum):
    """What a call may see and do."""

    PUBLIC = "public"
    """What everybody may read."""
    DOOR = "door"
    """What this door sends, and what it sent itself."""
    SIGN_IN = "sign in"
    """Open a session, where the credential in the request is right."""
    SIGN_OUT = "sign out"
    """End a session that was opened through this door."""
    CASE = "one case"
    """The case of the reference or code with which the session was opened."""
    PERSON = "own cases"
    """All cases of the holder of the card, of either kind, with which the session was opened."""
    ENROL = "enrol"
    """Become the door that the code in the request names."""


Rights = Mapping[Credential, Scope]
"""By credential: what those may who come with it. What is missing is refused."""
Row = Mapping[DoorKind, Rights]
"""The rights of one method."""

_DOORS = (DoorKind.TERMINAL, DoorKind.LINE, DoorKind.LOCAL)


def _anybody(scope: Scope) -> Row:
    """Through every known door, without a credential of a resident."""
    return {kind: {Credential.NONE: scope} for kind in _DOORS}


_PUBLIC = _anybody(Scope.PUBLIC)
_BY_DOOR = _anybody(Scope.DOOR)
_CARDS = (Credential.CARD, Credential.SERVICE_CARD)
"""Of these only a terminal has a reader."""
_KEYED = (Credential.CODE, Credential.REFERENCE)
_SIGN_IN: Row = {
    DoorKind.TERMINAL: dict.fromkeys((*_CARDS, *_KEYED), Scope.SIGN_IN),
    DoorKind.LINE: dict.fromkeys(_KEYED, Scope.SIGN_IN),
    DoorKind.LOCAL: dict.fromkeys((*_CARDS, *_KEYED), Scope.SIGN_IN),
}
_OF_ONE_CASE = dict.fromkeys(_KEYED, Scope.CASE)
_OF_A_PERSON = dict.fromkeys(_CARDS, Scope.PERSON)
_CASES: Row = {
    DoorKind.TERMINAL: {**_OF_A_PERSON, **_OF_ONE_CASE},
    DoorKind.LINE: _OF_ONE_CASE,
    DoorKind.LOCAL: {**_OF_A_PERSON, **_OF_ONE_CASE},
}
# A service card proves nothing to its reader, and may be a copy: it shows, and changes nothing.
_CASES_CHANGED: Row = {
    kind: {shown: scope for shown, scope in row.items() if shown is not Credential.SERVICE_CARD}
    for kind, row in _CASES.items()
}
_LOOKING_UP: Row = {  # what a lookup needs, it says itself: `backend.services.lookup`
    kind: {Credential.NONE: Scope.PUBLIC, **with_session} for kind, with_session in _CASES.items()
}
_TOLD = _LOOKING_UP  # what a result needs, it says itself: `backend.services.text`
# Whoever takes a ticket stands before a terminal.
_BY_TERMINAL: Row = {kind: {Credential.NONE: Scope.DOOR} for kind in (DoorKind.TERMINAL, DoorKind.LOCAL)}
_AT_THE_COUNTERS_CASES: Row = {kind: _CASES[kind] for kind in (DoorKind.TERMINAL, DoorKind.LOCAL)}
_V1 = "/huimin.v1."

TABLE: Mapping[str, Row] = {
    f"{_V1}CatalogService/ListServices": _PUBLIC,
    f"{_V1}CatalogService/GetService": _PUBLIC,
    f"{_V1}PolicyService/ListTopics": _PUBLIC,
    f"{_V1}PolicyService/ListPolicies": _PUBLIC,
    f"{_V1}PolicyService/SearchPolicies": _PUBLIC,
    f"{_V1}PolicyService/GetPolicy": _PUBLIC,
    f"{_V1}NoticeService/ListNotices": _PUBLIC,
    f"{_V1}NoticeService/GetNotice": _PUBLIC,
    f"{_V1}AlertService/WatchAlerts": _PUBLIC,
    f"{_V1}AlertService/AcknowledgeAlert": _BY_DOOR,
    f"{_V1}TerminalService/ReportTerminal": _BY_TERMINAL,
    f"{_V1}FormService/GetForm": _PUBLIC,
    f"{_V1}FormService/UploadAttachment": _BY_DOOR,
    f"{_V1}FormService/GetAttachment": _BY_DOOR,
    f"{_V1}FormService/LeaseReferences": _BY_DOOR,
    f"{_V1}FormService/CreateSubmission": _BY_DOOR,
    f"{_V1}LookupService/GetLookup": _PUBLIC,
    f"{_V1}LookupService/RunLookup": _LOOKING_UP,
    f"{_V1}PaymentService/CreateOrder": _BY_DOOR,
    f"{_V1}PaymentService/GetOrder": _BY_DOOR,
    f"{_V1}PaymentService/StartPayment": _BY_DOOR,
    f"{_V1}PaymentService/CancelOrder": _BY_DOOR,
    f"{_V1}PaymentService/SendPaymentLink": _BY_DOOR,
    f"{_V1}DocumentService/RenderDocument": _BY_DOOR,
    f"{_V1}DocumentService/RenderText": _BY_DOOR,
    f"{_V1}DocumentService/CreateDocumentLink": _BY_DOOR,
    f"{_V1}TextService/SendText": _TOLD,
    f"{_V1}IdentityService/CreateSession": _SIGN_IN,
    f"{_V1}IdentityService/DeleteSession": _anybody(Scope.SIGN_OUT),
    f"{_V1}AppointmentService/GetCounters": _PUBLIC,
    f"{_V1}AppointmentService/ListSlots": _PUBLIC,
    f"{_V1}AppointmentService/MoveAppointment": _CASES_CHANGED,
    f"{_V1}AppointmentService/CancelAppointment": _CASES_CHANGED,
    f"{_V1}AppointmentService/CheckIn": _AT_THE_COUNTERS_CASES,
    f"{_V1}AppointmentService/IssueTicket": _BY_TERMINAL,
    f"{_V1}CaseService/GetCase": _CASES,
    f"{_V1}CaseService/ListCases": _CASES,
    f"{_V1}CaseService/ReopenCase": _CASES_CHANGED,
    f"{_V1}CaseService/ListPublicCases": _PUBLIC,
    f"{_V1}RatingService/CreateRating": _BY_DOOR,
    f"{_V1}EnrolmentService/Enrol": {DoorKind.NEWCOMER: {Credential.NONE: Scope.ENROL}},
    f"{_V1}EnrolmentService/RenewCertificate": _BY_DOOR,
    # Doors balance over several backends by their health; the contract is no secret.
    "/grpc.health.v1.Health/Check": _PUBLIC,
    "/grpc.health.v1.Health/Watch": _PUBLIC,
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": _PUBLIC,
}


def rights(method: str, kind: DoorKind) -> Rights:
    """What those may who call a method through a door of that kind. Raises Refusal where nobody may."""
    found = TABLE.get(method, {}).get(kind)
    if not found:
        raise not_through_this_door()
    return found


def needs_session(allowed: Rights) -> bool:
    """Whether a call needs a session, because nobody may make it without a credential shown before."""
    return Credential.NONE not in allowed and Scope.SIGN_IN not in allowed.values()


def takes_session(allowed: Rights) -> bool:
    """Whether a call that can be made without a session may do more with one."""
    return Credential.NONE in allowed and len(allowed) > 1


def scope(allowed: Rights, credential: Credential) -> Scope:
    """What those may who come with a credential. Raises Refusal where they may nothing."""
    found = allowed.get(credential)
    if found is not None:
        return found
    if credential is Credential.SERVICE_CARD and Credential.CARD in allowed:
        raise Refusal(
            grpc.StatusCode.PERMISSION_DENIED,
            "NOT_WITH_THIS_CREDENTIAL",
            "A service card shows this and does not change it.",
        )
    raise not_through_this_door()


def not_through_this_door() -> Refusal:
    """Doors of this kind may not do so."""
    return Refusal(
        grpc.StatusCode.PERMISSION_DENIED,
        "NOT_THROUGH_THIS_DOOR",
        "This is not for doors of this kind, or not with such a credential.",
    )
