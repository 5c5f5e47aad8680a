"""A door's life: invited, enrolled, renewed while it runs, shut, invited again."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from grpc_health.v1 import health_pb2, health_pb2_grpc
from huimin.v1 import door_pb2, door_pb2_grpc, policy_pb2, policy_pb2_grpc

from backend.doors import code as codes
from backend.doors.authority import MAX_REQUEST, Authority, read_request, serial_of
from backend.services.enrolment import address_of
from backend.storage import audit, doors
from backend_client import credentials as files
from backend_client import renewal
from backend_client.client import BackendClient
from backend_client.credentials import CredentialsUnusable, DoorCredentials
from backend_client.enrolment import Invitation, enrol, take_certificate, write_request
from backend_client.errors import BackendError, Denied, DoorRefused, NotSecure, TooManyTries
from foundation.pem import certificates_pem
from foundation.private_file import write_private
from tests.backend.house import failed
from tests.certificates import door_folder, new_authority, server_files
from tests.doors.running import Office, Ticking, office
from tests.postgres import BOTH

SHUT_SECONDS = 10.0
"""A door that was revoked is shut within two; this is for machines that have much else to do."""


def serial(credentials: DoorCredentials) -> int:
    return x509.load_pem_x509_certificate(credentials.chain).serial_number


async def reason(client: BackendClient) -> str:
    with pytest.raises(BackendError) as caught:
        await client.list_topics()
    return caught.value.reason


async def test_a_door_enrols_and_is_let_in(office: Office) -> None:
    credentials = await office.enrolled("hall-1")
    assert credentials.door == "hall-1"
    for file in (files.DOOR, files.AUTHORITY):
        assert stat.S_IMODE((credentials.folder / file).stat().st_mode) == 0o600
    assert not (credentials.folder / files.NEW_KEY).exists()
    assert "PRIVATE" not in repr(credentials)
    assert DoorCredentials.load(credentials.folder) == credentials
    async with office.client(credentials) as client:
        assert await client.list_topics()


async def shut(client: BackendClient) -> str:
    """Why a door is shut, which it has to be before long."""
    began = time.monotonic()
    while time.monotonic() - began < SHUT_SECONDS:
        try:
            await client.list_policies()
        except DoorRefused as error:
            return error.reason
        await asyncio.sleep(0.05)
    pytest.fail("the door is still open")


async def test_a_door_that_was_only_invited_is_unknown(office: Office, tmp_path: Path) -> None:
    await office.invite("hall-1")
    early = door_folder(tmp_path / "early", office.authority, "hall-1")
    async with office.client(early) as client:
        assert await reason(client) == "DOOR_UNKNOWN"


@BOTH
async def test_a_code_opens_once_but_again_for_the_same_key(office: Office, tmp_path: Path) -> None:
    invitation = await office.invite("hall-1")
    first = await enrol(invitation, tmp_path / "first")
    with pytest.raises(Denied, match="CODE_WRONG"):
        await enrol(invitation, tmp_path / "second")
    # The answer got lost: the key is where it was before it came, and asks again.
    key = load_pem_private_key(first.key, None)
    write_private(tmp_path / "first" / files.NEW_KEY, first.key)
    again = await enrol(invitation, tmp_path / "first")
    assert x509.load_pem_x509_certificate(again.chain).public_key() == key.public_key()
    async with office.client(again) as client:
        assert await client.list_topics()


async def test_codes_that_are_wrong_used_or_old_are_not_told_apart(tmp_path: Path) -> None:
    clock = Ticking()
    async with office(tmp_path, clock) as running:
        good = await running.invite("hall-1", hours=1)
        used = await running.invite("hall-2", hours=1)
        await enrol(used, tmp_path / "used")
        never = Invitation(good.enrolment, codes.shown(codes.new_code()), good.authority)
        clock.forward(hours=1)
        for number, invitation in enumerate((good, used, never)):
            with pytest.raises(Denied, match="CODE_WRONG"):
                await enrol(invitation, tmp_path / f"late-{number}")


async def test_a_new_invitation_makes_the_one_before_worthless(office: Office, tmp_path: Path) -> None:
    before, after = await office.invite("hall-1"), await office.invite("hall-1")
    with pytest.raises(Denied):
        await enrol(before, tmp_path / "before")
    assert (await enrol(after, tmp_path / "after")).door == "hall-1"


async def test_wrong_codes_have_to_wait_even_with_a_right_one(tmp_path: Path) -> None:
    clock = Ticking()
    async with office(tmp_path, clock) as running:
        right = await running.invite("hall-1")
        for text in ("?", "1234", "x" * 64, codes.new_code(), codes.shown(codes.new_code())):
            with pytest.raises(Denied, match="CODE_WRONG"):
                await enrol(Invitation(right.enrolment, text, right.authority), tmp_path / "guessing")
        with pytest.raises(TooManyTries) as caught:
            await enrol(right, tmp_path / "door")
        assert 0 < caught.value.retry_after <= 15 * 60
        clock.forward(minutes=16)
        assert (await enrol(right, tmp_path / "door")).door == "hall-1"


async def test_codes_that_are_not_looked_at_do_not_fill_the_audit_trail(office: Office) -> None:
    right = await office.invite("hall-1")
    der = files.request(files.pending_key(office.folder / "door")).public_bytes(Encoding.DER)
    trusting = grpc.ssl_channel_credentials(right.authority)
    reasons = []
    async with grpc.aio.secure_channel(right.enrolment, trusting) as channel:
        stub = door_pb2_grpc.EnrolmentServiceStub(channel)
        for _ in range(8):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.Enrol(door_pb2.EnrolRequest(code=codes.new_code(), certificate_request=der))
            reasons.append(failed(caught.value).reason)
    assert reasons == ["CODE_WRONG"] * 5 + ["TOO_MANY_TRIES"] * 3
    entries = await office.house.database.read(audit.entries)
    assert [kept.entry.outcome for kept in entries] == ["CODE_WRONG"] * 5


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:192.0.2.1:50000", "192.0.2.1"),
        ("ipv6:%5B2001:db8:1:2:3:4:5:6%5D:50000", "2001:db8:1:2::/64"),
        ("ipv6:[2001:db8:1:2::9]:50001", "2001:db8:1:2::/64"),
        ("ipv6:%5B::ffff:192.0.2.1%5D:50000", "192.0.2.1"),
        ("ipv6:%5B::1%5D:50000", "::/64"),
    ],
)
def test_wrong_codes_are_counted_by_the_network_of_a_house(peer: str, address: str) -> None:
    assert address_of(peer) == address


async def test_a_door_that_asks_for_certificates_on_and_on_fills_nothing(office: Office) -> None:
    credentials = await office.enrolled("hall-1")
    der = files.request(files.pending_key(office.folder / "door")).public_bytes(Encoding.DER)
    async with grpc.aio.secure_channel(office.house.address, credentials.channel_credentials()) as channel:
        stub = door_pb2_grpc.EnrolmentServiceStub(channel)
        for _ in range(doors.MAX_RECORDED + 4):
            answer = await stub.RenewCertificate(door_pb2.RenewCertificateRequest(certificate_request=der))
    known = (await office.house.database.read(doors.everyone, office.house.clock()))["doors/hall-1"]
    assert len(known.serials) == doors.MAX_RECORDED
    assert serial_of(x509.load_der_x509_certificate(answer.certificates[0])) in known.serials


async def test_codes_are_not_in_the_database(office: Office) -> None:
    invitation = await office.invite("hall-1")
    code = codes.typed(invitation.code)
    assert code
    assert code not in repr(invitation)
    kept = [file.read_bytes() for file in office.house.data.glob("huimin.sqlite3*")]
    assert any(b"doors/hall-1" in content for content in kept)
    assert not any(code.encode() in content or invitation.code.encode() in content for content in kept)


async def test_requests_for_certificates_are_bounded_and_of_one_kind(office: Office) -> None:
    invitation = await office.invite("hall-1")
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    other_key = builder.sign(rsa.generate_private_key(65537, 2048), SHA256()).public_bytes(Encoding.DER)
    forged = bytearray(files.request(files.pending_key(office.folder / "f")).public_bytes(Encoding.DER))
    forged[-1] ^= 1
    trusting = grpc.ssl_channel_credentials(invitation.authority)
    async with grpc.aio.secure_channel(invitation.enrolment, trusting) as channel:
        stub = door_pb2_grpc.EnrolmentServiceStub(channel)
        for request in (b"", b"nothing", other_key, bytes(forged), b"\x30" * (MAX_REQUEST + 1)):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.Enrol(door_pb2.EnrolRequest(code=invitation.code, certificate_request=request))
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert "certificate_request" in failed(caught.value).violations
    assert (await enrol(invitation, office.folder / "door")).door == "hall-1"  # the code was not used up


async def test_nothing_but_enrolling_is_offered_where_doors_enrol(office: Office) -> None:
    trusting = grpc.ssl_channel_credentials((await office.invite("hall-1")).authority)
    request = files.request(files.pending_key(office.folder / "k")).public_bytes(Encoding.DER)
    async with grpc.aio.secure_channel(office.enrolment, trusting) as channel:
        calls = [
            policy_pb2_grpc.PolicyServiceStub(channel).ListTopics(policy_pb2.ListTopicsRequest()),
            health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest()),
            door_pb2_grpc.EnrolmentServiceStub(channel).RenewCertificate(
                door_pb2.RenewCertificateRequest(certificate_request=request)
            ),
        ]
        for call in calls:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            assert caught.value.code() in (
                grpc.StatusCode.UNIMPLEMENTED,
                grpc.StatusCode.UNAUTHENTICATED,
                grpc.StatusCode.PERMISSION_DENIED,
            )


async def test_a_door_is_shut_within_two_seconds_on_an_open_line(office: Office) -> None:
    async with office.client(await office.enrolled("hall-1")) as client:
        assert await client.list_topics()
        await office.revoke("hall-1")
        assert await shut(client) == "DOOR_REVOKED"


@BOTH
async def test_a_door_that_was_shut_is_let_in_again_by_a_new_code_only(office: Office) -> None:
    stolen = await office.enrolled("hall-1", "stolen")
    open_code = await office.invite("hall-1")
    await office.revoke("hall-1")
    with pytest.raises(Denied):
        await enrol(open_code, office.folder / "thief")
    new = await office.enrolled("hall-1", "new")
    async with office.client(new) as client, office.client(stolen) as thief:
        assert await client.list_topics()
        assert await shut(thief) == "DOOR_REVOKED"


async def test_a_new_certificate_for_another_machine_shuts_out_the_one_before(office: Office) -> None:
    before, after = await office.enrolled("hall-1", "before"), await office.enrolled("hall-1", "after")
    async with office.client(after) as client, office.client(before) as replaced:
        assert await client.list_topics()
        assert await shut(replaced) == "DOOR_REVOKED"


async def test_a_stolen_enrolment_file_is_noticed_and_made_worthless(office: Office, tmp_path: Path) -> None:
    invitation = await office.invite("hall-1")
    thief = await enrol(invitation, tmp_path / "thief")
    async with office.client(thief) as client:
        assert await client.list_topics()
        with pytest.raises(Denied, match="CODE_WRONG"):  # the technician cannot enrol, and knows
            await enrol(invitation, tmp_path / "door")
        await office.revoke("hall-1")
        right = await office.enrolled("hall-1")
        assert await shut(client) == "DOOR_REVOKED"
    async with office.client(right) as client:
        assert await client.list_topics()


async def test_a_running_door_renews_itself_and_no_call_fails(tmp_path: Path) -> None:
    async with office(tmp_path, certificate_days=3 / 86_400) as running:
        first = await running.enrolled("hall-1")
        seen, calls = {serial(first)}, 0
        async with running.client(first) as client:
            while time.time() < first.not_after.timestamp() + 3:
                await asyncio.gather(client.list_topics(), client.list_policies())
                calls += 2
                seen.add(serial(DoorCredentials.load(first.folder)))
                await asyncio.sleep(0.02)
    assert len(seen) >= 3  # it lived for two lives of its first certificate
    assert calls > 50


async def test_a_long_call_under_way_outlives_the_change_of_credentials(tmp_path: Path) -> None:
    async with office(tmp_path) as running:
        credentials = await running.enrolled("hall-1")
        channel = grpc.aio.secure_channel(running.house.address, credentials.channel_credentials())
        watching = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        assert (await watching.read()).status == health_pb2.HealthCheckResponse.SERVING
        closing = asyncio.create_task(channel.close(5))  # as a connection does with the channel before
        await asyncio.sleep(0.2)
        assert not closing.done()
        watching.cancel()
        await asyncio.wait_for(closing, 3)


async def test_a_pair_that_another_tool_put_there_is_taken(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "LOOK", timedelta(seconds=0.1))
    first = await office.added("hall-1")
    async with office.client(first) as client:
        assert await client.list_topics()
        await office.revoke("hall-1")
        assert await shut(client) == "DOOR_REVOKED"
        second = await office.added("hall-2")
        for file in (files.AUTHORITY, files.DOOR):
            write_private(first.folder / file, (second.folder / file).read_bytes())
        await asyncio.sleep(0.5)
        assert await client.list_topics()


async def test_the_countys_own_authority_certifies_doors(tmp_path: Path) -> None:
    async with office(tmp_path, authority_key=None, enrol_listen="") as running:
        county = running.authority
        request = write_request(tmp_path / "door")
        csr = x509.load_pem_x509_csr(request.read_bytes())
        write_private(tmp_path / "signed.pem", signed(county, csr))
        write_private(tmp_path / "county.pem", certificates_pem([county.certificate]))
        credentials = take_certificate(tmp_path / "door", tmp_path / "signed.pem", tmp_path / "county.pem")
        assert not request.exists()
        async with running.client(credentials) as client:
            assert await reason(client) == "DOOR_UNKNOWN"
            await running.house.database.write(
                doors.add, "doors/hall-1", door_pb2.DOOR_KIND_TERMINAL, running.house.clock()
            )
            assert await client.list_topics()
        async with grpc.aio.secure_channel(
            running.house.address, credentials.channel_credentials()
        ) as channel:
            stub = door_pb2_grpc.EnrolmentServiceStub(channel)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.RenewCertificate(
                    door_pb2.RenewCertificateRequest(certificate_request=csr.public_bytes(Encoding.DER))
                )
            assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
            assert failed(caught.value).reason == "NO_AUTHORITY"


def signed(county: Authority, csr: x509.CertificateSigningRequest) -> bytes:
    """What a county's authority makes of a request."""
    key = read_request(csr.public_bytes(Encoding.DER))
    return certificates_pem([county.issue_door(key, "hall-1", datetime.now(UTC))])


