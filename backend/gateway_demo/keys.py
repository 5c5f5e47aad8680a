"""The keys of both sides of a demonstration, in one folder: made once, and worth nothing."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from backend.payments.signing import Identity

MERCHANT = "1900000001"
APPLICATION = "demonstration0001"
MERCHANT_SERIAL = "DEMONSTRATION_MERCHANT"
GATEWAY_SERIAL = "DEMONSTRATION_GATEWAY"
_BITS = 2048


@dataclass(frozen=True, slots=True)
class Keys:
    """What the gateway holds. api_key: of 32 bytes, which both sides have."""

    identity: Identity
    merchant: RSAPublicKey
    api_key: bytes

    def __repr__(self) -> str:
        return "Keys(…)"


def make(folder: Path) -> None:
    """Makes what is not there, readable by its owner only."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "api.key").exists():
        _write(folder / "api.key", secrets.token_hex(16).encode())
    for side in ("merchant", "gateway"):
        if (folder / f"{side}.pem").exists():
            continue
        key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        _write(folder / f"{side}.public.pem", public)
        _write(folder / f"{side}.pem", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def load(folder: Path) -> Keys:
    """The gateway's. Raises OSError, ValueError."""
    own = load_pem_private_key((folder / "gateway.pem").read_bytes(), None)
    merchant = load_pem_public_key((folder / "merchant.public.pem").read_bytes())
    if not isinstance(own, RSAPrivateKey) or not isinstance(merchant, RSAPublicKey):
        raise ValueError(f"{folder}: no RSA keys")
    return Keys(Identity(own, GATEWAY_SERIAL), merchant, (folder / "api.key").read_bytes().strip())


def options(folder: Path, url: str) -> dict[str, Any]:
    """``[backend.payment.options]`` of a backend that uses this gateway. url: without a path."""
    return {
        "url": url,
        "merchant": MERCHANT,
        "application": APPLICATION,
        "serial": MERCHANT_SERIAL,
        "key": str(folder / "merchant.pem"),
        "api_key": str(folder / "api.key"),
        "gateway_keys": {GATEWAY_SERIAL: str(folder / "gateway.public.pem")},
        "demonstration": True,
    }


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all."""
    half = file.with_suffix(".half")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(content)
    half.replace(file)
