"""A registrar over UDP that lets in whoever knows the password (digest, RFC 3261, 22.4, and RFC 2617)."""

from __future__ import annotations

import asyncio
import hashlib
import re

REALM, NONCE = "county", "4f1c9a"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class Registrar(asyncio.DatagramProtocol):
    """Answers REGISTER: 401 first, then 200 for the right answer and 403 for any other."""

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._password = password
        self._transport: asyncio.DatagramTransport | None = None
        self.registered: asyncio.Queue[str] = asyncio.Queue()
        """The addresses that were let in, and an empty text for each that was not."""
        self.contact = ""
        """Where the one that was let in can be called."""

    async def listen(self) -> int:
        """Begins; on which port."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return int(self._transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        """Ends."""
        if self._transport:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = data.decode()
        if not request.startswith("REGISTER "):
            return
        answer, more = "401 Unauthorized", f'WWW-Authenticate: Digest realm="{REALM}", nonce="{NONCE}"\r\n'
        if given := dict(re.findall(r'(\w+)="?([^",\r]+)"?', _header(request, "Authorization"))):
            first = _md5(f"{self._user}:{REALM}:{self._password}")
            second = _md5(f"REGISTER:{given['uri']}")
            right = given["response"] == _md5(f"{first}:{NONCE}:{second}")
            answer, more = ("200 OK" if right else "403 Forbidden"), ""
            self.contact = re.sub(r"^<([^;>]*).*", r"\1", _header(request, "Contact"))
            self.registered.put_nowait(_header(request, "To") if right else "")
        kept = "".join(f"{name}: {_header(request, name)}\r\n" for name in ("Via", "From", "Call-ID", "CSeq"))
        contact = f"Contact: {_header(request, 'Contact')}\r\n" if answer == "200 OK" else ""
        said = f"SIP/2.0 {answer}\r\n{kept}To: {_header(request, 'To')};tag=1\r\n{contact}{more}"
        assert self._transport
        self._transport.sendto(f"{said}Content-Length: 0\r\n\r\n".encode(), addr)


def _header(request: str, name: str) -> str:
    found = re.search(rf"^{name}: *(.*?)\r?$", request, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""
