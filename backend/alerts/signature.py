"""Whether a message is from whom it says: its enveloped signature (CAP 1.2 §3.3.4.1; XML-Signature, W3C).

A source is trusted by configuration: its sender name and the certificates of its keys. What a message brings
along to be checked with proves nothing and is not used. What is read afterwards is what was signed, and never
what stood around it: so a message cannot be wrapped in another.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidInput, SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from backend.alerts import cap
from backend.alerts.cap import CapError, Message

MAX_CERTIFICATE_FILE = 64 << 10
MIN_RSA_BITS = 2048
METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})
_CONFIGURATION = SignatureConfiguration(
    location="./",
    expect_references=1,
    signature_methods=METHODS,
    digest_algorithms=DIGESTS,
    ignore_ambiguous_key_info=True,  # no key that a message brings along is used
)
_DSIG = "{http://www.w3.org/2000/09/xmldsig#}"


class SourceUnusable(Exception):
    """A trusted certificate cannot be used. Carries the file and why."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file}: {reason}")


class Sources:
    """The senders that are believed, with their certificates."""

    def __init__(self, certificates: Mapping[str, Sequence[x509.Certificate]]) -> None:
        self._certificates = {sender: tuple(found) for sender, found in certificates.items()}

    @classmethod
    def load(cls, files: Mapping[str, Path]) -> Sources:
        """By sender, the PEM file of its certificates: several where one takes over from another.

        Raises SourceUnusable.
        """
        return cls({sender: _certificates(file) for sender, file in files.items()})

    def __len__(self) -> int:
        return len(self._certificates)

    def verified(self, data: bytes, now: datetime) -> tuple[Message, bytes]:
        """What a message says that one of them has signed, and the bytes that were signed.

        Raises CapError: SENDER_UNKNOWN, SIGNATURE_MISSING, SIGNATURE_WRAPPED, SIGNATURE_FOREIGN,
        SIGNATURE_EXPIRED, SIGNATURE_WRONG, and what `cap` raises.
        """
        root = cap.parse(data)
        sender = cap.sender_of(root)
        trusted = self._certificates.get(sender)
        if not trusted:
            raise CapError("SENDER_UNKNOWN", "alert/sender")
        _one_around_all(root)
        good = [one for one in trusted if one.not_valid_before_utc <= now <= one.not_valid_after_utc]
        if not good:
            raise CapError("SIGNATURE_EXPIRED", "alert/Signature", "§3.3.4.1")
        signed = _signed(data, good)
        if signed is None:
            raise CapError(
                "SIGNATURE_WRONG" if _brings_one_of(root, trusted) else "SIGNATURE_FOREIGN",
                "alert/Signature",
                "§3.3.4.1",
            )
        message = cap.read(cap.parse(signed))
        if message.sender != sender:
            raise CapError("SIGNATURE_WRAPPED", "alert/sender", "§3.3.4.1")
        return message, signed


def _signed(data: bytes, trusted: Sequence[x509.Certificate]) -> bytes | None:
    """The bytes that one of the certificates' keys has signed; None where none has."""
    for certificate in trusted:
        try:
            result = XMLVerifier().verify(
                data, x509_cert=certificate, expect_config=_CONFIGURATION, validate_schema=True
            )
        except (
            SignXMLException,
            InvalidInput,
            etree.LxmlError,
            ValueError,
            TypeError,
            AssertionError,
            KeyError,
        ):
            continue
        found = result[0] if isinstance(result, list) else result
        if found.signed_xml is not None and found.signed_xml.tag == f"{{{cap.NAMESPACE}}}alert":
            return found.signed_data
    return None


def _one_around_all(root: etree._Element) -> None:
    """One signature, the message's own child, over the whole of it. Raises CapError."""
    found = list(root.iter(cap.SIGNATURE))
    if not found:
        raise CapError("SIGNATURE_MISSING", "alert/Signature", "§3.3.4.1")
    references = [one.get("URI") for signature in found for one in signature.iter(f"{_DSIG}Reference")]
    if len(found) > 1 or found[0].getparent() is not root or references != [""]:
        raise CapError("SIGNATURE_WRAPPED", "alert/Signature", "§3.3.4.1")


def _brings_one_of(root: etree._Element, trusted: Sequence[x509.Certificate]) -> bool:
    """Whether a message names one of the trusted certificates, or none: it was changed, or is a forgery."""
    brought = ["".join((one.text or "").split()) for one in root.iter(f"{_DSIG}X509Certificate")]
    known = {_base64(one) for one in trusted}
    return not brought or any(one in known for one in brought)


def _base64(certificate: x509.Certificate) -> str:
    return b64encode(certificate.public_bytes(Encoding.DER)).decode()


def _certificates(file: Path) -> list[x509.Certificate]:
    try:
        if file.stat().st_size > MAX_CERTIFICATE_FILE:
            raise SourceUnusable(file, f"larger than {MAX_CERTIFICATE_FILE} bytes")
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except OSError as error:
        raise SourceUnusable(file, error.strerror or "cannot be read") from None
    except ValueError:
        raise SourceUnusable(file, "holds no certificate in PEM") from None
    for certificate in found:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and key.key_size >= MIN_RSA_BITS:
            continue
        if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= 256:
            continue
        raise SourceUnusable(file, f"its key is neither RSA of {MIN_RSA_BITS} bits or more nor ECDSA of 256")
    return found
