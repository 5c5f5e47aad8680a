"""Alerts as backends tell them, for screens and visits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from backend_client.alert import Alert, AlertText, Severity
from foundation.language import Language

SENT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def alert(name: str = "alerts/rain", **changes: object) -> Alert:
    """A rainstorm, as a county's office warns of it."""
    given: dict[str, object] = {
        "name": name,
        "zh_cn": AlertText(
            Language.ZH_CN,
            "暴雨",
            "暴雨红色预警：请立即转移到高处",
            "请马上离开河边、低洼处和地下室，转移到高处。不要涉水行走，不要驾车通过积水路段。",
            "预计未来三小时清河镇、双湖镇降雨量将达一百毫米以上。\n县应急指挥中心已启动一级响应。",
            "清河镇、双湖镇、城关镇",
            "惠民县气象台（演示）",
            "县应急指挥中心（演示）",
        ),
        "en": AlertText(
            Language.EN,
            "Rainstorm",
            "Red rainstorm alert: move to higher ground at once",
            "Leave riversides, low places and cellars now and go to higher ground. Do not walk or drive "
            "through water.",
            "More than 100 millimetres of rain are expected in Qinghe and Shuanghu within three hours.\n"
            "The county's emergency centre has begun its response of the highest level.",
            "Qinghe, Shuanghu and Chengguan towns",
            "Huimin County Weather Office (demonstration)",
            "County emergency centre (demonstration)",
        ),
        "severity": Severity.EXTREME,
        "sent_time": SENT,
        "effective_time": SENT,
        "expire_time": SENT + timedelta(hours=6),
    }
    return Alert(**(given | changes))  # type: ignore[arg-type]


def notice(name: str = "alerts/heat") -> Alert:
    """One that nobody has to be interrupted for, in English only, without more than a headline."""
    said = AlertText(Language.EN, "Heat", "High temperatures are expected this weekend")
    return alert(name, zh_cn=said, en=said, severity=Severity.MODERATE)


def long(name: str = "alerts/long") -> Alert:
    """One that says much."""
    chinese, english = alert().zh_cn, alert().en
    return alert(
        name,
        zh_cn=AlertText(
            Language.ZH_CN,
            "危险化学品泄漏",
            "清河工业园发生危险化学品泄漏，请下风向三公里内的居民立即关闭门窗，等待进一步通知" * 2,
            "\n".join([chinese.instruction] * 8),
            "\n".join([chinese.description] * 8),
            "、".join(["清河镇工业园区及下风向三公里"] * 4),
            chinese.sender_name,
            chinese.contact,
        ),
        en=AlertText(
            Language.EN,
            "Leak of dangerous chemicals",
            "Dangerous chemicals are leaking at the Qinghe industrial park: residents within three "
            "kilometres downwind are to close their doors and windows at once and to wait for further notice",
            "\n".join([english.instruction] * 8),
            "\n".join([english.description] * 8),
            ", ".join(["Qinghe industrial park and three kilometres downwind"] * 3),
            english.sender_name,
            english.contact,
        ),
        exercise=True,
    )
