"""What is signed and sealed between a merchant and the gateway of `backend.payments.native`. Pure.

Source: WeChat Pay API v3, "Signature generation", "Signature verification" and "Certificate and callback
decryption" of its public merchant documents.

- A request is signed over ``METHOD\\nPATH?QUERY\\nTIMESTAMP\\nNONCE\\nBODY\\n``. The header
  Authorization is the scheme and ``mchid="…",nonce_str="…",timestamp="…",serial_no="…",signature="…"``.
- Answers and notifications are signed over ``TIMESTAMP\\nNONCE\\nBODY\\n``, in the headers
  Wechatpay-Timestamp, -Nonce, -Serial and -Signature.
- A signature is SHA256 with RSA (PKCS #1 v1.5, RFC 8017, 8.2) in base64; a timestamp is seconds since 1970.
- The resource of a notification is sealed with AES-256-GCM: nonce of 12 bytes, tag of 16 bytes at the end.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

SCHEME = "WECHATPAY2-SHA256-RSA2048"
WINDOW = 300
"""Seconds by which the clocks of both sides may differ."""
API_KEY_BYTES = 32
ALGORITHM = "AEAD_AES_256_GCM"
HEADER = "wechatpay-"
_PAIR = re.compile(r'([a-z_]{1,20})="([^"]{0,1024})"')


class Unsigned(Exception):
    """Something is not signed by who should have; `reason` is SIGNATURE, TIME or MALFORMED."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs: the key, and the serial number by which the other side knows it."""

    key: RSAPrivateKey
    serial: str

    def __repr__(self) -> str:
        return f"Identity({self.serial})"


@dataclass(frozen=True, slots=True)
class Signed:
    """The parts of a request's Authorization."""

    merchant: str
    nonce: str
    timestamp: str
    serial: str
    signature: str


def new_nonce() -> str:
    """32 hexadecimal digits."""
    return secrets.token_hex(16)


def signature(key: RSAPrivateKey, *lines: str | bytes) -> str:
    """Over lines, each of which a newline ends."""
    return base64.b64encode(key.sign(_joined(lines), PKCS1v15(), SHA256())).decode()


def is_signed(key: RSAPublicKey, given: str, *lines: str | bytes) -> bool:
    """Whether a signature is over these lines."""
    try:
        key.verify(base64.b64decode(given, validate=True), _joined(lines), PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def authorization(
    identity: Identity, merchant: str, *, method: str, target: str, body: bytes, now: int
) -> str:
    """The header of a request. target: path and query; now: seconds since 1970."""
    nonce = new_nonce()
    signed = signature(identity.key, method, target, str(now), nonce, body)
    return (
        f'{SCHEME} mchid="{merchant}",nonce_str="{nonce}",timestamp="{now}",'
        f'serial_no="{identity.serial}",signature="{signed}"'
    )


def parse_authorization(header: str) -> Signed:
    """The parts of that header. Raises Unsigned."""
    scheme, _, rest = header.partition(" ")
    parts = dict(_PAIR.findall(rest))
    try:
        names = ("mchid", "nonce_str", "timestamp", "serial_no", "signature")
        found = Signed(*(parts[name] for name in names))
    except KeyError:
        raise Unsigned("MALFORMED") from None
    if scheme != SCHEME:
        raise Unsigned("MALFORMED")
    return found


def answer_headers(identity: Identity, body: bytes, now: int) -> dict[str, str]:
    """The headers of a signed answer or notification."""
    nonce = new_nonce()
    return {
        "Wechatpay-Timestamp": str(now),
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": identity.serial,
        "Wechatpay-Signature": signature(identity.key, str(now), nonce, body),
    }


def check_answer(keys: Mapping[str, RSAPublicKey], headers: Mapping[str, str], body: bytes, now: int) -> None:
    """Whether the other side signed it. keys: by serial; headers: names in lower case. Raises Unsigned."""
    timestamp, nonce, serial, given = (
        headers.get(HEADER + name, "") for name in ("timestamp", "nonce", "serial", "signature")
    )
    check_time(timestamp, now)
    key = keys.get(serial)
    if key is None or not is_signed(key, given, timestamp, nonce, body):
        raise Unsigned("SIGNATURE")


def check_time(timestamp: str, now: int) -> None:
    """Whether it was signed just now. Raises Unsigned."""
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise Unsigned("MALFORMED")
    if abs(int(timestamp) - now) > WINDOW:
        raise Unsigned("TIME")


def seal_resource(api_key: bytes, plain: bytes, associated: str) -> dict[str, str]:
    """The resource of a notification."""
    nonce = secrets.token_hex(6)  # 12 ASCII characters
    sealed = AESGCM(api_key).encrypt(nonce.encode(), plain, associated.encode())
    return {
        "algorithm": ALGORITHM,
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": associated,
        "nonce": nonce,
    }


def open_resource(api_key: bytes, resource: Mapping[str, object]) -> bytes:
    """What lies sealed in a resource. Raises Unsigned with reason MALFORMED or SEALED."""
    try:
        sealed = base64.b64decode(str(resource["ciphertext"]), validate=True)
        nonce = str(resource["nonce"]).encode()
    except (KeyError, binascii.Error, ValueError):
        raise Unsigned("MALFORMED") from None
    if resource.get("algorithm") != ALGORITHM or len(nonce) != 12:
        raise Unsigned("MALFORMED")
    associated = str(resource.get("associated_data") or "").encode()
    try:
        return AESGCM(api_key).decrypt(nonce, sealed, associated)
    except InvalidTag:
        raise Unsigned("SEALED") from None


def _joined(lines: tuple[str | bytes, ...]) -> bytes:
    return b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
