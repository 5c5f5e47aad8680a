"""The server: opened, ready, and closed with nothing left half-done."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from huimin.v1 import (
    alert_pb2,
    alert_pb2_grpc,
    appointment_pb2,
    appointment_pb2_grpc,
    case_pb2,
    case_pb2_grpc,
    catalog_pb2,
    catalog_pb2_grpc,
    document_pb2,
    document_pb2_grpc,
    door_pb2,
    door_pb2_grpc,
    form_pb2,
    form_pb2_grpc,
    identity_pb2,
    identity_pb2_grpc,
    lookup_pb2,
    lookup_pb2_grpc,
    notice_pb2,
    notice_pb2_grpc,
    payment_pb2,
    payment_pb2_grpc,
    policy_pb2,
    policy_pb2_grpc,
    rating_pb2,
    rating_pb2_grpc,
    terminal_pb2,
    terminal_pb2_grpc,
    text_pb2,
    text_pb2_grpc,
)

from backend import clock
from backend.alerts.board import Board
from backend.alerts.folder import watching_folder
from backend.alerts.intake import Intake
from backend.alerts.signature import Sources
from backend.authoring.published import Published
from backend.documents.papers import Papers
from backend.doors.enrolling import enrolling
from backend.doors.registry import Doors
from backend.doors.tls import TlsFiles, add_port, ends_soon, tls_files
from backend.fleet.figures import showing_fleet
from backend.lookups.sources import Sources as LookupSources
from backend.lookups.sources import asking
from backend.notifying.gateway import gateways
from backend.notifying.quiet import QuietHours
from backend.notifying.sending import sending
from backend.payments.paying import Paying
from backend.payments.plugins import gateway
from backend.payments.watching import watching_payments
from backend.rpc import limits
from backend.rpc.failure import say_nothing_of_callers_that_are_gone
from backend.rpc.guard import Guard, recognise_local
from backend.rpc.interceptor import Edge
from backend.search import pinyin
from backend.search.keeping import PolicySearch, searching
from backend.services.alert import AlertService
from backend.services.appointment import AppointmentService
from backend.services.case import CaseService
from backend.services.catalog import CatalogService
from backend.services.document import DocumentService
from backend.services.enrolment import EnrolmentService
from backend.services.form import FormService
from backend.services.identity import IdentityService
from backend.services.lookup import LookupService
from backend.services.notice import NoticeService
from backend.services.payment import PaymentService
from backend.services.policy import PolicyService
from backend.services.rating import RatingService
from backend.services.terminal import TerminalService
from backend.services.text import TextService
from backend.settings import BackendSettings
from backend.storage.audit import AuditTrail
from backend.storage.database import Database, database_url, open_database
from backend.storage.messages import Channel
from backend.storage.vault import Vault
from backend.upkeep import upkeep
from backend.watching import edition_in_force, publish_at_start, watching
from foundation.config import ConfigError
from foundation.life import say_ready, stop_requested
from foundation.log import logger

NAME = "huimin-backend"
SEARCH_INDEX = "search"
"""Folder of the search index in the data folder."""
_CONTRACT = (
    appointment_pb2,
    catalog_pb2,
    policy_pb2,
    form_pb2,
    case_pb2,
    notice_pb2,
    identity_pb2,
    door_pb2,
    rating_pb2,
    alert_pb2,
    payment_pb2,
    lookup_pb2,
    document_pb2,
    text_pb2,
    terminal_pb2,
)
_log = logger(__name__)


class AddressTaken(Exception):
    """It cannot be listened there."""


async def run(settings: BackendSettings) -> None:
    """Serves until it is told to stop.

    Raises ContentWrong, DatabaseUnusable, KeysUnusable, WrongKeys, TlsUnusable, SourceUnusable,
    Misconfigured, AddressTaken, WebAddressTaken, OSError where it cannot start.
    """
    stop = stop_requested()
    say_nothing_of_callers_that_are_gone()
    limits.allow_many_connections()
    os.umask(0o077)  # residents' data is for the user that the backend runs as
    await asyncio.to_thread(pinyin.syllables)
    settings.data.mkdir(parents=True, exist_ok=True)
    vault = await asyncio.to_thread(Vault.find, settings, starting=True)
    database = await open_database(database_url(settings.database, settings.data), vault)
    try:
        await publish_at_start(database, settings, clock.now())
        async with serving(settings, database) as address, upkeep(database, clock.now):
            _log.info("ready", address=address)
            say_ready(NAME, address)
            await stop.wait()
            _log.info("stopping")
    finally:
        await database.close()
    _log.info("stopped")


@asynccontextmanager
async def serving(
    settings: BackendSettings,
    database: Database,
    now: Callable[[], datetime] = clock.now,
) -> AsyncIterator[str]:
    """Serves what is published while the block runs, then finishes what is under way. Gives HOST:PORT with
    the real port.

    Raises AddressTaken, WebAddressTaken, TlsUnusable, SourceUnusable, Misconfigured, NothingPublished.
    """
    published = Published(await edition_in_force(database, now()))
    papers = Papers()
    outlets = gateways(settings.message_gateways, settings.data)
    paying = Paying(database, settings.payment, gateway(settings.payment), now)
    async with (
        searching(database, published, settings.data / SEARCH_INDEX) as search,
        sending(database, outlets, QuietHours.of(settings.quiet_hours), now, settings.stop_seconds),
        _web(settings, database, published, paying, papers),
        watching_payments(paying),
        asking(settings.lookups) as sources,
        _listening(
            settings, database, published, search, sources, paying=paying, papers=papers, now=now
        ) as address,
    ):
        yield address


@asynccontextmanager
async def _web(
    settings: BackendSettings, database: Database, published: Published, paying: Paying, papers: Papers
) -> AsyncIterator[None]:
    """Serves browsers where the settings say so. Raises WebAddressTaken, ConfigError."""
    if not settings.web_listen:
        paying.web = settings.web_address.rstrip("/")  # another backend serves it
        if paying.gateway is not None and not paying.web:
            raise ConfigError("backend.payment.gateway: needs web_listen, where it tells of payments")
        yield
        return
    from backend.web.grounds import Grounds  # noqa: PLC0415 (a tenth of a start, for those who have it)
    from backend.web.site import site  # noqa: PLC0415 (likewise)

    async with site(Grounds(settings, database, published, paying.now, papers, paying)) as address:
        paying.web = papers.web = settings.web_address.rstrip("/") or f"http://{address}"
        yield


@asynccontextmanager
async def _listening(
    settings: BackendSettings,
    database: Database,
    published: Published,
    search: PolicySearch,
    sources: LookupSources,
    *,
    paying: Paying,
    papers: Papers,
    now: Callable[[], datetime],
) -> AsyncIterator[str]:
    files = await asyncio.to_thread(_checked, settings, now)
    await asyncio.to_thread(Sources.load, settings.alert_sources)
    doors = Doors(database, now)
    edge = Edge(database, now)
    server = grpc.aio.server(
        interceptors=(Guard(doors.recognise if files else recognise_local), edge),
        options=limits.CHANNEL_OPTIONS,
        maximum_concurrent_rpcs=limits.MAX_CALLS,
    )
    healthy = health.aio.HealthServicer()
    email = Channel.EMAIL in settings.message_gateways  # else it goes to a file, for trying out
    _add_services(
        server, database, published, search, sources, paying=paying, papers=papers, email=email, now=now
    )
    board = Board(database, now)
    alert_pb2_grpc.add_AlertServiceServicer_to_server(AlertService(database, board, now), server)
    enrolment = EnrolmentService(database, files, now, timedelta(days=settings.certificate_days))
    door_pb2_grpc.add_EnrolmentServiceServicer_to_server(enrolment, server)
    health_pb2_grpc.add_HealthServicer_to_server(healthy, server)
    names = [service.full_name for file in _CONTRACT for service in file.DESCRIPTOR.services_by_name.values()]
    reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    try:
        port = add_port(server, settings.listen, files, doors_only=True)
    except RuntimeError:
        raise AddressTaken(settings.listen) from None
    await server.start()
    for name in ("", *names):
        await healthy.set(name, health_pb2.HealthCheckResponse.SERVING)
    try:
        async with (
            doors.noting(),
            _enrolling(settings, files, enrolment, edge),
            watching(database, published, now),
            board.running(),
            showing_fleet(database, now),
            watching_folder(settings.alert_folder, Intake(settings, database, now)),
        ):
            yield f"{settings.listen.rpartition(':')[0]}:{port}"
    finally:
        await healthy.enter_graceful_shutdown()
        await server.stop(settings.stop_seconds)


def _checked(settings: BackendSettings, now: Callable[[], datetime]) -> TlsFiles | None:
    """The files of TLS, which fit together; None for plain text. Raises TlsUnusable."""
    files = tls_files(settings)
    if files:
        material = files.read()
        if files.authority_key:
            files.signing()
        if ends_soon(material, now()):
            _log.warning("certificate_ends_soon", until=material.own.not_valid_after_utc.isoformat())
    return files


@asynccontextmanager
async def _enrolling(
    settings: BackendSettings, files: TlsFiles | None, service: EnrolmentService, edge: Edge
) -> AsyncIterator[None]:
    """Lets doors enrol where the settings say so. Raises AddressTaken."""
    if files is None or not settings.enrol_listen:
        yield
        return
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(enrolling(settings.enrol_listen, files, service, (edge,)))
        except RuntimeError:
            raise AddressTaken(settings.enrol_listen) from None
        yield


def _add_services(
    server: grpc.aio.Server,
    database: Database,
    published: Published,
    search: PolicySearch,
    sources: LookupSources,
    *,
    paying: Paying,
    papers: Papers,
    email: bool,
    now: Callable[[], datetime],
) -> None:
    trail = AuditTrail(database)
    lookup_pb2_grpc.add_LookupServiceServicer_to_server(
        LookupService(database, published, sources, trail, now, paying.gateway is not None), server
    )
    catalog_pb2_grpc.add_CatalogServiceServicer_to_server(CatalogService(published), server)
    appointment_pb2_grpc.add_AppointmentServiceServicer_to_server(
        AppointmentService(database, published, now), server
    )
    policy_pb2_grpc.add_PolicyServiceServicer_to_server(PolicyService(database, published, search), server)
    forms = FormService(database, published, now, email, paying.due)
    form_pb2_grpc.add_FormServiceServicer_to_server(forms, server)
    payment_pb2_grpc.add_PaymentServiceServicer_to_server(PaymentService(database, paying, now), server)
    case_pb2_grpc.add_CaseServiceServicer_to_server(CaseService(database, published, trail, now), server)
    documents = DocumentService(database, published, papers, now, email)
    document_pb2_grpc.add_DocumentServiceServicer_to_server(documents, server)
    text_pb2_grpc.add_TextServiceServicer_to_server(TextService(database, published, now), server)
    terminal_pb2_grpc.add_TerminalServiceServicer_to_server(TerminalService(database, now), server)
    notice_pb2_grpc.add_NoticeServiceServicer_to_server(NoticeService(published, now), server)
    rating_pb2_grpc.add_RatingServiceServicer_to_server(RatingService(database, published, now), server)
    identity_pb2_grpc.add_IdentityServiceServicer_to_server(IdentityService(database, now), server)
