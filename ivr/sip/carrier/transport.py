"""SIP over TLS: certificates looked at before PJSIP gets them, and the port opened."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pjsua2 as pj
from cryptography import x509

from foundation.log import logger
from foundation.private_file import open_to_others
from ivr.sip.address import listen_address
from ivr.sip.carrier.trunk import Tls
from ivr.sip.library import ListenFailed

MAX_FILE = 1 << 18
"""Bytes; a larger file is a mistake."""
SOON_DAYS = 30
"""So long before a certificate ends it is said in the log."""
TLS_1_3_CIPHER = 0x1301
"""TLS_AES_128_GCM_SHA256, which every TLS 1.3 has (RFC 8446 clause 9.1) and OpenSSL 1.0.2 does not."""
HANDSHAKE_MILLISECONDS = 10_000

log = logger("ivr.sip")


def knows_tls_1_3(endpoint: pj.Endpoint) -> bool:
    """Whether this build of PJSIP was made with an OpenSSL of 1.1.1 or later. It is asked, not assumed."""
    return TLS_1_3_CIPHER in tuple(endpoint.utilSslGetAvailableCiphers())


def check_files(tls: Tls) -> None:
    """Raises ListenFailed for files that cannot be used, with what to do."""
    assert tls.certificate is not None
    assert tls.key is not None
    certificates = _certificates(tls.certificate, "ivr.tls.certificate")
    own, now = certificates[0], datetime.now(UTC)
    if own.not_valid_after_utc <= now:
        raise ListenFailed(
            f"ivr.tls.certificate: {tls.certificate}: it ended on {own.not_valid_after_utc:%Y-%m-%d}; "
            "ask for a new one"
        )
    if own.not_valid_before_utc > now:
        raise ListenFailed(
            f"ivr.tls.certificate: {tls.certificate}: it begins only on {own.not_valid_before_utc:%Y-%m-%d}; "
            "is the clock of this machine right?"
        )
    days = (own.not_valid_after_utc - now).days
    if days < SOON_DAYS:
        log.warning("certificate_ends_soon", days=days)
    _read(tls.key, "ivr.tls.key")
    if open_to_others(tls.key):
        raise ListenFailed(f"ivr.tls.key: {tls.key}: others may read it; run chmod 600 on it")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(tls.certificate, tls.key, password=_no_passphrase)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            reason = f"it is not the key of {tls.certificate}"
        else:
            reason = "no private key in PEM"
        raise ListenFailed(f"ivr.tls.key: {tls.key}: {reason}") from None
    except _Passphrase:
        raise ListenFailed(
            f"ivr.tls.key: {tls.key}: it has a passphrase; write it without one (openssl pkey)"
        ) from None
    if tls.authorities is not None:
        _certificates(tls.authorities, "ivr.tls.authorities")


def open_tls(endpoint: pj.Endpoint, tls: Tls) -> int:
    """Listens for TLS 1.2 and, where this build knows it, 1.3; returns the port. Raises ListenFailed."""
    check_files(tls)
    host, port = listen_address(tls.listen)
    settings = pj.TransportConfig()
    settings.boundAddress, settings.port = host, port
    config = settings.tlsConfig
    config.certFile, config.privKeyFile = str(tls.certificate), str(tls.key)
    config.CaListFile = str(tls.authorities or "")
    config.proto = pj.PJ_SSL_SOCK_PROTO_TLS1_2 | pj.PJ_SSL_SOCK_PROTO_TLS1_3
    config.verifyServer = tls.authorities is not None
    config.verifyClient = config.requireClientCert = tls.require_certificate
    config.msecTimeout = HANDSHAKE_MILLISECONDS
    try:
        opened = endpoint.transportCreate(pj.PJSIP_TRANSPORT_TLS, settings)
        port = int(endpoint.transportGetInfo(opened).localName.rpartition(":")[2])
    except pj.Error as error:
        raise ListenFailed(f"the phone line cannot listen with TLS on {tls.listen}: {error.reason}") from None
    log.info("tls_open", address=f"sips:{host}:{port}", tls_1_3=knows_tls_1_3(endpoint))
    return port


class _Passphrase(Exception):
    """The key asks for one."""


def _no_passphrase() -> str:
    raise _Passphrase


def _certificates(file: Path, setting: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(file, setting))
    except ValueError:
        raise ListenFailed(f"{setting}: {file}: no certificate in PEM") from None


def _read(file: Path, setting: str) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_FILE + 1)
    except OSError as error:
        raise ListenFailed(f"{setting}: {file}: {error.strerror}") from None
    if len(content) > MAX_FILE:
        raise ListenFailed(f"{setting}: {file}: larger than {MAX_FILE} bytes")
    return content
