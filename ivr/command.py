"""``huimin-ivr``: the phone line."""

from __future__ import annotations

import asyncio
import socket
import sys
import tempfile
from pathlib import Path

import click
from prometheus_client import REGISTRY

from backend_client.credentials import DoorCredentials, configured_credentials
from backend_client.door import open_door
from backend_client.enrol_command import enrol_command
from backend_client.preview_command import preview_command
from backend_client.queue.command import queue_command
from foundation.config import ConfigError, load
from foundation.life import say_ready, stop_requested
from foundation.log import start_log
from foundation.metrics import Health
from foundation.observing import observed
from ivr.answering import SIZES, Answering
from ivr.console import hold_in_terminal
from ivr.line import Utterance
from ivr.operating.commands import add_to
from ivr.operating.preview import preview
from ivr.operating.prompts_command import prompts_command
from ivr.settings import MOST_WORKERS, IvrSettings, Timing
from ivr.speech.speech import Speech
from ivr.workers.figures import SUPERVISORS, WorkersFigures
from ivr.workers.requests import MAX_LINE, answer_requests, answering_at
from ivr.workers.supervisor import addresses_of, supervising
from ivr.workers.worker import CannotStart
from speech.errors import SpeechError

TYPING = 60.0
"""Seconds to wait for keys from somebody who types and reads instead of keying and listening."""

_HIDDEN = "What the supervisor of several workers says to one of them."


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--backend", metavar="HOST:PORT", help="Address of the backend.  [default: 127.0.0.1:50051]")
@click.option(
    "--sip", metavar="HOST:PORT", help="Where calls arrive; port 0 for any.  [default: 127.0.0.1:5060]"
)
@click.option("--console", is_flag=True, help="Hold one call in this terminal instead; see docs/phone.md.")
@click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="TOML file; its table [ivr] counts."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of call records, messages and rendered speech.  [default: ~/.local/share/huimin]",
)
@click.option(
    "--records",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of the call records.  [default: DATA/calls.jsonl]",
)
@click.option(
    "--recordings",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of recordings that replace spoken prompts.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    help="Processes that answer calls, on one port after another; see docs/phone-at-scale.md.  [default: 1]",
)
@click.option("--worker", type=click.IntRange(1, MOST_WORKERS), hidden=True, help=_HIDDEN)
@click.option("--supervised", type=int, hidden=True, help=_HIDDEN)
@click.option("--person", metavar="SIP-URI", help="Who takes calls over; without it, callers leave messages.")
@click.pass_context
def main(
    context: click.Context,
    /,
    console: bool,
    config: Path | None,
    supervised: int | None,
    **options: str | int | Path | None,
) -> None:
    """Answers calls: policies, applications by form, progress and notices, by voice and keys."""
    context.obj = config
    if context.invoked_subcommand is not None:
        return
    start_log("huimin-ivr", level="warning" if console else "info")
    try:
        settings = load(IvrSettings, config, **options)
        credentials = configured_credentials(settings.backend, settings.credentials)
        _check_folders(settings)
        if console:
            asyncio.run(_in_terminal(settings, credentials))
        elif supervised is not None:
            with observed("huimin-ivr", settings.model_copy(update={"metrics": ""})):
                asyncio.run(_serve_supervised(settings, credentials, supervised))
        else:
            _observed_line(settings, credentials)
    except CannotStart:
        sys.exit(2)  # the worker has said why
    except (ConfigError, SpeechError) as error:
        click.echo(f"huimin-ivr: {error}", err=True)
        sys.exit(2)


main.add_command(preview_command(preview))
main.add_command(prompts_command)
main.add_command(enrol_command("huimin-ivr", lambda config: load(IvrSettings, config).credentials))
add_to(main)
main.add_command(queue_command("huimin-ivr", lambda config: load(IvrSettings, config).queue_folders))


def _observed_line(settings: IvrSettings, credentials: DoorCredentials | None) -> None:
    """One process that answers calls, or several and the one that minds them."""
    health = Health()
    alone = settings.workers == 1
    registry = REGISTRY if alone else SUPERVISORS
    with observed("huimin-ivr", settings, registry=registry, health=health):
        asyncio.run(_serve(settings, credentials, health) if alone else _supervise(settings, health))


def _check_folders(settings: IvrSettings) -> None:
    """Before anybody calls: what callers leave has to be kept. Raises ConfigError."""
    for folder in (settings.data, settings.records_file.parent):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise ConfigError(
                f"ivr.data: call records and messages cannot be written in {folder}: {error.strerror}; "
                "choose another folder with --data"
            ) from None
    if settings.recordings and not settings.recordings.is_dir():
        raise ConfigError(f"ivr.recordings: no folder {settings.recordings}; correct it or leave it out")


async def _serve(settings: IvrSettings, credentials: DoorCredentials | None, health: Health) -> None:
    """Answers calls until it is told to stop; those under way may then be finished."""
    from ivr.serving import serving  # noqa: PLC0415 (the console needs no telephone)

    stop = stop_requested()
    async with (
        serving(settings, credentials) as line,
        answering_at(settings.control_socket, line.answer_alone),
    ):
        health.look = lambda: line.state == "open"
        say_ready("huimin-ivr", line.address)
        await stop.wait()
        await line.end()


async def _serve_supervised(
    settings: IvrSettings, credentials: DoorCredentials | None, supervisor: int
) -> None:
    """The same as one of several workers. supervisor: the socket on which its supervisor asks."""
    from ivr.serving import serving  # noqa: PLC0415

    stop = stop_requested()
    streams = await asyncio.open_unix_connection(sock=socket.socket(fileno=supervisor), limit=MAX_LINE)
    async with serving(settings, credentials) as line:
        answering = asyncio.create_task(answer_requests(*streams, line.answer))
        # Without a supervisor nobody would start it anew or end it: its calls may end, and then it does.
        answering.add_done_callback(lambda _: stop.set())
        await stop.wait()
        await line.end()
        answering.cancel()


async def _supervise(settings: IvrSettings, health: Health) -> None:
    """Minds the workers until it is told to stop."""
    stop = stop_requested()
    addresses = addresses_of(settings.sip, settings.workers)
    async with supervising(sys.orig_argv, addresses, settings.timing.closing, stop) as supervisor:
        SUPERVISORS.register(WorkersFigures(supervisor, asyncio.get_running_loop()))
        health.look = lambda: supervisor.healthy
        async with answering_at(settings.control_socket, supervisor.answer):
            if not stop.is_set():
                say_ready("huimin-ivr", supervisor.addresses)
            await stop.wait()
            health.look = lambda: False
            await supervisor.end()


async def _in_terminal(settings: IvrSettings, credentials: DoorCredentials | None) -> None:
    """Holds one call between standard input and output."""
    if sys.stdin.isatty():
        slow = {"first_key": TYPING, "between_keys": TYPING}
        settings = settings.model_copy(update={"timing": Timing(**settings.timing.model_dump() | slow)})
    async with (
        open_door(
            settings,
            settings.backend,
            credentials,
            SIZES,
            origin=settings.line,
            queue=settings.console_queue,
        ) as door,
        Speech(settings.speech_folder, settings.recordings, engines=settings.voices.engines()) as speech,
    ):

        async def voice(utterance: Utterance) -> bytes:
            return b"".join([pcm async for pcm in speech.sounds([utterance])])

        await hold_in_terminal(Answering(door, settings), voice)
