"""A lookup that a county adds while everything runs: on the screen and by telephone, without a restart."""

from __future__ import annotations

from pathlib import Path

from foundation.language import Language
from kiosk.visit import events as did
from kiosk.visit.pages import Door, Home, LookupRecord, Question, ServiceGuide, ServiceList
from tests.backend.house import command, make
from tests.ivr.conftest import Phone
from tests.ivr.county import County
from tests.kiosk.visit.terminal import Terminal, eventually, terminal
from tests.lookups import add_lookup, lookup_content

QUERY = "SELECT name, count FROM wells WHERE id = :number LIMIT :most"


async def test_a_lookup_added_by_content_alone_is_on_both_doors_while_they_run(tmp_path: Path) -> None:
    content = lookup_content(tmp_path / "content")
    county = County(tmp_path / "county", content)
    county.start()
    make(tmp_path / "terminal")
    try:
        phone = Phone(county, tmp_path / "phone")
        await phone.open()
        async with terminal(county.address, tmp_path / "terminal") as screen:
            before = {service.name for service in screen.visit.home.services}
            (content / "tables" / "wells.csv").write_text("id,name,count\n77,东井,6\n", "utf-8")
            add_lookup(content, "wells", "content", QUERY)
            code, out, err = await command("--data", county.data, "content", "publish", content)
            assert code == 0, out + err
            await shown(screen, before)
            listed = await screen.page(ServiceList, did.OpenDoor(Door.LOOKUPS))
            added = next(one for one in listed.services if one.name == "services/wells")
            await screen.page(ServiceGuide, did.OpenService(added))
            await screen.page(Question, did.Apply())
            page = await screen.page(LookupRecord, did.Enter("77"), did.Next())
            assert page.record.values == {"name": "东井", "count": 6}
            place = len(listed.services) - 1
            assert listed.services[place] == added
            way = "5\n" * (place // 4) + str(place % 4 + 1)
            heard = await phone.call(f"2\n2\n{way}\n1\n77#\n1\n*\n*\n!", Language.ZH_CN)
            assert heard.said("lookups/wells/said") == "东井有六件。"
        await phone.close()
    finally:
        county.stop()


async def shown(screen: Terminal, before: set[str]) -> None:
    """Waits until the home page has been made of a newer catalogue, as after each visit."""

    def is_there() -> bool:
        home = screen.visit.home
        there = {service.name for service in home.services}
        if there == before and isinstance(screen.visit.page, Home):
            screen.visit.end("left")
        return "services/wells" in there

    await eventually(is_there)
