"""A person is called by touches on a real window: a real call, whose sound is heard at the other end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.kiosk.calling.person import person, settings
from tests.kiosk.conftest import SIZES
from tests.kiosk.hand import terminal
from tests.kiosk.processes import Running


async def test_help_is_read_and_a_person_called_in_the_middle_of_a_form(
    county: Running, displays: dict[str, str], tmp_path: Path
) -> None:
    size = SIZES[0]
    async with person(tmp_path / "person") as there:
        line = settings(there.address, tmp_path)
        names = ("address", "bind", "microphone", "loudspeaker")
        table: dict[str, Any] = {f"help_call.{name}": str(getattr(line, name)) for name in names}
        with terminal(
            tmp_path / "kiosk",
            county.ready["huimin-backend"],
            size,
            displays[size],
            help_phone="12345",
            **table,
        ) as hand:
            await hand.screen("home")
            await hand.to_form("labour-registration")
            await hand.go("form.start", "card.skip")
            await hand.question("第 1 题")
            await hand.pinyin("wang", "王")
            await hand.go("bar.help")
            await hand.screen("help")
            await hand.says("这一页只问一个问题")
            await hand.says("12345")
            await hand.until(lambda tree: "help.call" in tree.controls, "nobody can be called")
            await hand.go("help.call")
            await there.notices("incoming")
            await there.does("ring")
            await hand.says("对方电话已响铃")
            await there.does("answer")
            await hand.says("正在通话 00:01")
            await hand.go("help.close")
            await hand.question("第 1 题")
            assert await hand.entered() == "王"
            await hand.says("通话 00:0")
            await hand.pinyin("xiao", "小")
            await hand.touch_slowly("bar.hang_up", 1.2)  # meanwhile the call has counted on
            await hand.says("通话已结束")
            assert await hand.entered() == "王小"
            assert (await there.notices("ended"))["code"] == 200
            assert await there.heard_the_resident()

            await hand.go("bar.call", "help.call")
            await there.notices("incoming")
            await there.does("refuse 486")
            await hand.says("对方正忙")
            await hand.go("help.close")
            await hand.end()
