"""``enrol``, beside the commands that run a terminal or a phone line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from backend_client.credentials import CredentialsUnusable, DoorCredentials, read_public, unusable_sentence
from backend_client.enrolment import Invitation, enrol, take_certificate, write_request
from backend_client.errors import BackendError, InvalidRequest, NotSecure, Unreachable
from backend_client.forms.wording import wording
from backend_client.target import check_target
from foundation.config import ConfigError
from foundation.language import Translate, language_of_environment
from foundation.log import silence

_FILE = click.Path(path_type=Path, dir_okay=False)
_BY_REASON = {
    "CODE_WRONG": "enrol.code_wrong",
    "TOO_MANY_TRIES": "enrol.too_many_tries",
    "NO_AUTHORITY": "enrol.no_authority",
    "UNIMPLEMENTED": "enrol.no_enrolment",
    "BACKEND_UNTRUSTED": "enrol.untrusted",
    "BACKEND_EXPIRED": "enrol.expired",
    "BACKEND_NAME_WRONG": "enrol.name_wrong",
    "BACKEND_PLAIN": "enrol.plain",
    "LINE_REFUSED": "enrol.line_refused",
}


def enrol_command(name: str, configured: Callable[[Path | None], Path | None]) -> click.Command:
    """The command for one room. name: of its program; configured: the folder in a configuration file."""

    @click.command(name="enrol")
    @click.option("--file", "invitation", type=_FILE, help="Enrolment file that the office gave out.")
    @click.option("--backend", metavar="HOST:PORT", help="Where doors enrol, for a code that is typed.")
    @click.option(
        "--code",
        is_flag=False,
        flag_value="",
        help="One-time code; its hyphens may be left out. Asked for without a value: what stands in a command"
        " can be read by other users of the machine.",
    )
    @click.option("--authority", type=_FILE, help="Certificate of the authority that the backend's is from.")
    @click.option(
        "--credentials",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder for key and certificate; the setting of that name by default.",
    )
    @click.option("--request-only", is_flag=True, help="A key and a request for the county's authority.")
    @click.option("--certificate", type=_FILE, help="Take what the county's authority made of the request.")
    @click.option("--config", type=_FILE, help="TOML file with the settings.")
    @click.pass_context
    def command(
        context: click.Context,
        *,
        invitation: Path | None,
        backend: str | None,
        code: str | None,
        authority: Path | None,
        credentials: Path | None,
        request_only: bool,
        certificate: Path | None,
        config: Path | None,
    ) -> None:
        """Gets the certificate with which the backend lets this machine in.

        Either with an enrolment file (--file), or with a code (--backend, --code, --authority); or, where the
        county's own authority signs, in two steps: --request-only, then --certificate and --authority.
        """
        translate = wording(language_of_environment())
        try:
            folder = credentials or configured(config or context.obj)
            if folder is None:
                _give_up(name, translate("enrol.no_folder"))
            if request_only:
                click.echo(translate("enrol.requested", file=write_request(folder)))
                return
            if certificate and authority:
                stored, address = take_certificate(folder, certificate, authority), ""
            elif invitation:
                stored, address = _enrolled(name, Invitation.read(invitation), folder, translate)
            elif backend and authority:
                target, trusted = check_target(backend), read_public(authority)
                code = code or click.prompt(translate("enrol.ask_code"), err=True)
                typed = Invitation(target, code, trusted)
                stored, address = _enrolled(name, typed, folder, translate)
            else:
                raise click.UsageError(translate("enrol.usage"))
        except CredentialsUnusable as error:
            _give_up(name, unusable_sentence(error, translate))
        except (ConfigError, ValueError) as error:
            _give_up(name, str(error))
        click.echo(translate("enrol.done", door=stored.door, until=f"{stored.not_after:%Y-%m-%d}"))
        room = name.removeprefix("huimin-")
        lines = [f"[{room}]", *([f'backend = "{address}"'] if address else [])]
        click.echo("\n".join(["", *lines, f'credentials = "{stored.folder.absolute()}"']))

    return command


def _enrolled(
    name: str, invitation: Invitation, folder: Path, translate: Translate
) -> tuple[DoorCredentials, str]:
    try:
        with silence():
            return asyncio.run(enrol(invitation, folder)), invitation.backend
    except BackendError as error:
        kind = "enrol.unreachable" if isinstance(error, Unreachable) else "enrol.failed"
        if isinstance(error, InvalidRequest):  # the request is ours; what was typed is too long for a code
            kind = "enrol.code_wrong"
        elif isinstance(error, NotSecure) or not isinstance(error, Unreachable):
            kind = _BY_REASON.get(error.reason, kind)
        _give_up(name, translate(kind, backend=invitation.enrolment, reason=error.reason))


def _give_up(name: str, sentence: str) -> NoReturn:
    click.echo(f"{name}: {sentence}", err=True)
    sys.exit(2)
