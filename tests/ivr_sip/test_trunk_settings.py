"""What a technician sets about the carrier, and the programs that the kernel runs for it."""

from __future__ import annotations

import socket
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.config import ConfigError, load
from ivr.settings import IvrSettings
from ivr.sip.carrier.guard import SO_ATTACH_FILTER, attach
from ivr.sip.carrier.networks import MOST_NETWORKS, Network, network, program

CARRIER = """
[ivr]
sip = "192.0.2.1:5060"

[ivr.trunk]
allow = ["198.51.100.0/24", "2001:db8::/32", "203.0.113.9"]
srtp = "offered"
session_expires = 1800

[ivr.limits]
caller_at_once = 3
"""


def tls(port: int) -> str:
    """The table that opens a port for TLS."""
    return f'[ivr.tls]\nlisten = "127.0.0.1:{port}"\ncertificate = "/c.pem"\nkey = "/k.pem"\n'


def settings(tmp_path: Path, text: str) -> IvrSettings:
    file = tmp_path / "huimin.toml"
    file.write_text(text)
    return load(IvrSettings, file)


def test_a_trunk_by_address_is_set_in_a_few_lines(tmp_path: Path) -> None:
    made = settings(tmp_path, CARRIER)
    assert [str(net) for net in made.trunk.allow] == ["198.51.100.0/24", "2001:db8::/32", "203.0.113.9/32"]
    assert made.limits.caller_at_once == 3
    assert not made.registration.registrar


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        ('allow = ["198.51.100.7/24"]', r"the network of that address is 198\.51\.100\.0/24"),
        ('allow = ["carrier.example"]', "neither an address nor a network such as"),
        ("allow = []", r"nobody may call; write the carrier's networks into ivr\.trunk\.allow"),
        ('allow = ["198.51.100.0/24"]\nsrtp = "required"', "needs TLS"),
        ('allow = ["198.51.100.0/24"]\nsrtp = "always"', "'off', 'offered' or 'required'"),
        ('allow = ["198.51.100.0/24"]\nsession_expires = 30', "greater than or equal to 90"),
        ('allow = ["198.51.100.0/24"]\nsilent_network = 1', "greater than or equal to 5"),
        (
            'allow = ["198.51.100.0/24"]\npublic_address = "0.0.0.0"',
            "no IPv4 address that others can send to",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_write(tmp_path: Path, changed: str, advice: str) -> None:
    with pytest.raises(ConfigError, match=advice):
        settings(tmp_path, f'[ivr]\nsip = "192.0.2.1:5060"\n[ivr.trunk]\n{changed}\n')


def test_several_workers_do_not_register_the_same_account(tmp_path: Path) -> None:
    account = '[ivr.registration]\nregistrar = "sip:c.example"\nuser = "1"\npassword = "x"\n'
    with pytest.raises(ConfigError, match="the proxy in front of them"):
        settings(tmp_path, f"[ivr]\nworkers = 2\n{account}")
    assert settings(tmp_path, f'[ivr]\nsip = "192.0.2.1:5060"\n{account}').registration.user == "1"


def test_each_worker_listens_for_tls_on_a_port_of_its_own(tmp_path: Path) -> None:
    made = settings(tmp_path, f"[ivr]\nworkers = 3\nworker = 3\n{tls(5161)}")
    assert made.worker_tls.listen == "127.0.0.1:5163"
    assert settings(tmp_path, tls(5061)).worker_tls.listen == "127.0.0.1:5061"
    last = settings(tmp_path, f'[ivr]\nsip = "127.0.0.1:5063"\nworkers = 4\nworker = 4\n{tls(5064)}')
    assert last.worker_tls.listen == "127.0.0.1:5067"
    with pytest.raises(ConfigError, match=r"choose 5160 for tls\.listen"):
        settings(tmp_path, f"[ivr]\nworkers = 3\n{tls(5061)}")
    with pytest.raises(ConfigError, match="no 3 ports from 65534"):
        settings(tmp_path, f"[ivr]\nworkers = 3\n{tls(65_534)}")


@pytest.mark.parametrize(
    "where",
    ['registrar = "sip:c.example;transport=tls"', 'registrar = "sip:c.example"\nproxy = "sips:p.example"'],
)
def test_who_registers_over_tls_says_by_whom_the_carrier_is_vouched_for(tmp_path: Path, where: str) -> None:
    account = f'[ivr.registration]\n{where}\nuser = "1"\npassword = "x"\n'
    for half in ("", tls(5061)):
        with pytest.raises(ConfigError, match="authorities, by which it is checked"):
            settings(tmp_path, account + half)
    whole = settings(tmp_path, f'{account}{tls(5061)}authorities = "/ca.pem"\n')
    assert whole.registration.over_tls


def passes(allowed: list[Network], sender: str, to: str) -> bool:
    """Whether the kernel hands a datagram from `sender` to a socket with the filter."""
    family = socket.AF_INET6 if ":" in to else socket.AF_INET
    with (
        socket.socket(family, socket.SOCK_DGRAM) as guarded,
        socket.socket(family, socket.SOCK_DGRAM) as peer,
    ):
        guarded.bind((to, 0))
        attach(guarded, SO_ATTACH_FILTER, program(allowed))
        peer.bind((sender, 0))
        peer.sendto(b"x", guarded.getsockname()[:2])
        guarded.setblocking(False)
        try:
            return guarded.recv(10) == b"x"
        except BlockingIOError:
            return False


@given(
    st.integers(1, 254),
    st.lists(st.tuples(st.integers(0, 255), st.integers(8, 32)), max_size=8),
    st.booleans(),
)
def test_the_kernel_lets_pass_whom_the_networks_hold(
    last: int, chosen: list[tuple[int, int]], with_six: bool
) -> None:
    """Python's `ipaddress` says who that is."""
    sender = f"127.0.0.{last}"
    nets: list[Network] = [ip_network(f"127.0.0.{byte}/{length}", strict=False) for byte, length in chosen]
    if with_six:
        nets.insert(0, network("2001:db8::/32"))
    expected = any(ip_address(sender) in net for net in nets)
    assert passes(nets, sender, "127.0.0.1") is expected


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        (["::1"], True),
        (["::/0"], True),
        (["::/127"], True),
        (["::/64", "2001:db8::/32"], True),
        (["2001:db8::/32", "fe80::/10", "::2"], False),
        (["0.0.0.0/0"], False),
        ([], False),
    ],
)
def test_networks_of_ipv6_are_told_apart_too(allowed: list[str], expected: bool) -> None:
    assert passes([network(net) for net in allowed], "::1", "::1") is expected


def test_as_many_networks_as_may_be_fit_into_the_kernel_and_more_are_refused() -> None:
    many = [network(f"2001:db8:{number:x}::1") for number in range(MOST_NETWORKS)]
    assert passes([*many[1:], network("::1")], "::1", "::1")
    with pytest.raises(ValueError, match="at most 128"):
        program([*many, network("::1")])
