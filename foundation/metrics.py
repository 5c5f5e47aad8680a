"""Figures for a monitor, in Prometheus's text format over HTTP.

What is counted is declared where it is counted, with `prometheus_client`'s own classes; its registry is the
process's. Nothing personal is ever a label: labels have few values.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.simple_server import WSGIServer

from prometheus_client import start_http_server

from foundation.address import host_and_port
from foundation.config import ConfigError


@contextmanager
def serving_metrics(address: str) -> Iterator[str]:
    """Serves ``/metrics`` while the block runs; gives HOST:PORT, or an empty text where address is empty.

    Raises ConfigError where it cannot be listened there.
    """
    if not address:
        yield ""
        return
    host, port = host_and_port(address)
    try:
        started: tuple[WSGIServer, threading.Thread] = start_http_server(port, host)
    except OSError as error:
        raise ConfigError(f"metrics: {address}: {error.strerror}") from None
    server, thread = started
    try:
        yield f"{address.rpartition(':')[0]}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
