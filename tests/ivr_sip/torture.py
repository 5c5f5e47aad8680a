"""The torture messages of RFC 4475, by its names for them: each with the trait that its clause describes.

They are built for the line under test, since a message for somebody else would be put aside before the trait
is looked at. What the RFC sends to ``example.com`` goes to `line` here, and what comes from there from `peer`.
"""
# ruff: noqa: E501 (the messages have lines of that length)

from __future__ import annotations

from collections.abc import Iterator

SDP = (
    "v=0\r\no=- 29739 7272939 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    "m=audio 49217 RTP/AVP 0 12\r\nm=video 3227 RTP/AVP 31\r\na=rtpmap:31 LPC\r\n"
)


def messages(line: str, peer: str) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each message. line: HOST:PORT of the line; peer: where its answers are to go."""
    to = f"sip:user@{line}"
    number = 0

    def message(start: str, *headers: str, without: str = "", body: str = "", length: str = "") -> bytes:
        """A start line, what every message has unless it is given or is in `without`, and the body."""
        nonlocal number
        number += 1
        method = start.partition(" ")[0] if not start.startswith("SIP/") else "INVITE"
        usual = {
            "Via": f"SIP/2.0/UDP {peer};branch=z9hG4bKtorture{number};rport",
            "Max-Forwards": "70",
            "To": f"<{to}>",
            "From": f"<sip:caller@{peer}>;tag=torture{number}",
            "Call-ID": f"torture{number}@{peer}",
            "CSeq": f"8 {method}",
            "Contact": f"<sip:caller@{peer}>",
            "Content-Type": "application/sdp" if body else "",
            "Content-Length": length or str(len(body.encode())),
        }
        given = {header.partition(":")[0].strip().lower() for header in headers}
        given |= {_LONG.get(name, name) for name in given} | set(without.lower().split())
        lines = [f"{name}: {value}" for name, value in usual.items() if value and name.lower() not in given]
        return ("\r\n".join([start, *lines, *headers, "", ""]) + body).encode()

    def invite(*headers: str, uri: str = to, body: str = SDP, **more: str) -> bytes:
        return message(f"INVITE {uri} SIP/2.0", *headers, body=body, **more)

    def options(*headers: str, uri: str = to, body: str = "", **more: str) -> bytes:
        return message(f"OPTIONS {uri} SIP/2.0", *headers, body=body, **more)

    def register(*headers: str) -> bytes:
        return message(f"REGISTER sip:{line} SIP/2.0", *headers)

    # 3.1.1: valid
    yield (
        "wsinv",
        invite(
            f"TO :\r\n sip:user@{line} ;   tag    = 1918181833n",
            f'from   : "Caller \\\\\\""       <sip:caller@{peer}>\r\n  ;\r\n  tag = 98asjd8',
            "MaX-fOrWaRdS: 0068",
            "cseq: 0009\r\n  INVITE",
            f"Via  : SIP  /   2.0\r\n /UDP\r\n    {peer};rport;branch=390skdjuw",
            "s :",
            "NewFangledHeader:   newfangled value\r\n continued newfangled value",
            "UnknownHeaderWithUnusualValue: ;;,,;;,;",
            f"v:  SIP  / 2.0  / TCP     {peer}   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  {peer}",
            f'm:"Quoted string \\"\\"" <sip:caller@{peer}> ; newparam =\r\n      newvalue ;\r\n  secondparam ; q = 0.33',
        ),
    )
    odd = "!interesting-Method0123456789_*+`.%indeed'~"
    yield (
        "intmeth",
        message(
            f"{odd} sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@{line} SIP/2.0",
            f"CSeq: 139122385 {odd}",
            f'To: "BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:1_unusual.URI~(to-be!sure)@{line}>',
            f"From: token1~` token2'+_ token3*%!.- <sip:mundane@{peer}>;fromParam''~+*_!.-%=\"работающий\";tag=_t~1'+`*%!-.",
            "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
            "extensionHeader-!.%*+_`'~:\ufeff大停電",
        ),
    )
    yield (
        "esc01",
        invite(
            f"To: sip:%75se%72@{line}",
            f"Contact:\r\n  <sip:cal%6Cer@{peer};%6C%72;n%61me=v%61lue%25%34%31>",
            uri=f"sip:sips%3Auser%40example.com@{line}",
        ),
    )
    yield (
        "escnull",
        register(
            f"To: sip:null-%00-null@{line}",
            f"Contact: <sip:%00@{peer}>",
            f"Contact: <sip:%00%00@{peer}>",
            "L:0",
        ),
    )
    yield (
        "esc02",
        message(
            f"RE%47IST%45R sip:{line} SIP/2.0",
            f'To: "%Z%45" <sip:resource@{line}>',
            f"Via: SIP/2.0/UDP {peer};rport;branch=z9hG4bK209%fzsnel234",
            f"C%6Fntact: <sip:alias2@{peer}>",
        ),
    )
    yield "lwsdisp", options(f"From: caller<sip:caller@{peer}>;tag=323")
    long = "long" * 40
    yield (
        "longreq",
        invite(
            f'To: "I have a user name of {"extreme" * 20} proportion"<sip:user@{line};unknown={long};{long}=x;{long}>',
            f"F: sip:{'amazinglylongcallername' * 6}@{peer};tag=12{'982' * 60}24;{long}={long};{long}",
            f"Call-ID: longreq.one{'really' * 30}longcallid",
            f"Unknown-{long}-Name: unknown-{long}-value; unknown-{long}-parameter-name = unknown-{long}-value",
            f"Via: SIP/2.0/UDP {peer};rport;branch=z9hG4bK{long}",
            *(f"v: SIP/2.0/TCP sip{number}.example.com" for number in range(33, 0, -1)),
        ),
    )
    yield "dblreq", register() + invite()
    yield "semiuri", options(uri=f"sip:user;par=u%40example.net@{line}")
    yield (
        "transports",
        options(
            f"Via: SIP/2.0/UDP {peer};branch=z9hG4bKkdjuw;rport",
            "Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf",
            "Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj",
            "Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en",
            "Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee",
        ),
    )
    parts = (
        "--7a9cbec02ceef655\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\nHello\r\n"
        "--7a9cbec02ceef655\r\nContent-Type: application/octet-stream\r\n\r\n0\x82\x01R\x06\t*\x00\r\n"
        "--7a9cbec02ceef655--\r\n"
    )
    yield (
        "mpart01",
        message(
            f"MESSAGE {to} SIP/2.0", "Content-Type: multipart/mixed;boundary=7a9cbec02ceef655", body=parts
        ),
    )
    response = "SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое"
    yield "unreason", message(response, body=SDP)
    yield "noreason", message("SIP/2.0 100 ")

    # 3.1.2: invalid
    yield "badinv01", invite(f"Via: SIP/2.0/UDP {peer};;,;,,", f'Contact: "Joe" <sip:joe@{peer}>;;;;')
    yield "clerr", invite(length="9999")
    yield "ncl", invite(length="-999")
    yield (
        "scalar02",
        message(
            f"REGISTER sip:{line} SIP/2.0",
            "CSeq: 36893488147419103232 REGISTER",
            "Max-Forwards: 300",
            f"Expires: 1{'0' * 100}",
            f"Contact: <sip:user@{peer}>\r\n  ;expires=280297596632815",
        ),
    )
    yield (
        "scalarlg",
        message(
            "SIP/2.0 503 Service Unavailable",
            "CSeq: 9292394834772304023312 OPTIONS",
            "Retry-After: 949302838503028349304023988",
            'Warning: 1812 overture "In Progress"',
        ),
    )
    yield "quotbal", invite(f'To: "Mr. J. User <sip:j.user@{line}>')
    yield "ltgtruri", invite(uri=f"<{to}>")
    yield "lwsruri", invite(uri=f"{to}; lr")
    yield "lwsstart", message(f"INVITE  {to}  SIP/2.0", body=SDP)
    yield "trws", message(f"OPTIONS {to} SIP/2.0  ")
    yield "escruri", invite(uri=f"{to}?Route=%3Csip:example.com%3E")
    yield "baddate", invite("Date: Fri, 01 Jan 2010 16:00:00 EST")
    yield "regbadct", register(f"Contact: sip:user@{peer}?Route=%3Csip:sip.example.com%3E")
    yield "badaspec", options(f'To: "Watson, Thomas" < {to} >')
    yield "baddn", options(f"From: Bell, Alexander <sip:a.g.bell@{peer}>;tag=43")
    yield "badvers", message(f"OPTIONS {to} SIP/7.0", f"Via: SIP/7.0/UDP {peer};branch=z9hG4bKkdjuw")
    yield "mismatch01", options("CSeq: 8 INVITE")
    yield "mismatch02", message(f"NEWMETHOD {to} SIP/2.0", "CSeq: 8 INVITE", body=SDP)
    yield "bigcode", message("SIP/2.0 4294967301 better not break the receiver")

    # 3.2: the transaction layer
    yield "badbranch", options(f"Via: SIP/2.0/UDP {peer};branch=z9hG4bK;rport")

    # 3.3: the application layer
    yield "insuf", invite(without="To From Call-ID Max-Forwards Contact")
    yield "unkscm", options(uri="nobodyKnowsThisScheme:totallyopaquecontent")
    yield "novelsc", options(uri=f"soap.beep://{line}")
    yield (
        "unksm2",
        register(
            "To: isbn:2983792873", "From: <http://www.example.com>;tag=3234233", "Contact: <name:John_Smith>"
        ),
    )
    yield (
        "bext01",
        options(
            "Require: nothingSupportsThis, nothingSupportsThisEither",
            "Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis",
        ),
    )
    yield (
        "invut",
        invite(
            "Content-Type: application/unknownformat", body='<audio>\r\n <pcmu port="443"/>\r\n</audio>\r\n'
        ),
    )
    yield "regaut01", register("Authorization: NoOneKnowsThisScheme opaque-data=here")
    yield (
        "multi01",
        invite(
            "CSeq: 5 INVITE",
            "Call-ID: multi01.98asdh@192.0.2.1",
            "CSeq: 59 INVITE",
            "Call-ID: multi01.98asdh@192.0.2.2",
            f"From: sip:caller@{peer};tag=3413415",
            f"To: {to}",
            "To: sip:other@example.net",
            "From: sip:caller@example.net;tag=2923420123",
            "Max-Forwards: 5",
            "Max-Forwards: 70",
            f"Contact: <sip:caller@{peer}>",
            "Contact: <sip:caller@host36.example.net>",
        ),
    )
    yield (
        "mcl01",
        options(
            "Content-Length: 13",
            "Content-Length: 5",
            "Content-Type: text/plain",
            body="There's no way to know how many octets are supposed to be here.\r\n",
        ),
    )
    yield (
        "bcast",
        message(
            "SIP/2.0 200 OK",
            f"Via: SIP/2.0/UDP {line};branch=z9hG4bK1324923",
            "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23",
            body=SDP,
        ),
    )
    yield "zeromf", options("Max-Forwards: 0")
    yield "cparam01", register(f"Contact: sip:+19725552222@{peer};unknownparam")
    yield "cparam02", register(f"Contact: <sip:+19725552222@{peer};unknownparam>")
    yield "regescrt", register(f"M: <sip:user@{peer}?Route=%3Csip:sip.example.com%3E>", "L:0")
    yield "sdp01", invite("Accept: text/nobodyKnowsThis")

    # 3.4: as before RFC 3261
    yield (
        "inv2543",
        invite(
            f"Via: SIP/2.0/UDP {peer}",
            f"From: <sip:+13035551111@{peer};user=phone>",
            f"Record-Route: <sip:UserB@{peer};maddr=127.0.0.1>",
            without="Max-Forwards Contact Content-Length",
        ),
    )


_LONG = {
    "v": "via",
    "m": "contact",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "c": "content-type",
    "l": "content-length",
}
