"""``huimin-backend authority``: the house's own certificate authority, in a folder.

| file | what |
|---|---|
| `authority.pem`, `authority-key.pem` | the authority: its certificate, which doors get, and its key |
| `server.pem`, `server-key.pem` | a backend's certificate and its key |
"""

from __future__ import annotations

from pathlib import Path

import click
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from backend import clock
from backend.commands.words import give_up, words
from backend.doors.authority import (
    SHARED_NAME,
    Authority,
    AuthorityUnusable,
    NameWrong,
    fingerprint,
    new_key,
)
from backend.settings import BackendSettings
from foundation.language import Translate
from foundation.pem import certificates_pem, key_pem
from foundation.private_file import write_private

AUTHORITY, AUTHORITY_KEY = "authority.pem", "authority-key.pem"
SERVER, SERVER_KEY = "server.pem", "server-key.pem"

_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of the authority; the folder authority in that of the data by default.",
)


@click.group()
def command() -> None:
    """Makes the certificates of backends and doors."""


@command.command()
@_FOLDER
@click.option("--name", default="Huimin", help="Name of the authority, which its certificate carries.")
@click.pass_obj
def init(settings: BackendSettings, folder: Path | None, name: str) -> None:
    """Makes a new authority. Never touches one that is there."""
    _, translate = words()
    place = _place(settings, folder)
    _refuse_existing(place / AUTHORITY, place / AUTHORITY_KEY, translate=translate)
    if not 0 < len(name.strip()) <= 64:
        give_up(translate("authority.name"))
    authority = Authority.make(name.strip(), clock.now())
    _write(place / AUTHORITY_KEY, key_pem(authority.key), translate)
    _write(place / AUTHORITY, certificates_pem([authority.certificate]), translate)
    click.echo(translate("authority.made", folder=place, fingerprint=fingerprint(authority.certificate)))


@command.command()
@_FOLDER
@click.option("--renew", is_flag=True, help="Replace the certificate that is there; its key stays.")
@click.argument("names", nargs=-1, metavar="NAME…")
@click.pass_obj
def server(settings: BackendSettings, folder: Path | None, renew: bool, names: tuple[str, ...]) -> None:
    """Makes the certificate of a backend that doors call by these names or addresses.

    With --renew, the names of the present certificate are taken where none is given.
    """
    _, translate = words()
    place = _place(settings, folder)
    authority = _authority(place, translate)
    if renew:
        key = _server_key(place / SERVER_KEY, translate)
        names = names or _names(_certificate(place / SERVER, translate))
    else:
        _refuse_existing(place / SERVER, place / SERVER_KEY, translate=translate)
        key = new_key()
    try:
        certificate = authority.issue_server(key.public_key(), names, clock.now())
    except NameWrong as error:
        give_up(translate("authority.server_name", given=str(error)[:80]))
    if not renew:
        _write(place / SERVER_KEY, key_pem(key), translate)
    _write(place / SERVER, certificates_pem([certificate, authority.certificate]), translate)
    click.echo(
        translate(
            "authority.server_made",
            names=", ".join(_names(certificate)),
            until=f"{certificate.not_valid_after_utc:%Y-%m-%d}",
        )
    )
    click.echo(
        "\n[backend]\n"
        f'tls_certificate = "{place / SERVER}"\n'
        f'tls_key = "{place / SERVER_KEY}"\n'
        f'tls_authority = "{place / AUTHORITY}"\n'
        f'authority_key = "{place / AUTHORITY_KEY}"'
    )


@command.command()
@_FOLDER
@click.pass_obj
def show(settings: BackendSettings, folder: Path | None) -> None:
    """Shows the certificates, what they are for and when they end."""
    _, translate = words()
    place = _place(settings, folder)
    found = [place / AUTHORITY, *(file for file in (place / SERVER,) if file.is_file())]
    for file in found:
        certificate = _certificate(file, translate)
        left = (certificate.not_valid_after_utc - clock.now()).days
        click.echo(
            translate(
                "authority.shown" if left >= 0 else "authority.shown_over",
                file=file,
                subject=certificate.subject.rfc4514_string(),
                names=", ".join(_names(certificate)) or "-",
                until=f"{certificate.not_valid_after_utc:%Y-%m-%d}",
                days=left,
                fingerprint=fingerprint(certificate),
            )
        )


def _place(settings: BackendSettings, folder: Path | None) -> Path:
    return (folder or settings.data / "authority").absolute()


def _authority(place: Path, translate: Translate) -> Authority:
    certificate = _read(place / AUTHORITY, translate)
    try:
        return Authority.read(certificate, _read(place / AUTHORITY_KEY, translate))
    except AuthorityUnusable:
        give_up(translate("authority.unusable", folder=place))


def _server_key(file: Path, translate: Translate) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(_read(file, translate), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        give_up(translate("authority.no_key", file=file))
    return key


def _certificate(file: Path, translate: Translate) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(_read(file, translate))
    except ValueError:
        give_up(translate("authority.no_certificate", file=file))


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The host names and addresses in a certificate, without the one that all backends bear."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    names = [str(name.value) for name in found]
    return tuple(name for name in names if name != SHARED_NAME) or tuple(names)


def _refuse_existing(*files: Path, translate: Translate) -> None:
    for file in files:
        if file.exists():
            give_up(translate("authority.exists", file=file))


def _read(file: Path, translate: Translate) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        give_up(translate("authority.unreadable", file=file, reason=error.strerror))


def _write(file: Path, content: bytes, translate: Translate) -> None:
    try:
        write_private(file, content)
    except OSError as error:
        give_up(translate("authority.unwritable", file=file, reason=error.strerror))
