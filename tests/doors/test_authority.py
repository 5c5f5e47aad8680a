"""The small authority: what it signs, and which requests it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.doors import code as codes
from backend.doors.authority import (
    MAX_REQUEST,
    SHARED_NAME,
    Authority,
    AuthorityUnusable,
    NameWrong,
    RequestWrong,
    new_key,
    read_request,
)
from backend_client.connection import SHARED_NAME as SHARED_NAME_OF_CLIENTS
from backend_client.credentials import request
from foundation.pem import certificates_pem, key_pem
from tests.certificates import new_authority

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
NAMELESS = x509.Name([])


def der(csr: x509.CertificateSigningRequest) -> bytes:
    return csr.public_bytes(Encoding.DER)


def test_a_request_with_a_key_on_p256_is_taken() -> None:
    key = new_key()
    assert read_request(der(request(key))) == key.public_key()


def requests_of_other_keys() -> list[bytes]:
    builder = x509.CertificateSigningRequestBuilder().subject_name(NAMELESS)
    return [
        der(builder.sign(rsa.generate_private_key(65537, 2048), hashes.SHA256())),
        der(builder.sign(ec.generate_private_key(ec.SECP384R1()), hashes.SHA256())),
        der(builder.sign(ed25519.Ed25519PrivateKey.generate(), None)),
    ]


def test_requests_with_other_keys_are_refused() -> None:
    for made in requests_of_other_keys():
        with pytest.raises(RequestWrong, match="P-256"):
            read_request(made)


def test_a_request_that_another_key_signed_is_refused() -> None:
    good = bytearray(der(request(new_key())))
    good[-1] ^= 1
    with pytest.raises(RequestWrong):
        read_request(bytes(good))


def test_a_request_with_the_key_of_somebody_else_is_refused() -> None:
    mine, theirs = der(request(new_key())), der(request(new_key()))
    point = theirs.index(b"\x03\x42\x00\x04")  # BIT STRING of the public key, SEC 1 uncompressed
    forged = bytearray(mine)
    at = mine.index(b"\x03\x42\x00\x04")
    forged[at : at + 68] = theirs[point : point + 68]
    with pytest.raises(RequestWrong, match="not signed by its own key"):
        read_request(bytes(forged))


def test_a_request_that_is_too_large_is_refused_unread() -> None:
    padded = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "x" * 60)] * 40))
        .sign(new_key(), hashes.SHA256())
    )
    assert len(der(padded)) > MAX_REQUEST
    with pytest.raises(RequestWrong, match="bytes"):
        read_request(der(padded))


@given(st.binary(max_size=400))
def test_what_is_no_request_is_refused(garbage: bytes) -> None:
    with pytest.raises(RequestWrong):
        read_request(garbage)


@settings(max_examples=400)
@given(st.integers(0, 250), st.integers(0, 255))
def test_a_request_with_any_byte_changed_never_names_another_key(place: int, byte: int) -> None:
    changed = bytearray(SAMPLE)
    changed[place % len(changed)] = byte
    try:
        assert read_request(bytes(changed)) == SAMPLE_KEY.public_key()
    except RequestWrong:
        assert bytes(changed) != SAMPLE


SAMPLE_KEY = new_key()
SAMPLE = der(request(SAMPLE_KEY))


def purposes(certificate: x509.Certificate) -> list[x509.ObjectIdentifier]:
    return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def test_a_doors_certificate_is_for_clients_and_a_backends_for_servers() -> None:
    authority = Authority.make("Office", NOW)
    door = authority.issue_door(new_key().public_key(), "hall-1", NOW)
    server = authority.issue_server(new_key().public_key(), ["127.0.0.1", "backend.county.example"], NOW)
    assert purposes(door) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert purposes(server) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert door.subject.rfc4514_string() == "CN=hall-1"
    assert door.not_valid_after_utc == NOW + timedelta(days=90)
    for certificate in (door, server):
        certificate.verify_directly_issued_by(authority.certificate)
        assert certificate.serial_number.bit_length() > 64
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        assert basic.critical
        assert not basic.value.ca


def test_a_backends_certificate_bears_its_names_and_the_one_of_all_backends() -> None:
    server = Authority.make("Office", NOW).issue_server(
        new_key().public_key(), ["::1", "Backend.Example"], NOW
    )
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["::1", "backend.example", SHARED_NAME]
    assert SHARED_NAME == SHARED_NAME_OF_CLIENTS


@pytest.mark.parametrize(
    "name", ["", "a b", "http://backend", "backend:50051", "-a", "a..b", "政务", "x" * 300]
)
def test_what_is_no_name_of_a_backend_is_refused(name: str) -> None:
    with pytest.raises(NameWrong):
        new_authority().issue_server(new_key().public_key(), [name], NOW)


def test_an_authority_is_read_again_and_never_shown() -> None:
    authority, another = new_authority("First"), new_authority("Second")
    both = certificates_pem([another.certificate, authority.certificate])
    assert Authority.read(both, key_pem(authority.key)).certificate == authority.certificate
    assert "PRIVATE" not in repr(authority)
    for certificates, key in (
        (certificates_pem([another.certificate]), key_pem(authority.key)),
        (both, b"nothing"),
        (b"nothing", key_pem(authority.key)),
    ):
        with pytest.raises(AuthorityUnusable):
            Authority.read(certificates, key)


def test_a_code_is_typed_in_any_case_and_grouping() -> None:
    code = codes.new_code()
    assert len(code) == codes.SYMBOLS
    assert set(code) <= set(codes.ALPHABET)
    assert not set("01ILOU") & set(codes.ALPHABET)
    assert codes.typed(codes.shown(code)) == code
    assert codes.typed(f"  {codes.shown(code).lower().replace('-', ' ')} ") == code


@given(st.text(max_size=40))
def test_what_cannot_be_a_code_is_none(text: str) -> None:
    found = codes.typed(text)
    assert found is None or (len(found) == codes.SYMBOLS and set(found) <= set(codes.ALPHABET))
