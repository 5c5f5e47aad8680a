"""What to tell a resident when the backend does not do what was asked: what it means, and what to do.

The sentences are shown and spoken, so they hold nothing that cannot be read aloud.
"""

from __future__ import annotations

import math

from backend_client.errors import (
    BackendError,
    Conflict,
    CountersClosed,
    Denied,
    DoorRefused,
    InvalidAnswers,
    InvalidRequest,
    NeedsConnection,
    NoReference,
    NotFound,
    NotSecure,
    QueueFull,
    QueueUnusable,
    SessionEnded,
    TooManyTries,
    Unreachable,
)
from backend_client.forms.present import present_time
from backend_client.forms.wording import wording
from foundation.language import Language

_BY_REASON = {
    "BACKEND_TOO_SLOW": "error.too_slow",
    "BACKEND_BUSY": "error.busy",
    "LINE_REFUSED": "error.unreachable",
    "POLICY_UNKNOWN": "error.policy_unknown",
    "SERVICE_UNKNOWN": "error.service_unknown",
    "FORM_UNKNOWN": "error.form_unknown",
    "NOTICE_UNKNOWN": "error.notice_unknown",
    "LOOKUP_UNKNOWN": "error.lookup_unknown",
    "LOOKUP_CHANGED": "error.lookup_changed",
    "PROVIDER_SLOW": "error.provider_slow",
    "PROVIDER_DOWN": "error.provider_down",
    "PROVIDER_NONSENSE": "error.provider_nonsense",
    "PROVIDER_UNKNOWN": "error.provider_unknown",
    "NOT_WITH_THIS_CREDENTIAL": "error.not_with_this_credential",
    "CASE_UNKNOWN": "error.case_unknown",
    "CASE_ERASED": "error.case_erased",
    "REOPENED_BEFORE": "error.reopened_before",
    "NOT_REPLIED": "error.not_replied",
    "COUNTERS_UNKNOWN": "error.counters_unknown",
    "COUNTERS_CLOSED": "error.counters_closed",
    "QUEUE_OF_TODAY_FULL": "error.queue_of_today_full",
    "APPOINTMENT_UNKNOWN": "error.appointment_unknown",
    "APPOINTMENT_OVER": "error.appointment_over",
    "NOT_YET": "error.not_yet",
    "TOO_LATE_TO_CHECK_IN": "error.too_late_to_check_in",
    "ATTACHMENT_TOO_LARGE": "error.attachment_too_large",
    "ATTACHMENT_MISSING": "error.attachment_missing",
    "ATTACHMENT_DAMAGED": "error.attachment_damaged",
    "SUBMISSION_DIFFERS": "error.submission_differs",
    "FORM_CHANGED": "error.form_changed",
    "ORDER_UNKNOWN": "error.order_unknown",
    "ORDER_PAID": "error.order_paid",
    "ORDER_OVER": "error.order_over",
    "PAYABLE_OVER": "error.payable_over",
    "PAYABLE_PAID": "error.payable_paid",
    "PAYMENT_UNAVAILABLE": "error.payment_unavailable",
    "PAYMENT_NOT_OFFERED": "error.payment_not_offered",
    "TOO_MANY_LINKS": "error.too_many_links",
    "TOO_MANY_TEXTS": "error.too_many_texts",
    "TEXT_OVER": "error.text_over",
    "TEXTS_NOT_OFFERED": "error.texts_not_offered",
    "RENDERING_FAILED": "error.rendering_failed",
    "LINKS_NOT_OFFERED": "error.links_not_offered",
    "NO_SUCH_RECIPIENT": "error.no_such_recipient",
    "STORAGE_FULL": "error.storage_full",
    "STORAGE_UNAVAILABLE": "error.storage_unavailable",
}

_MORE_THAN_THE_LINE = ("BACKEND_BUSY", "STORAGE_FULL", "STORAGE_UNAVAILABLE")
"""Reasons for which an Unreachable backend has a sentence that says more."""

_BY_KIND: tuple[tuple[type[BackendError], str], ...] = (
    (NotSecure, "error.not_secure"),
    (DoorRefused, "error.door_refused"),
    (Unreachable, "error.unreachable"),
    (NotFound, "error.not_found"),
    (InvalidAnswers, "error.invalid_answers"),
    (InvalidRequest, "error.invalid_request"),
    (Conflict, "error.conflict"),
    (Denied, "error.denied"),
    (SessionEnded, "error.session_ended"),
    (QueueFull, "error.queue_full"),
    (NoReference, "error.no_reference"),
    (QueueUnusable, "error.queue_unusable"),
)

_MINUTE = 60
_HOUR = 60 * _MINUTE


def sentence(error: BackendError, language: Language) -> str:
    """One or two sentences for the resident. What is wrong in InvalidAnswers, `forms.explain` tells."""
    translate = wording(language)
    if isinstance(error, TooManyTries):
        return _too_many_tries(error, language)
    if isinstance(error, InvalidRequest) and error.field == "query":
        return translate("error.query")
    if isinstance(error, NeedsConnection) and error.reason not in _MORE_THAN_THE_LINE:
        return translate("error.needs_connection")
    if isinstance(error, CountersClosed) and error.opens:
        return translate("error.counters_open_again", time=present_time(error.opens, language))
    if error.reason in _BY_REASON:
        return translate(_BY_REASON[error.reason])
    for kind, identifier in _BY_KIND:
        if isinstance(error, kind):
            return translate(identifier)
    return translate("error.failure")


def _too_many_tries(error: TooManyTries, language: Language) -> str:
    """What was tried too often, when it can be tried again, and where else to ask."""
    translate = wording(language)
    if error.reason == "ASKED_JUST_NOW":
        return translate("error.asked_just_now")
    return translate(f"error.too_many_tries.{error.of.value}", when=_again(error.retry_after, language))


def _again(seconds: float, language: Language) -> str:
    """Rounded up to whole minutes, and to whole hours from two hours on."""
    translate = wording(language)
    if seconds <= 0:
        return translate("again.later")
    if seconds <= _MINUTE:
        return translate("again.minute")
    if seconds < 2 * _HOUR:
        return translate("again.minutes", minutes=math.ceil(seconds / _MINUTE))
    return translate("again.hours", hours=math.ceil(seconds / _HOUR))
