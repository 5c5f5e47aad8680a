"""Who is told of changes of the case, as both doors say before a form is sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend_client.forms.contact import is_told
from backend_client.forms.form import Contact, Field, FieldType, Form
from backend_client.forms.wire import Malformed, form_from_proto, form_to_proto
from foundation.language import LocalizedText

TEXT = LocalizedText("文字", "Text")


def field(name: str, kind: FieldType) -> Field:
    return Field(name, kind, TEXT, TEXT)


FORM = Form(
    name="forms/short",
    revision="1",
    title=TEXT,
    introduction=TEXT,
    fields=(
        field("identity_number", FieldType.IDENTITY_NUMBER),
        field("phone", FieldType.PHONE_NUMBER),
        field("email", FieldType.TEXT),
        field("tell_me", FieldType.YES_NO),
    ),
    declaration=TEXT,
    next_steps=TEXT,
    applicant_field="identity_number",
    contact=Contact("phone", "email", "tell_me"),
)


def test_a_mobile_number_or_an_address_is_told_with_consent_only() -> None:
    assert is_told(FORM, {"phone": "13800000000", "tell_me": True})
    assert is_told(FORM, {"email": "resident@example.com", "tell_me": True})
    assert not is_told(FORM, {"phone": "13800000000", "tell_me": False})
    assert not is_told(FORM, {"phone": "13800000000"})
    assert not is_told(FORM, {"phone": "087112345678", "tell_me": True})
    assert not is_told(replace(FORM, contact=None), {"phone": "13800000000", "tell_me": True})
    assert is_told(replace(FORM, contact=Contact("phone")), {"phone": "13800000000"})


def test_the_contact_goes_over_the_wire_and_names_fields_of_the_right_type() -> None:
    assert form_from_proto(form_to_proto(FORM)).contact == FORM.contact
    for wrong in (Contact("email"), Contact("phone", "tell_me"), Contact("phone", "", "email"), Contact()):
        with pytest.raises(Malformed):
            form_from_proto(form_to_proto(replace(FORM, contact=wrong)))
