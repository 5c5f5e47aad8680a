"""Encrypted signalling and sound, with baresip at the other end, and certificates of a technician's."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import pjsua2 as pj
import pytest
from pydantic import ValidationError

from ivr.line import Line
from ivr.sip.carrier.networks import network
from ivr.sip.carrier.transport import knows_tls_1_3
from ivr.sip.carrier.trunk import Srtp, Tls, Trunk
from ivr.sip.library import ListenFailed
from tests.end_to_end.baresip import Baresip
from tests.ivr_sip.certificates import Authority
from tests.ivr_sip.conftest import Answering, tone, until
from tests.ivr_sip.raw_caller import calling
from tests.ivr_sip.wire import offer, request, wire
from tests.ports import free_port


def encrypted(directory: Path, **more: object) -> tuple[Tls, Authority]:
    authority = Authority(directory)
    certificate, key = authority.issue()
    listen = f"127.0.0.1:{free_port()}"
    return Tls.model_validate({"listen": listen, "certificate": certificate, "key": key} | more), authority


async def until_key(line: Line) -> None:
    key = await line.next_key()
    await line.play([tone("tone.short")] if key == "5" else [])


@pytest.mark.parametrize(
    ("srtp", "phone"),
    [(Srtp.OFF, ""), (Srtp.OFFERED, "srtp"), (Srtp.REQUIRED, "srtp-mand")],
)
async def test_a_real_phone_calls_over_tls(
    answering: Answering, tmp_path: Path, srtp: Srtp, phone: str
) -> None:
    tls, authority = encrypted(tmp_path)
    certificate, key = authority.issue("phone")
    both = tmp_path / "phone-both.pem"
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    configuration = f"sip_cafile {authority.file}\nsip_certificate {both}\n"
    configuration += "module srtp.so\n" if phone else ""
    async with (
        answering(until_key, tls=tls, trunk=Trunk(srtp=srtp)),
        Baresip(
            tmp_path / "phone", transport="tls", encryption=phone, configuration=configuration
        ) as baresip,
    ):
        await baresip.call(f"sip:{tls.listen};transport=tls")
        await baresip.press("5")
        await baresip.ended()
    log = (baresip.directory / "log").read_text(errors="replace")
    assert ("SRTP is Enabled" in log) == bool(phone), log
    heard = baresip.heard()
    times = heard.loud_times()
    assert times[-1] - times[0] == pytest.approx(0.6, abs=0.25)
    assert heard.share_of(700.0, times[0] + 0.1, times[-1] - 0.1) > 0.8


SAVP = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n"


@pytest.mark.parametrize(
    ("srtp", "body", "status"),
    [
        (Srtp.OFF, offer(40_000, "RTP/SAVP", SAVP), "488"),
        (Srtp.OFFERED, offer(40_000), "200"),
        (Srtp.OFFERED, offer(40_000, "RTP/SAVP", SAVP), "200"),
        (Srtp.REQUIRED, offer(40_000), "4"),
        (Srtp.REQUIRED, offer(40_000, "RTP/SAVP", SAVP), "4"),
    ],
)
async def test_sound_is_encrypted_as_the_technician_wants_it(
    answering: Answering, srtp: Srtp, body: str, status: str
) -> None:
    """The last one comes without TLS: whoever listens would have the keys too."""
    async with answering(until_key, trunk=Trunk(srtp=srtp)) as endpoint, wire() as caller:
        caller.send(request("INVITE", endpoint.address, sent_by=caller.address, body=body), endpoint.address)
        answer = await caller.status()
        assert answer.startswith(f"SIP/2.0 {status}"), answer
        if status == "200":
            assert ("a=crypto:" in answer) == ("SAVP" in body)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
async def test_old_tls_is_refused_and_the_build_s_own_newest_is_spoken(
    answering: Answering, tmp_path: Path
) -> None:
    tls, authority = encrypted(tmp_path)
    host, _, port = tls.listen.rpartition(":")

    async def version(highest: ssl.TLSVersion) -> str | None:
        context = ssl.create_default_context(cafile=str(authority.file))
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = highest
        context.set_ciphers("ALL:@SECLEVEL=0")
        _, writer = await asyncio.open_connection(host, int(port), ssl=context)
        spoken: str | None = writer.get_extra_info("ssl_object").version()
        writer.close()
        return spoken

    async with answering(until_key, tls=tls):
        newest = "TLSv1.3" if knows_tls_1_3(pj.Endpoint.instance()) else "TLSv1.2"
        assert await version(ssl.TLSVersion.MAXIMUM_SUPPORTED) == newest
        with pytest.raises(OSError):
            await version(ssl.TLSVersion.TLSv1_1)


async def test_strangers_do_not_reach_the_encrypted_port_either(answering: Answering, tmp_path: Path) -> None:
    tls, _ = encrypted(tmp_path)
    host, _, port = tls.listen.rpartition(":")
    async with answering(until_key, tls=tls, trunk=Trunk(allow=(network("127.0.0.1"),))):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await asyncio.open_connection(host, int(port), local_addr=("127.0.0.2", 0))


async def test_who_must_show_a_certificate_and_has_none_cannot_call(
    answering: Answering, tmp_path: Path
) -> None:
    tls, authority = encrypted(tmp_path)
    tls = tls.model_copy(update={"authorities": authority.file, "require_certificate": True})
    host, _, port = tls.listen.rpartition(":")

    async def answered(context: ssl.SSLContext) -> bool:
        try:
            reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
            writer.write(request("OPTIONS", f"sip:{tls.listen}", transport="TLS"))
            answer = await asyncio.wait_for(reader.read(100), 3)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return answer.startswith(b"SIP/2.0 200")

    async with answering(until_key, tls=tls):
        nobody = ssl.create_default_context(cafile=str(authority.file))
        known = ssl.create_default_context(cafile=str(authority.file))
        known.load_cert_chain(*authority.issue("carrier"))
        stranger = ssl.create_default_context(cafile=str(authority.file))
        stranger.load_cert_chain(*Authority(tmp_path, "other").issue("other-carrier"))
        assert await answered(known)
        assert not await answered(nobody)
        assert not await answered(stranger)


def expired(directory: Path) -> dict[str, Path]:
    certificate, key = Authority(directory).issue(days=(-9, -1))
    return {"certificate": certificate, "key": key}


def not_yet(directory: Path) -> dict[str, Path]:
    certificate, key = Authority(directory).issue(days=(1, 9))
    return {"certificate": certificate, "key": key}


def anothers_key(directory: Path) -> dict[str, Path]:
    authority = Authority(directory)
    return {"certificate": authority.issue("one")[0], "key": authority.issue("two")[1]}


def locked(directory: Path) -> dict[str, Path]:
    certificate, key = Authority(directory).issue(passphrase=b"x")
    return {"certificate": certificate, "key": key}


def public(directory: Path) -> dict[str, Path]:
    certificate, key = Authority(directory).issue()
    key.chmod(0o644)
    return {"certificate": certificate, "key": key}


def swapped(directory: Path) -> dict[str, Path]:
    certificate, key = Authority(directory).issue()
    return {"certificate": key, "key": certificate}


def missing(directory: Path) -> dict[str, Path]:
    return {"certificate": directory / "none.pem", "key": directory / "none.pem"}


@pytest.mark.parametrize(
    ("files", "advice"),
    [
        (expired, r"it ended on \d{4}-\d\d-\d\d; ask for a new one"),
        (not_yet, "is the clock of this machine right"),
        (anothers_key, r"two-key\.pem: it is not the key of .*one\.pem"),
        (locked, "it has a passphrase; write it without one"),
        (public, "others may read it; run chmod 600"),
        (swapped, "no certificate in PEM"),
        (missing, "No such file"),
    ],
)
async def test_files_that_do_not_fit_are_named_with_what_to_do(
    answering: Answering, tmp_path: Path, files: Callable[[Path], dict[str, Path]], advice: str
) -> None:
    tls = Tls.model_validate({"listen": f"127.0.0.1:{free_port()}"} | files(tmp_path))
    with pytest.raises(ListenFailed, match=advice):
        async with answering(until_key, tls=tls):
            pass


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"listen": "127.0.0.1:5061"}, "write certificate and key = their files"),
        ({"certificate": "/c.pem"}, "write listen = 'HOST:5061'"),
        ({"authorities": "/ca.pem"}, "write listen = 'HOST:5061'"),
        ({"listen": "somewhere"}, "write an IPv4 address and a port"),
        (
            {"listen": "127.0.0.1:1", "certificate": "/c", "key": "/k", "require_certificate": True},
            "needs authorities",
        ),
    ],
)
def test_half_of_the_settings_are_refused_with_what_is_missing(wrong: dict[str, object], advice: str) -> None:
    with pytest.raises(ValidationError, match=advice):
        Tls.model_validate(wrong)


async def test_the_line_can_be_opened_again_after_it_could_not(answering: Answering, tmp_path: Path) -> None:
    with pytest.raises(ListenFailed):
        async with answering(
            until_key, tls=Tls.model_validate({"listen": "127.0.0.1:1"} | missing(tmp_path))
        ):
            pass
    async with answering(until_key) as endpoint, calling(endpoint.address) as caller:
        await caller.invite()
        await until(lambda: endpoint.calls == 1)
