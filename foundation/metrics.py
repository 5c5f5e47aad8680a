"""Figures for a monitor, in Prometheus's text format over HTTP, and beside them whether the command is well.

What is counted is declared where it is counted, with `prometheus_client`'s own classes; its registry is the
process's. Nothing personal is ever a label: labels have few values.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIServer

from prometheus_client import REGISTRY, CollectorRegistry, make_wsgi_app, start_http_server

from foundation.address import host_and_port
from foundation.config import ConfigError


class Health:
    """Whether the command does what it is there for. Its owner sets `look`, which is called in any thread."""

    def __init__(self) -> None:
        self.look: Callable[[], bool] = lambda: False


@contextmanager
def serving_metrics(
    address: str, *, registry: CollectorRegistry = REGISTRY, health: Health | None = None
) -> Iterator[str]:
    """Serves ``/metrics`` while the block runs; gives HOST:PORT, or an empty text where address is empty.

    ``/health`` answers 200 while `health` is good, else 503; 200 always where there is none, since then being
    there is all there is to know. Raises ConfigError where it cannot be listened there.
    """
    if not address:
        yield ""
        return
    host, port = host_and_port(address)
    try:
        started: tuple[WSGIServer, threading.Thread] = start_http_server(port, host, registry)
    except OSError as error:
        raise ConfigError(f"metrics: {address}: {error.strerror}") from None
    server, thread = started
    server.set_app(_with_health(make_wsgi_app(registry), health))
    try:
        yield f"{address.rpartition(':')[0]}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _with_health(figures: Callable[..., Any], health: Health | None) -> Callable[..., Any]:
    """A WSGI application (PEP 3333)."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != "/health":
            return figures(environ, start_response)  # type: ignore[no-any-return]
        good = health is None or health.look()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
        start_response("200 OK" if good else "503 Service Unavailable", headers)
        return [b"serving\n" if good else b"not serving\n"]

    return application
