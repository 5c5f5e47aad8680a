"""CAP messages from outside: what the standard says, hostile XML, signatures that prove nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.algorithms import SignatureConstructionMethod
from signxml.signer import XMLSigner

from backend.alerts import cap, signing
from backend.alerts.cap import MAX_BYTES, NAMESPACE, CapError, Message
from backend.alerts.signature import Sources, SourceUnusable
from tests.alert_source import SENDER, Source, element, source

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
DSIG = "{http://www.w3.org/2000/09/xmldsig#}"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return source(tmp_path_factory.mktemp("office"), now=NOW)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Somebody else's key, under the office's name."""
    return source(tmp_path_factory.mktemp("stranger"), now=NOW)


def verified(office: Source, data: bytes, now: datetime = NOW) -> Message:
    return Sources.load(office.trusted).verified(data, now)[0]


def refused(office: Source, data: bytes, now: datetime = NOW) -> CapError:
    with pytest.raises(CapError) as caught:
        verified(office, data, now)
    return caught.value


def test_what_was_signed_is_what_is_read(office: Source) -> None:
    message = verified(office, office.send(NOW, "one").data)
    assert (message.sender, message.identifier, message.sent) == (SENDER, "one", NOW)
    assert [info.language for info in message.infos] == ["zh-CN", "en-US"]
    assert message.infos[0].headline == "暴雨红色预警"
    assert message.infos[0].expires == NOW + timedelta(hours=6)
    assert message.infos[1].areas[0].description == "Qinghe"


def _set(path: str, text: str) -> Callable[[etree._Element], None]:
    def change(message: etree._Element) -> None:
        element(message, path).text = text

    return change


def _add(parent: str, name: str, text: str = "") -> Callable[[etree._Element], None]:
    def change(message: etree._Element) -> None:
        place = element(message, parent) if parent else message
        etree.SubElement(place, f"{{{NAMESPACE}}}{name}").text = text

    return change


def _drop(path: str) -> Callable[[etree._Element], None]:
    def change(message: etree._Element) -> None:
        gone = element(message, path)
        parent = gone.getparent()
        assert parent is not None
        parent.remove(gone)

    return change


def _attribute(message: etree._Element) -> None:
    message.set("id", "x")


def _text_between(message: etree._Element) -> None:
    element(message, "sender").tail = "text"


def _instruction(message: etree._Element) -> None:
    element(message, "info/event").append(etree.ProcessingInstruction("a", "b"))


def _twice(message: etree._Element) -> None:
    message.insert(1, copy.deepcopy(message[0]))


def _swap(message: etree._Element) -> None:
    message.insert(0, message[2])


BROKEN: list[tuple[Callable[[etree._Element], None], str, str]] = [
    (_drop("identifier"), "ELEMENT_MISSING", "alert/identifier"),
    (_drop("sent"), "ELEMENT_MISSING", "alert/sent"),
    (_drop("scope"), "ELEMENT_MISSING", "alert/scope"),
    (_drop("info/category"), "ELEMENT_MISSING", "alert/info/category"),
    (_drop("info/urgency"), "ELEMENT_MISSING", "alert/info/urgency"),
    (_drop("info/area/areaDesc"), "ELEMENT_MISSING", "alert/info/area/areaDesc"),
    (_twice, "ELEMENT_REPEATED", "alert/identifier"),
    (_swap, "ELEMENT_OUT_OF_ORDER", "alert/identifier"),
    (_add("", "unknown"), "ELEMENT_UNKNOWN", "alert"),
    (_instruction, "ELEMENT_UNKNOWN", "alert/info/event"),
    (_attribute, "ATTRIBUTE_UNKNOWN", "alert"),
    (_text_between, "TEXT_BETWEEN", "alert"),
    (_set("status", "actual"), "VALUE_UNKNOWN", "alert/status"),
    (_set("msgType", "Warn"), "VALUE_UNKNOWN", "alert/msgType"),
    (_set("scope", ""), "VALUE_UNKNOWN", "alert/scope"),
    (_set("info/severity", "Red"), "VALUE_UNKNOWN", "alert/info/severity"),
    (_set("info/category", "Weather"), "VALUE_UNKNOWN", "alert/info/category"),
    (_set("info/language", "Chinese!"), "VALUE_MALFORMED", "alert/info/language"),
    (_set("sent", "2026-11-22T08:00:00Z"), "TIME_MALFORMED", "alert/sent"),
    (_set("sent", "2026-11-22T08:00:00.5+08:00"), "TIME_MALFORMED", "alert/sent"),
    (_set("info/expires", "2026-02-30T08:00:00+08:00"), "TIME_MALFORMED", "alert/info/expires"),
    (_set("identifier", "a b"), "NAME_MALFORMED", "alert/identifier"),
    (_set("identifier", "a,b"), "NAME_MALFORMED", "alert/identifier"),
    (_set("info/event", "  "), "TEXT_EMPTY", "alert/info/event"),
    (_set("info/event", "暴" * 201), "TEXT_TOO_LONG", "alert/info/event"),
    (_set("info/headline", "up\u202edown"), "BAD_CHARACTER", "alert/info/headline"),
    (_add("info/area", "polygon", "1,1 2,2 3,3 4,4"), "PLACE_MALFORMED", "alert/info/area/polygon"),
    (_add("info/area", "polygon", "1,1 2,2 1,1"), "PLACE_MALFORMED", "alert/info/area/polygon"),
    (_add("info/area", "circle", "91,0 5"), "PLACE_MALFORMED", "alert/info/area/circle"),
    (_add("info/area", "ceiling", "100"), "ELEMENT_MISSING", "alert/info/area/altitude"),
]