async def test_a_certificate_of_another_request_is_not_taken(tmp_path: Path) -> None:
    county = new_authority()
    write_request(tmp_path / "door")
    other = files.request(files.pending_key(tmp_path / "other"))
    write_private(tmp_path / "signed.pem", signed(county, other))
    write_private(tmp_path / "county.pem", certificates_pem([county.certificate]))
    with pytest.raises(CredentialsUnusable) as caught:
        take_certificate(tmp_path / "door", tmp_path / "signed.pem", tmp_path / "county.pem")
    assert caught.value.problem == "credentials.not_a_pair"
    assert (tmp_path / "door" / files.NEW_KEY).exists()


async def test_doors_learn_of_a_second_authority_when_they_renew(tmp_path: Path) -> None:
    async with office(tmp_path, certificate_days=4 / 86_400) as running:
        second = new_authority("Second")
        credentials = await running.enrolled("hall-1")
        both = certificates_pem([second.certificate, running.authority.certificate])
        write_private(running.files.authority, both)
        async with running.client(credentials) as client:
            deadline = time.monotonic() + 5
            while DoorCredentials.load(credentials.folder).authority != both:
                assert time.monotonic() < deadline
                await client.list_topics()
                await asyncio.sleep(0.1)
            server_files(tmp_path / "next", second)
            for name in ("server-key.pem", "server.pem"):
                write_private(tmp_path / "tls" / name, (tmp_path / "next" / name).read_bytes())
            await asyncio.sleep(1)
        async with running.client(DoorCredentials.load(credentials.folder)) as client:
            assert await client.list_topics()
        left_behind = door_folder(tmp_path / "left", running.authority, "hall-1")
        async with running.client(left_behind) as client:
            with pytest.raises(NotSecure, match="BACKEND_UNTRUSTED"):
                await client.list_topics()


