"""docs/services.md: every service with its kind, the ways to it, its screen, and the words of the call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from backend_client.catalog import ServiceKind
from deploy.run import ROOT
from deploy.tour_services import Shown
from foundation.language import Language, translator
from kiosk.visit.home import DOORS

DOCUMENT = ROOT / "docs" / "services.md"
PICTURES = ROOT / "docs" / "pictures" / "services"
WIDTH = 300
"""Pixels of a picture in the document; a tenth of its area is enough to know it again."""
FIRST, LAST = 20, 30
"""Lines of a long call that are shown: how it begins, and how it ends."""

HEAD = """\
# What the county offers

Every service of the demonstration content, at the terminal and by telephone. **This page is made by
`make tour OPTIONS=--documents`**, which touches the way to each service on a real window and calls it by
keys: do not write in it. A service is a file of the content; [adding one](adding-a-service.md) takes a few
minutes and no programming. A kind of service is programmed once, for both doors.

By telephone the keys are those from the main menu on; `*` goes back, `9` repeats, `0` asks for a person. The
calls below are in Chinese; `8` switches to English at any time, and the terminal has a key for it.

"""
KINDS: dict[ServiceKind, tuple[str, str]] = {
    ServiceKind.POLICY: (
        "Laws and policies",
        "Read by topic or searched in full, in Chinese, English or pinyin.",
    ),
    ServiceKind.STATUS: (
        "How far an application has come",
        "By card, or by reference and six characters of the identity number.",
    ),
    ServiceKind.NOTICE: (
        "Notices",
        "Power cuts and the like. By telephone questions often asked, open government (gazette, procurement,"
        "\nprojects), public replies and local products are chosen for themselves.",
    ),
    ServiceKind.FORM: (
        "Forms",
        "One question a page or a turn, checked, sent, and found again by its reference.",
    ),
    ServiceKind.GUIDE: ("Guides", "Who, what to bring, the steps, how long, what it costs, where."),
    ServiceKind.PAYMENT: (
        "Payments",
        "A form whose answers cost something: worked out line by line, paid with a QR code or a link.",
    ),
    ServiceKind.APPOINTMENT: (
        "Appointments and tickets",
        "A day and a time at counters; tickets for the queue where they are open.",
    ),
    ServiceKind.LOOKUP: (
        "Lookups",
        "A few questions, then records, which are shown, printed and said.",
    ),
    ServiceKind.DOCUMENT: ("Forms on paper", "Printed on A4, or opened with a code or a link."),
    ServiceKind.RATING: (
        "Rating",
        "Five levels; also offered below whatever was done, and at the end of a call.",
    ),
}
"""Titles of the page, in its order."""
REST = """\
## Alerts

Stand over every page and are said first on every call, without losing what was being done:
[alerts](alerts.md).

{picture}

## Messages

What becomes of a case is told by SMS and e-mail, in the resident's language and with nothing private in it:
[messages](messages.md). Of those sent while this page was made,
one of each kind:

```text
{messages}
```
"""
PLACES = {ServiceKind.POLICY, ServiceKind.NOTICE, ServiceKind.STATUS}
"""What a door of the home page leads to at once."""


def write_services(shown: Sequence[Shown], alert: Path, messages: Sequence[str]) -> None:
    """Writes the page and its pictures, in place of those before."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for old in PICTURES.glob("*.png"):
        old.unlink()
    parts = [HEAD, _table(shown)]
    for kind, (title, about) in KINDS.items():
        if there := [one for one in shown if one.service.kind is kind]:
            parts += [f"## {title}\n\n{about}\n\n", *(_service(one) for one in there)]
    parts.append(_rest(alert, messages))
    DOCUMENT.write_text("".join(parts).rstrip() + "\n", encoding="utf-8")


def _table(shown: Iterable[Shown]) -> str:
    rows = ["| service | | kind | at the terminal | by telephone |", "|---|---|---|---|---|"]
    for one in shown:
        title, kind = one.service.title, one.service.kind.name.lower()
        rows.append(
            f"| [{title.zh_cn}](#{_anchor(one)}) | {title.en} | {kind} | {_way(one)} | {_keys(one)} |"
        )
    return "\n".join(rows) + "\n\n"


def _service(one: Shown) -> str:
    title = one.service.title
    pictures = "".join(_picture(file, title.en) for file in one.pictures)
    long = len(one.words) > FIRST + LAST
    said = "\n".join([*one.words[:FIRST], "…", *one.words[-LAST:]] if long else one.words)
    return (
        f'<a id="{_anchor(one)}"></a>\n\n### {title.zh_cn} · {title.en}\n\n'
        f"At the terminal: {_way(one)}. By telephone: {_keys(one)}.\n\n{pictures}\n"
        f"<details><summary>The words of the call</summary>\n\n```text\n{said}\n```\n\n</details>\n\n"
    )


def _rest(alert: Path, messages: Iterable[str]) -> str:
    """What nobody has to ask for: an alert, and one message of each kind."""
    told: dict[str, str] = {}
    for text in map(_without_links, messages):
        told.setdefault(re.sub(r"[0-9]", "", text), text)
    return REST.format(picture=_picture(alert, "An alert"), messages="\n".join(told.values()))


def _picture(file: Path, title: str) -> str:
    with Image.open(file) as image:
        small = image.convert("RGB")
        small.thumbnail((WIDTH, WIDTH * 3), Image.Resampling.LANCZOS)
        small.quantize(64).save(PICTURES / file.name, optimize=True)
    return f'<img src="pictures/services/{file.name}" width="240" alt="{title}">\n'


def _way(one: Shown) -> str:
    words = translator("kiosk", ROOT / "kiosk" / "locale", Language.ZH_CN)
    door = words(f"door.{DOORS[one.service.kind].value}")
    return door if one.service.kind in PLACES else f"{door} → {one.service.title.zh_cn}"


def _keys(one: Shown) -> str:
    return " ".join(f"`{key}`" for key in one.keys)


def _anchor(one: Shown) -> str:
    return one.service.name.partition("/")[2]


def _without_links(text: str) -> str:
    """Without the address of this machine and what opens the link."""
    return re.sub(r"https?://[^\s，。]+", "https://…", text)
