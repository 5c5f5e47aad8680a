"""The line signs in at a carrier: the real Kamailio, which wants a password."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr, ValidationError

from ivr.line import Line
from ivr.sip.carrier.networks import MOST_NETWORKS, Network, network
from ivr.sip.carrier.registration import MOST_ADDRESSES, Registrar
from ivr.sip.carrier.trunk import MOST_ALLOWED, MOST_SOUND, Registration, Trunk
from ivr.sip.library import ListenFailed
from tests.end_to_end import sipp
from tests.ivr_sip import carrier as carriers
from tests.ivr_sip.carrier import carrier
from tests.ivr_sip.conftest import Answering, until
from tests.ports import free_port


def account(registrar: str, **more: object) -> Registration:
    return Registration.model_validate(
        {"registrar": registrar, "user": carriers.USER, "password": carriers.PASSWORD, "retry": 1} | more
    )


def registered() -> float:
    return REGISTRY.get_sample_value("huimin_ivr_registered") or 0.0


async def until_key(line: Line) -> None:
    await line.next_key()


CALL = [sipp.INVITE, sipp.ACKNOWLEDGE, sipp.keys("1"), sipp.HUNG_UP]


async def test_calls_come_through_the_carrier_from_the_moment_the_line_has_signed_in(
    answering: Answering, tmp_path: Path
) -> None:
    """Only what the carrier's name stands for may call, though nothing is allowed by address."""
    password = tmp_path / "password"
    password.write_text(carriers.PASSWORD + "\n")
    password.chmod(0o600)
    async with carrier(tmp_path) as address:
        refused = await sipp.call(tmp_path, address, [sipp.INVITE, sipp.part("refused", status="404")])
        assert refused.code == 0, refused.errors
        settings = account(address, password="", password_file=password)
        # The allow list names somebody else: the registrar's addresses are let in besides.
        trunk = Trunk(allow=(network("192.0.2.1"),))
        async with answering(until_key, trunk=trunk, registration=settings) as endpoint:
            await until(lambda: endpoint.registered)
            assert registered() == 1
            called = await sipp.call(tmp_path, address, CALL)
            assert called.code == 0, called.errors
            await endpoint.drain()
            assert registered() == 0
            gone = await sipp.call(tmp_path, address, [sipp.INVITE, sipp.part("refused", status="404")])
            assert gone.code == 0, "the carrier still sends calls to a line that ends"


async def test_a_carrier_that_comes_late_or_forgets_us_is_signed_in_at_again(
    answering: Answering, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    async with answering(until_key, registration=account(f"sip:127.0.0.1:{port}")) as endpoint:
        async with carrier(tmp_path, port):
            await until(lambda: endpoint.registered, 40)
        async with carrier(tmp_path, port) as address:
            async with asyncio.timeout(30):
                while (await sipp.call(tmp_path, address, CALL)).code:  # noqa: ASYNC110 (the carrier does not tell)
                    await asyncio.sleep(0.3)
    assert carriers.PASSWORD not in "".join(capfd.readouterr())


async def test_a_wrong_password_is_said_in_the_log_and_the_line_goes_on(
    answering: Answering, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said = ""
    async with (
        carrier(tmp_path) as address,
        answering(until_key, registration=account(address, password="wrong-7")) as endpoint,
    ):

        def told() -> bool:
            nonlocal said
            said += "".join(capfd.readouterr())
            return "registration_failed" in said

        await until(told)
        assert not endpoint.registered
        direct = await sipp.call(tmp_path, endpoint.address, CALL)
        assert direct.code == 0, direct.errors
    assert "look at user, auth_user and password" in said
    assert "wrong-7" not in said


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"registrar": "sip:carrier.example"}, "user = the number the carrier gave you"),
        ({"registrar": "sip:carrier.example", "user": "1"}, "put it into a file and write password_file"),
        ({"user": "1", "password": "x"}, "an account without a registrar"),
        ({"registrar": "carrier.example"}, "write one such as sip:"),
        (
            {"registrar": "sip:c.example", "user": "1", "password": "x", "password_file": "/x"},
            "leave one of them out",
        ),
        ({"registrar": "sip:c.example", "user": "1", "password": "x", "expires": 10}, "60"),
    ],
)
def test_half_an_account_is_refused_with_what_is_missing(wrong: dict[str, object], advice: str) -> None:
    with pytest.raises(ValidationError, match=advice):
        Registration.model_validate(wrong)


async def test_a_password_file_that_cannot_be_used_is_named(answering: Answering, tmp_path: Path) -> None:
    empty, public = tmp_path / "empty", tmp_path / "public"
    empty.touch(0o600)
    public.touch(0o644)
    for file, reason in (
        (empty, "holds no password"),
        (public, "run chmod 600"),
        (tmp_path / "none", "No such file"),
    ):
        settings = account("sip:127.0.0.1:5999", password="", password_file=file)
        with pytest.raises(ListenFailed, match=reason):
            async with answering(until_key, registration=settings):
                pass


async def test_a_name_with_any_number_of_addresses_leaves_room_in_the_filter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def many(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", (f"198.51.100.{number}", 0)) for number in range(200)]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", many)
    found: list[Network] = []
    await Registrar(account("sip:carrier.example"), found.extend)._look_up()
    assert len(found) == MOST_ADDRESSES
    assert MOST_ALLOWED + MOST_SOUND + MOST_ADDRESSES + 1 <= MOST_NETWORKS


def test_the_password_is_shown_nowhere() -> None:
    settings = account("sip:carrier.example")
    assert carriers.PASSWORD not in repr(settings)
    assert isinstance(settings.password, SecretStr)
