"""Lookups: offered or not, which is the county's choice; where they are, as the contract says."""

from __future__ import annotations

import grpc
from huimin.v1 import catalog_pb2, lookup_pb2, lookup_pb2_grpc

from backend.conformance.trial import SECONDS, Demands, NotTried, Refused, Server, need, refused
from backend_client.forms.lookup import Lookup
from backend_client.forms.lookup_wire import lookup_from_proto

MAX_LOOKED_AT = 50
lookup_demands = Demands("lookup")


@lookup_demands.demand("lookups")
async def _every_lookup(server: Server) -> None:
    """Whatever the catalogue names can be asked."""
    for lookup in await _lookups(server):
        need(lookup.revision, f"{lookup.name}.revision")


@lookup_demands.demand("unknown")
async def _unknown(server: Server) -> None:
    await _offered(server)
    stub = _stub(server)
    nobody, revision = "lookups/conformance-nothing", "1"
    await refused(
        stub.GetLookup(lookup_pb2.GetLookupRequest(name=nobody), timeout=SECONDS),
        "NOT_FOUND",
        "LOOKUP_UNKNOWN",
    )
    await refused(
        stub.RunLookup(lookup_pb2.RunLookupRequest(name=nobody, revision=revision), timeout=SECONDS),
        "NOT_FOUND",
        "LOOKUP_UNKNOWN",
    )


@lookup_demands.demand("personal")
async def _personal(server: Server) -> None:
    """A personal lookup tells nobody anything who has not said who they are."""
    for lookup in await _lookups(server):
        if lookup.personal:
            request = lookup_pb2.RunLookupRequest(name=lookup.name, revision=lookup.revision)
            await refused(
                _stub(server).RunLookup(request, timeout=SECONDS), "UNAUTHENTICATED", "SESSION_NEEDED"
            )


@lookup_demands.demand("changed")
async def _changed(server: Server) -> None:
    """Nobody answers questions that have changed meanwhile."""
    for lookup in await _lookups(server):
        if not lookup.personal:
            request = lookup_pb2.RunLookupRequest(name=lookup.name, revision=f"not-{lookup.revision}")
            await refused(
                _stub(server).RunLookup(request, timeout=SECONDS), "FAILED_PRECONDITION", "LOOKUP_CHANGED"
            )


async def _lookups(server: Server) -> list[Lookup]:
    """Those that the catalogue names. Raises NotTried where the server offers none."""
    await _offered(server)
    request = catalog_pb2.ListServicesRequest(kind=catalog_pb2.SERVICE_KIND_LOOKUP, page_size=MAX_LOOKED_AT)
    found = []
    for service in (await server.catalog.ListServices(request, timeout=SECONDS)).services:
        need(service.lookup, f"{service.name}.lookup")
        answer = await _stub(server).GetLookup(
            lookup_pb2.GetLookupRequest(name=service.lookup), timeout=SECONDS
        )
        need(answer.lookup.name == service.lookup, f"{service.lookup}.name")
        found.append(lookup_from_proto(answer.lookup))
    return found


async def _offered(server: Server) -> None:
    try:
        await _stub(server).GetLookup(lookup_pb2.GetLookupRequest(), timeout=SECONDS)
    except grpc.aio.AioRpcError as error:
        if Refused.of(error).code == "UNIMPLEMENTED":
            raise NotTried("not_offered") from None


def _stub(server: Server) -> lookup_pb2_grpc.LookupServiceAsyncStub:
    return lookup_pb2_grpc.LookupServiceStub(server.channel)
