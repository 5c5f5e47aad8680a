"""``huimin-ivr``: the phone line."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import click

from backend_client.credentials import DoorCredentials, configured_credentials
from backend_client.door import open_door
from backend_client.enrol_command import enrol_command
from backend_client.preview_command import preview_command
from backend_client.queue.command import queue_command
from backend_client.warming import Sizes
from foundation.config import ConfigError, load
from foundation.language import Language
from foundation.life import say_ready, stop_requested
from foundation.log import logger, start_log
from foundation.observing import observed
from ivr import alerts, prompts
from ivr.answering import Answering
from ivr.console import hold_in_terminal
from ivr.dialogue import notices, policies, services
from ivr.line import Utterance
from ivr.preview import preview
from ivr.settings import IvrSettings, Timing
from ivr.speech.errors import SpeechError
from ivr.speech.speech import Speech

GREETING = "main."
"""Beginning of the names of what a caller hears first, which has to be ready before anybody calls."""
TYPING = 60.0
"""Seconds to wait for keys from somebody who types and reads instead of keying and listening."""

SIZES = Sizes(services=services.MOST, policies=policies.MOST, notices=notices.MOST)
"""What this door asks for at once, for reading ahead."""

_log = logger(__name__)


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
@click.option("--person", metavar="SIP-URI", help="Who takes calls over; without it, callers leave messages.")
@click.pass_context
def main(context: click.Context, /, console: bool, config: Path | None, **options: str | Path | None) -> None:
    """Answers calls: policies, applications by form, progress and notices, by voice and keys."""
    context.obj = config
    if context.invoked_subcommand is not None:
        return
    start_log("huimin-ivr", level="warning" if console else "info")
    try:
        settings = load(IvrSettings, config, **options)
        credentials = configured_credentials(settings.backend, settings.credentials)
        _check_folders(settings)
        with observed("huimin-ivr", settings):
            asyncio.run((_in_terminal if console else _serve)(settings, credentials))
    except (ConfigError, SpeechError) as error:
        click.echo(f"huimin-ivr: {error}", err=True)
        sys.exit(2)


main.add_command(preview_command(preview))
main.add_command(enrol_command("huimin-ivr", lambda config: load(IvrSettings, config).credentials))
main.add_command(queue_command("huimin-ivr", lambda config: load(IvrSettings, config).queue_folder))


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


async def _serve(settings: IvrSettings, credentials: DoorCredentials | None) -> None:
    """Answers calls until it is told to stop; those under way may then be finished."""
    from ivr.sip.endpoint import SipEndpoint  # noqa: PLC0415 (the console needs no telephone)
    from ivr.sip.library import ListenFailed  # noqa: PLC0415

    stop = stop_requested()
    try:
        async with (
            open_door(settings, settings.backend, credentials, SIZES, origin=settings.line) as door,
            _speech(settings) as speech,
        ):
            fixed = prompts.always_the_same()
            await speech.prepare(prompt for prompt in fixed if prompt.name.startswith(GREETING))
            async with SipEndpoint(
                settings.sip,
                speech,
                Answering(door, settings),
                max_calls=settings.max_calls,
                drain_seconds=settings.timing.closing,
            ) as endpoint:
                preparing: set[asyncio.Task[None]] = set()

                def prepare(said: list[Utterance]) -> None:
                    task = asyncio.create_task(_prepare(speech, said))
                    preparing.add(task)
                    task.add_done_callback(preparing.discard)

                def prepare_alerts() -> None:
                    prepare(alerts.said_of(door.alerts.in_force, tuple(Language), settings.time_zone))

                deaf = door.alerts.listen(prepare_alerts)
                prepare_alerts()
                prepare(fixed)
                say_ready("huimin-ivr", endpoint.address)
                await stop.wait()
                deaf()
                for task in tuple(preparing):
                    task.cancel()
                await endpoint.drain()
    except ListenFailed as error:
        raise ConfigError(str(error)) from error


async def _prepare(speech: Speech, utterances: list[Utterance]) -> None:
    """Renders what calls will need, beside the calls; what is missing then is rendered when it is said."""
    try:
        await speech.prepare(utterances)
    except SpeechError as error:
        _log.error("prompts not prepared", reason=str(error))


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
        _speech(settings) as speech,
    ):

        async def voice(utterance: Utterance) -> bytes:
            return b"".join([pcm async for pcm in speech.sounds([utterance])])

        await hold_in_terminal(Answering(door, settings), voice)


def _speech(settings: IvrSettings) -> Speech:
    return Speech(settings.speech_folder, settings.recordings)