@pytest.mark.parametrize(("change", "reason", "place"), BROKEN)
def test_every_rule_of_the_standard_is_looked_at(
    office: Source, change: Callable[[etree._Element], None], reason: str, place: str
) -> None:
    message = office.plain(NOW)
    change(message)
    found = refused(office, office.sign(message))
    assert (found.reason, found.place) == (reason, place)
    assert found.clause.startswith("§3")


def test_whatever_the_standard_allows_is_taken(office: Source) -> None:
    message = office.plain(
        NOW, identifier="full", type="Update", references=(f"{SENDER},a,2026-11-22T08:00:00+08:00",)
    )
    for parent, name, text in (
        ("info", "parameter", ""),
        ("info/area", "polygon", "38.47,-120.14 38.34,-119.95 38.52,-119.74 38.47,-120.14"),
        ("info/area", "circle", "32.9525,-115.5527 0"),
        ("info/area", "altitude", "100"),
        ("info/area", "ceiling", "-2.5"),
    ):
        if name != "parameter":
            _add(parent, name, text)(message)
    info = element(message, "info")
    for name, children in (
        ("parameter", ("valueName", "value")),
        ("resource", ("resourceDesc", "mimeType")),
    ):
        child = etree.Element(f"{{{NAMESPACE}}}{name}")
        for one in children:
            etree.SubElement(child, f"{{{NAMESPACE}}}{one}").text = "text/plain"
        info.insert(len(info) - 1, child)
    message.insert(0, etree.Comment("before"))
    found = verified(office, office.sign(message))
    assert found.references[0].identifier == "a"
    assert found.identifier == "full"


