"""Long lists with an index, and a search that was corrected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from backend_client.catalog import Service
from backend_client.forms.form import Field, FieldType, Option
from backend_client.policy import PolicyMatch
from foundation.language import LocalizedText
from kiosk.visit import pages
from kiosk.visit.pages import Page

PLACES = """安居社区 Anju|白云街道 Baiyun|长乐镇 Changle|重阳乡 Chongyang|东湖街道 Donghu|峨山镇 Eshan
丰收村 Fengshou|高桥镇 Gaoqiao|和平街道 Heping|金沙乡 Jinsha|开元街道 Kaiyuan|龙泉镇 Longquan|民族团结乡 Minzu
南门街道 Nanmen|平安村 Ping'an|七星镇 Qixing|人民路社区 Renminlu|双河乡 Shuanghe|太平镇 Taiping
文昌街道 Wenchang|新华社区 Xinhua|永福镇 Yongfu|中心街道 Zhongxin""".replace("\n", "|")


def typing(services: Sequence[Service], matches: Sequence[PolicyMatch]) -> Iterator[Page]:
    """A choice of towns, all services in one list, what a search found by a corrected word."""
    towns = [town.partition(" ") for town in PLACES.split("|")]
    options = tuple(
        Option(f"town-{number}", LocalizedText(chinese, english))
        for number, (chinese, _, english) in enumerate(towns)
    )
    question = LocalizedText("您住在哪个乡镇或街道？", "Which town or subdistrict do you live in?")
    field = Field("town", FieldType.CHOICE, question, question, options=options)
    yield pages.Question(field, 1, 9)
    yield pages.Question(field, 1, 9, entered="town-17", place=17.0)
    many = replace(field, type=FieldType.CHOICES)
    yield pages.Question(many, 1, 9, entered="town-3,town-4", place=9.0)
    yield pages.ServiceList(pages.Door.SERVICES, tuple(services) * 2)
    guided = tuple(service for service in services if service.guide)[:2]
    yield pages.PolicyResults("医宝", tuple(matches), services=guided, corrected="医保")
