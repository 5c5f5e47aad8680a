"""Addresses of a backend, as they stand in a configuration."""

from __future__ import annotations

import pytest

from backend_client.target import check_target


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1:50051",
        "backend.county.example:443",
        "[::1]:50051",
        "ipv4:192.0.2.1:50051,192.0.2.2:50051",
        "dns:///backend.example:50051",
        "unix:/run/huimin.sock",
    ],
)
def test_what_grpc_can_connect_to_is_taken(text: str) -> None:
    assert check_target(f" {text} ") == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "127.0.0.1",
        ":50051",
        "host:",
        "host:0",
        "host:65536",
        "http://host:50051",
        "a b:1",
        "h" * 250 + ":50051",
    ],
)
def test_what_it_cannot_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as 127\.0\.0\.1:50051"):
        check_target(text)