async def test_an_enrolling_door_checks_the_backend(office: Office, tmp_path: Path) -> None:
    invitation = await office.invite("hall-1")
    other = certificates_pem([new_authority().certificate])
    with pytest.raises(NotSecure, match="BACKEND_UNTRUSTED"):
        await enrol(Invitation(invitation.enrolment, invitation.code, other), tmp_path / "door")
    with pytest.raises(NotSecure, match="LINE_REFUSED"):
        await enrol(
            Invitation(office.house.address, invitation.code, invitation.authority), tmp_path / "door"
        )
    assert (await enrol(invitation, tmp_path / "door")).door == "hall-1"


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda folder: (folder / files.DOOR).unlink(), "credentials.none"),
        (lambda folder: (folder / files.DOOR).chmod(0o640), "credentials.open_to_others"),
        (lambda folder: (folder / files.DOOR).write_bytes(b"garbage"), "credentials.no_certificate"),
        (
            lambda folder: (folder / files.DOOR).write_bytes(b"x" * 300_000),
            "credentials.too_large",
        ),
        (lambda folder: (folder / files.AUTHORITY).unlink(), "credentials.unreadable"),
        (lambda folder: (folder / files.AUTHORITY).write_bytes(b""), "credentials.no_certificate"),
    ],
)
def test_files_that_are_not_whole_are_told(tmp_path: Path, damage: object, problem: str) -> None:
    door_folder(tmp_path, new_authority())
    assert callable(damage)
    damage(tmp_path)
    with pytest.raises(CredentialsUnusable) as caught:
        DoorCredentials.load(tmp_path)
    assert caught.value.problem == problem


STORING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from backend.doors.authority import Authority
from backend_client import credentials as files
folder, authority = Path(sys.argv[1]), Authority.make("Office", datetime.now(UTC))
while True:
    key = files.pending_key(folder)
    certificate = authority.issue_door(key.public_key(), "hall-1", datetime.now(UTC))
    files.store(folder, key, [certificate], [authority.certificate])
    print("stored", flush=True)
"""


async def test_a_power_cut_in_the_middle_of_a_renewal_leaves_a_pair(tmp_path: Path) -> None:
    """The real writing, killed at a moment that differs each time."""
    for round_number in range(4):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", STORING, tmp_path, stdout=asyncio.subprocess.PIPE, cwd=Path.cwd()
        )
        assert process.stdout
        await process.stdout.readline()
        await asyncio.sleep(0.004 * round_number)
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        credentials = DoorCredentials.load(tmp_path)
        assert credentials.door == "hall-1"
        own, trusted = (
            x509.load_pem_x509_certificate(pem) for pem in (credentials.chain, credentials.authority)
        )
        if own.issuer == trusted.subject:
            assert files.pending_key(tmp_path)  # and the next renewal goes on