HOSTILE = [
    (b"", "NOT_XML"),
    (b"\x00" * 100, "NOT_XML"),
    (b"<alert", "NOT_XML"),
    (b"<a>" * 60_000, "NOT_XML"),
    (b" " * (MAX_BYTES + 1), "TOO_LARGE"),
    (b"<alert/>", "NOT_CAP"),
    (b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.1"/>', "NOT_CAP"),
    (b'<!DOCTYPE alert><alert xmlns="%s"/>' % NAMESPACE.encode(), "DTD_FORBIDDEN"),
    (
        b'<!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        b'<alert xmlns="%s"><sender>&x;</sender></alert>' % NAMESPACE.encode(),
        "DTD_FORBIDDEN",
    ),
    (
        b'<!DOCTYPE alert SYSTEM "http://127.0.0.1:9/x.dtd"><alert xmlns="%s"/>' % NAMESPACE.encode(),
        "DTD_FORBIDDEN",
    ),
]


@pytest.mark.parametrize(("data", "reason"), HOSTILE)
def test_hostile_xml_is_refused_before_anything_is_made_of_it(
    office: Source, data: bytes, reason: str
) -> None:
    assert refused(office, data).reason == reason


def test_a_billion_laughs_are_refused_at_once(office: Source) -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE alert [<!ENTITY l0 "lol">{entities}]><alert xmlns="{NAMESPACE}">&l9;</alert>'
    assert refused(office, bomb.encode()).reason in {"DTD_FORBIDDEN", "NOT_XML"}
    sixteen = f'<?xml version="1.0" encoding="UTF-16"?>{bomb}'
    assert refused(office, sixteen.encode("utf-16")).reason in {"DTD_FORBIDDEN", "NOT_XML"}


# Signatures.


def test_a_changed_message_is_refused(office: Source) -> None:
    data = office.send(NOW).data
    assert refused(office, data.replace("红色".encode(), "蓝色".encode())).reason == "SIGNATURE_WRONG"


def test_a_message_without_a_signature_is_refused(office: Source) -> None:
    assert refused(office, etree.tostring(office.plain(NOW))).reason == "SIGNATURE_MISSING"


def test_a_sender_that_is_not_trusted_is_refused(office: Source, tmp_path: Path) -> None:
    other = source(tmp_path, "other@huimin.example", NOW)
    assert refused(office, other.send(NOW).data).reason == "SENDER_UNKNOWN"


def test_a_stranger_who_signs_under_a_trusted_name_is_refused(office: Source, stranger: Source) -> None:
    assert refused(office, stranger.send(NOW).data).reason == "SIGNATURE_FOREIGN"


def test_a_stranger_who_shows_the_trusted_certificate_is_refused(office: Source, stranger: Source) -> None:
    forged = signing.sign(stranger.plain(NOW), stranger.key.read_bytes(), stranger.certificate.read_bytes())
    root = etree.fromstring(forged)
    shown = next(root.iter(f"{DSIG}X509Certificate"))
    lines = office.certificate.read_text().splitlines()
    shown.text = "".join(line for line in lines if not line.startswith("-----"))
    assert refused(office, etree.tostring(root)).reason == "SIGNATURE_WRONG"


def test_one_trusted_source_cannot_speak_for_another(office: Source, tmp_path: Path) -> None:
    other = source(tmp_path, "roads@huimin.example", NOW)
    sources = Sources.load(office.trusted | other.trusted)
    message = other.plain(NOW)
    element(message, "sender").text = SENDER
    with pytest.raises(CapError, match="SIGNATURE_FOREIGN"):
        sources.verified(other.sign(message), NOW)


def _wrapped_around(data: bytes, office: Source) -> bytes:
    """The signed message stands inside another, whose words a careless reader would take."""
    outer = office.plain(NOW)
    element(outer, "info/headline").text = "forged"
    inner = etree.fromstring(data)
    signature = inner.find(f"{DSIG}Signature")
    assert signature is not None
    signature.append(copy.deepcopy(inner))
    outer.append(signature)
    return etree.tostring(outer)


def _moved_inside(data: bytes, office: Source) -> bytes:
    """The signature is not the message's own child."""
    root = etree.fromstring(data)
    signature = root.find(f"{DSIG}Signature")
    assert signature is not None
    element(root, "info").append(signature)
    return etree.tostring(root)


def _two_signatures(data: bytes, office: Source) -> bytes:
    root = etree.fromstring(data)
    root.append(copy.deepcopy(root[-1]))
    return etree.tostring(root)


def _by_name(data: bytes, office: Source) -> bytes:
    """The reference points to a part by its name, not to the whole."""
    return data.replace(b'URI=""', b'URI="#part"')


@pytest.mark.parametrize("attack", [_wrapped_around, _moved_inside, _two_signatures, _by_name])
def test_a_wrapped_signature_is_refused(office: Source, attack: Callable[[bytes, Source], bytes]) -> None:
    assert refused(office, attack(office.send(NOW).data, office)).reason == "SIGNATURE_WRAPPED"


def test_what_is_added_to_a_signed_message_is_refused(office: Source) -> None:
    root = etree.fromstring(office.send(NOW).data)
    _add("", "info")(root)
    assert refused(office, etree.tostring(root)).reason == "SIGNATURE_WRONG"


def test_a_comment_does_not_cut_a_text_short(office: Source) -> None:
    """Canonical XML leaves comments out, so one can be put in after signing; the text must stay whole."""
    data = office.send(NOW).data.replace("暴雨红色预警".encode(), "暴雨<!-- -->红色预警".encode())
    assert verified(office, data).infos[0].headline == "暴雨红色预警"


def test_a_signature_by_a_shared_secret_is_refused(office: Source) -> None:
    """HMAC with the public certificate as its secret: whoever reads the certificate could sign."""
    signer = XMLSigner(method=SignatureConstructionMethod.enveloped, signature_algorithm="hmac-sha256")
    forged = signer.sign(office.plain(NOW), key=office.certificate.read_bytes())
    assert refused(office, etree.tostring(forged)).reason in {"SIGNATURE_WRONG", "SIGNATURE_FOREIGN"}


@pytest.mark.parametrize(
    "transform",
    ["http://www.w3.org/TR/1999/REC-xslt-19991116", "http://www.w3.org/TR/1999/REC-xpath-19991116"],
)
def test_a_signature_that_transforms_what_it_signs_is_refused(office: Source, transform: str) -> None:
    data = office.send(NOW).data.replace(
        b"<ds:Transforms>", b'<ds:Transforms><ds:Transform Algorithm="%s"/>' % transform.encode()
    )
    assert refused(office, data).reason == "SIGNATURE_WRONG"


def _rsa(folder: Path, bits: int) -> Source:
    key = rsa.generate_private_key(65537, bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, SENDER)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    files = folder / "key.pem", folder / "certificate.pem"
    files[0].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files[1].write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    return Source(SENDER, *files)


def test_rsa_of_a_good_length_is_taken_and_shorter_is_not_trusted(tmp_path: Path) -> None:
    good = _rsa(tmp_path, 2048)
    assert verified(good, good.send(NOW, "rsa").data).identifier == "rsa"
    with pytest.raises(SourceUnusable, match="2048"):
        Sources.load(_rsa(tmp_path, 1024).trusted)


def test_sha1_is_not_taken(tmp_path: Path) -> None:
    good = _rsa(tmp_path, 2048)

    class Old(XMLSigner):
        def check_deprecated_methods(self) -> None:
            """Old signers did not."""

    signer = Old(
        method=SignatureConstructionMethod.enveloped, signature_algorithm="rsa-sha1", digest_algorithm="sha1"
    )
    forged = signer.sign(good.plain(NOW), key=good.key.read_bytes(), cert=good.certificate.read_text())
    assert refused(good, etree.tostring(forged)).reason == "SIGNATURE_WRONG"


def test_a_certificate_that_is_over_proves_nothing(office: Source) -> None:
    later = NOW + timedelta(days=signing.KEY_DAYS + 1)
    assert refused(office, office.send(later).data, later).reason == "SIGNATURE_EXPIRED"


def test_one_certificate_takes_over_from_another(office: Source, stranger: Source, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(office.certificate.read_bytes() + stranger.certificate.read_bytes())
    sources = Sources.load({SENDER: both})
    for one in (office, stranger):
        assert sources.verified(one.send(NOW).data, NOW)[0].sender == SENDER


@pytest.mark.parametrize("content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_without_a_usable_certificate_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.pem"
    file.write_bytes(content)
    with pytest.raises(SourceUnusable, match=r"x\.pem"):
        Sources.load({SENDER: file})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_bytes_do_anything_but_being_taken_or_refused(office: Source, data: st.DataObject) -> None:
    signed = bytearray(office.send(NOW, "fuzz").data)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(signed) - 1))
        cut = data.draw(st.integers(0, 40))
        signed[at : at + cut] = data.draw(st.binary(max_size=40))
    try:
        message = verified(office, bytes(signed))
    except CapError:
        return
    assert message == verified(office, office.send(NOW, "fuzz").data)


@given(st.binary(max_size=400))
def test_noise_is_refused(noise: bytes) -> None:
    with pytest.raises(CapError):
        cap.read(cap.parse(noise))
