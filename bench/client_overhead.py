"""What `BackendClient` adds to a bare stub: typed results, checks of the answer, retries, balancing, a cache.

Both ask the same running backend, in turn, one call after another; the ratio of the medians is told. First as
doors ask: with a cache, in which an answer that comes again the same is not taken apart again. Then as where
every answer is another: each is parsed and checked.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import grpc
from huimin.v1 import catalog_pb2, catalog_pb2_grpc, form_pb2, form_pb2_grpc, policy_pb2, policy_pb2_grpc

from backend_client.cache import ReadCache
from backend_client.client import BackendClient
from deploy.parts import Part

ROUNDS = 400
WARM_UP = 50
TOGETHER = 32
"""Calls under way at once, for the second table."""
BATCHES = 21

Call = Callable[[], Awaitable[object]]


async def timed(call: Call) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    await call()
    return time.perf_counter() - began


async def medians(bare: Call, ours: Call) -> tuple[float, float]:
    """Median seconds of each, measured in turn, so that the machine treats both alike."""
    for _ in range(WARM_UP):
        await bare()
        await ours()
    pairs = [(await timed(bare), await timed(ours)) for _ in range(ROUNDS)]
    return statistics.median(b for b, _ in pairs), statistics.median(o for _, o in pairs)


async def rates(bare: Call, ours: Call) -> tuple[float, float]:
    """Calls a second of each with several under way: medians of batches made in turn."""

    async def batch(call: Call) -> float:
        began = time.perf_counter()
        await asyncio.gather(*(call() for _ in range(TOGETHER)))
        return TOGETHER / (time.perf_counter() - began)

    pairs = [(await batch(bare), await batch(ours)) for _ in range(BATCHES)]
    return statistics.median(b for b, _ in pairs), statistics.median(o for _, o in pairs)


async def measure(address: str) -> None:
    """Prints the tables."""
    cache = ReadCache()
    async with (
        BackendClient(address, cache=cache) as client,
        BackendClient(address) as bare_client,
        grpc.aio.insecure_channel(address) as channel,
    ):
        policies = policy_pb2_grpc.PolicyServiceStub(channel)
        forms = form_pb2_grpc.FormServiceStub(channel)
        catalog = catalog_pb2_grpc.CatalogServiceStub(channel)
        policy = (await client.list_policies(page_size=1)).items[0].name
        form = next(service.form for service in (await client.list_services()).items if service.form)

        def calls(ours: BackendClient) -> dict[str, tuple[Call, Call]]:
            return {
                "ListTopics": (
                    lambda: policies.ListTopics(policy_pb2.ListTopicsRequest()),
                    ours.list_topics,
                ),
                "ListPolicies": (
                    lambda: policies.ListPolicies(policy_pb2.ListPoliciesRequest(page_size=20)),
                    ours.list_policies,
                ),
                "GetPolicy": (
                    lambda: policies.GetPolicy(policy_pb2.GetPolicyRequest(name=policy)),
                    lambda: ours.get_policy(policy),
                ),
                "ListServices": (
                    lambda: catalog.ListServices(catalog_pb2.ListServicesRequest(page_size=50)),
                    ours.list_services,
                ),
                "GetForm": (
                    lambda: forms.GetForm(form_pb2.GetFormRequest(name=form)),
                    lambda: ours.get_form(form),
                ),
            }

        await _one_by_one("as doors do", calls(client))
        await _one_by_one("never the same", calls(bare_client))
        print(f"\n{f'{TOGETHER} at once':16} {'stub /s':>9} {'client /s':>9} {'ratio':>6}")
        for name, (bare, ours) in calls(client).items():
            of_stub, of_client = await rates(bare, ours)
            print(f"{name:16} {of_stub:9.0f} {of_client:9.0f} {of_stub / of_client:6.3f}")


async def _one_by_one(title: str, calls: dict[str, tuple[Call, Call]]) -> None:
    print(f"\n{title:16} {'stub ms':>9} {'client ms':>9} {'ratio':>6}")
    for name, (bare, ours) in calls.items():
        of_stub, of_client = await medians(bare, ours)
        print(f"{name:16} {of_stub * 1e3:9.3f} {of_client * 1e3:9.3f} {of_client / of_stub:6.3f}")


async def main() -> int:
    """Starts a backend with the demonstration content, measures, and stops it."""
    with tempfile.TemporaryDirectory() as folder:
        part = Part(
            "backend",
            [Part.command("huimin-backend"), "--listen", "127.0.0.1:0", "--data", Path(folder) / "data"],
            log=Path(folder) / "backend.log",
            environment={},
        )
        try:
            await part.start("huimin-backend")
            await measure(part.ready["huimin-backend"])
        finally:
            await part.stop()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
