"""``huimin-backend conformance``: tells whoever connects a server of their own what is missing."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import click
import grpc

from backend.commands.words import give_up, words
from backend.conformance.alerts import alert_demands
from backend.conformance.documents import document_demands
from backend.conformance.lookups import lookup_demands
from backend.conformance.payments import payment_demands
from backend.conformance.reading import (
    catalog_demands,
    form_demands,
    notice_demands,
    policy_demands,
    server_demands,
)
from backend.conformance.terminals import terminal_demands
from backend.conformance.texts import text_demands
from backend.conformance.trial import Outcome, Result, Server, run
from backend.conformance.writing import (
    attachment_demands,
    case_demands,
    reference_demands,
    submission_demands,
)
from foundation.language import Translate

CONNECT_SECONDS = 4.0
"""So long a server may take to be connected to."""
PARTS = (
    server_demands,
    catalog_demands,
    policy_demands,
    notice_demands,
    alert_demands,
    form_demands,
    lookup_demands,
    submission_demands,
    attachment_demands,
    reference_demands,
    case_demands,
    payment_demands,
    document_demands,
    text_demands,
    terminal_demands,
)


_FILE = click.Path(path_type=Path, dir_okay=False)


class ConformanceCommandError(Exception):
    """It cannot be tried; the text is the sentence to show."""


@dataclass(frozen=True, slots=True)
class Files:
    """PEM files for a server that is reached over TLS; all None for plain text."""

    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@click.command(name="conformance")
@click.argument("target", metavar="HOST:PORT")
@click.option("--write", is_flag=True, help="Also try what leaves submissions of nobody behind.")
@click.option("--json", "as_objects", is_flag=True, help="For programs.")
@click.option("--authority", type=_FILE, help="The authority's certificate, for a server with TLS.")
@click.option("--certificate", type=_FILE, help="The certificate to show, as a door does.")
@click.option("--key", type=_FILE, help="Its key.")
def command(
    *,
    target: str,
    write: bool,
    as_objects: bool,
    authority: Path | None,
    certificate: Path | None,
    key: Path | None,
) -> None:
    """Tries whether the server at HOST:PORT speaks the contract; tells what is missing.

    The exit code is 1 where something deviates.
    """
    _, translate = words()
    click.echo(
        translate("conformance.reading_write" if write else "conformance.reading", target=target), err=True
    )
    try:
        results = asyncio.run(conformance(target, Files(authority, certificate, key), translate, write=write))
    except ConformanceCommandError as error:
        give_up(str(error))
    click.echo(as_json(results) if as_objects else "\n".join(lines(results, translate)))
    if any(result.outcome is Outcome.DEVIATES for result in results):
        sys.exit(1)


async def conformance(target: str, files: Files, translate: Translate, *, write: bool) -> list[Result]:
    """Tries all demands. Raises ConformanceCommandError where the server does not answer at all."""
    async with _channel(target, files, translate) as channel:
        try:
            await asyncio.wait_for(channel.channel_ready(), CONNECT_SECONDS)
        except TimeoutError:
            raise ConformanceCommandError(translate("conformance.unreachable", target=target)) from None
        return await run(Server(channel), PARTS, write=write)


def _channel(target: str, files: Files, translate: Translate) -> grpc.aio.Channel:
    if files == Files():
        return grpc.aio.insecure_channel(target)
    credentials = grpc.ssl_channel_credentials(
        _read(files.authority, translate), _read(files.key, translate), _read(files.certificate, translate)
    )
    return grpc.aio.secure_channel(target, credentials)


def _read(file: Path | None, translate: Translate) -> bytes | None:
    try:
        return file.read_bytes() if file else None
    except OSError as error:
        raise ConformanceCommandError(
            translate("conformance.file", file=file, reason=error.strerror)
        ) from None


def lines(results: list[Result], translate: Translate) -> list[str]:
    """What to show: a line a demand, then the total."""
    shown = []
    for result in results:
        detail = translate(f"conformance.kind.{result.kind}", **result.values) if result.kind else ""
        demand = translate(f"conformance.{result.demand}")
        shown.append(translate(f"conformance.line.{result.outcome.value}", demand=demand, detail=detail))
    count = Counter(result.outcome for result in results)
    total = {outcome.value: count[outcome] for outcome in Outcome}
    return [*(line.rstrip() for line in shown), translate("conformance.total", **total)]


def as_json(results: list[Result]) -> str:
    """The same for programs: one object a demand."""
    return json.dumps(
        [
            {
                "demand": result.demand,
                "outcome": result.outcome.value,
                "kind": result.kind,
                "values": {name: str(value) for name, value in result.values.items()},
            }
            for result in results
        ],
        ensure_ascii=False,
        indent=1,
    )
