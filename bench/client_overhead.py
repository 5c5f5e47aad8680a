"""What `BackendClient` adds to a bare stub: typed results, checks of the answer, retries, round robin.

Both ask the same running backend, in turn, one call after another; the ratio of the medians is told.
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
    """Prints both tables."""
    async with BackendClient(address) as client, grpc.aio.insecure_channel(address) as channel:
        policies = policy_pb2_grpc.PolicyServiceStub(channel)
        forms = form_pb2_grpc.FormServiceStub(channel)
        catalog = catalog_pb2_grpc.CatalogServiceStub(channel)
        policy = (await client.list_policies(page_size=1)).items[0].name
        form = next(service.form for service in (await client.list_services()).items if service.form)
        calls: dict[str, tuple[Call, Call]] = {
            "ListTopics": (
                lambda: policies.ListTopics(policy_pb2.ListTopicsRequest()),
                client.list_topics,
            ),
            "ListPolicies": (
                lambda: policies.ListPolicies(policy_pb2.ListPoliciesRequest(page_size=20)),
                client.list_policies,
            ),
            "GetPolicy": (
                lambda: policies.GetPolicy(policy_pb2.GetPolicyRequest(name=policy)),
                lambda: client.get_policy(policy),
            ),
            "ListServices": (
                lambda: catalog.ListServices(catalog_pb2.ListServicesRequest(page_size=50)),
                client.list_services,
            ),
            "GetForm": (
                lambda: forms.GetForm(form_pb2.GetFormRequest(name=form)),
                lambda: client.get_form(form),
            ),
        }
        print(f"{'one by one':14} {'stub ms':>9} {'client ms':>9} {'ratio':>6}")
        for name, (bare, ours) in calls.items():
            of_stub, of_client = await medians(bare, ours)
            print(f"{name:14} {of_stub * 1e3:9.3f} {of_client * 1e3:9.3f} {of_client / of_stub:6.3f}")
        print(f"\n{f'{TOGETHER} at once':14} {'stub /s':>9} {'client /s':>9} {'ratio':>6}")
        for name, (bare, ours) in calls.items():
            of_stub, of_client = await rates(bare, ours)
            print(f"{name:14} {of_stub:9.0f} {of_client:9.0f} {of_stub / of_client:6.3f}")


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
