"""What every long-running command can be observed by: figures and traces, in the settings of its room."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from prometheus_client import REGISTRY, CollectorRegistry
from pydantic import AfterValidator, Field

from foundation.address import check_address
from foundation.config import Settings
from foundation.metrics import Health, serving_metrics
from foundation.tracing import tracing


def _address_or_none(given: str) -> str:
    return check_address(given) if given else ""


class ObservedSettings(Settings):
    """Settings of a room whose command can be observed. Both are off where they are empty."""

    metrics: Annotated[str, AfterValidator(_address_or_none)] = ""
    """Host and port where Prometheus finds ``/metrics``, and whoever watches, ``/health``."""
    traces: Annotated[str, Field(pattern=r"^(https?://[^\s/]{1,253}(:[0-9]{1,5})?/?)?$")] = ""
    """OTLP collector that takes traces over gRPC, such as http://127.0.0.1:4317."""


@contextmanager
def observed(
    command: str,
    settings: ObservedSettings,
    *,
    registry: CollectorRegistry = REGISTRY,
    health: Health | None = None,
) -> Iterator[str]:
    """Is observed while the block runs; gives where the figures are, empty where they are off.

    registry: whose figures, where they are not the process's own; health: see `serving_metrics`. Raises
    ConfigError.
    """
    with (
        serving_metrics(settings.metrics, registry=registry, health=health) as address,
        tracing(command, settings.traces),
    ):
        yield address
