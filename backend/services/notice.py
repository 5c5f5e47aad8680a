"""Public notices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from huimin.v1 import notice_pb2, notice_pb2_grpc

from backend.authoring.published import Published
from backend.clock import county_day
from backend.rpc import bounds, page_token
from backend.rpc.door import Context
from backend.rpc.refusal import not_found


class NoticeService(notice_pb2_grpc.NoticeServiceServicer):
    """`huimin.v1.NoticeService` over the published notices.

    A notice is in force from its publication until what it announces has ended. One that has ended can still
    be read by its name, by those who have it open; one that is not published yet cannot.
    """

    def __init__(self, published: Published, now: Callable[[], datetime]) -> None:
        self._published = published
        self._now = now

    async def ListNotices(  # noqa: N802 (the contract's name)
        self, request: notice_pb2.ListNoticesRequest, context: Context
    ) -> notice_pb2.ListNoticesResponse:
        """Lists the notices in force, the newest first, without their sections."""
        category = request.category
        size = bounds.page_size(request.page_size, default=20, most=100)
        of_list = ("ListNotices", str(category))
        after = page_token.decode(request.page_token, of_list, int, str)
        now = self._now()
        today = county_day(now)
        notices = self._published.current.notices
        ordered = sorted((-_seconds(notice.publish.seen_on(today)), name) for name, notice in notices.items())
        fitting = [
            key
            for key in ordered
            if (after is None or key > (after[0], after[1]))
            and category in (0, notices[key[1]].message.category)
            and notices[key[1]].in_force(now)
        ]
        page, more = fitting[:size], len(fitting) > size
        return notice_pb2.ListNoticesResponse(
            notices=[_listed(notices[name].seen_on(today)) for _, name in page],
            next_page_token=page_token.encode(of_list, page[-1]) if more else "",
        )

    async def GetNotice(  # noqa: N802
        self, request: notice_pb2.GetNoticeRequest, context: Context
    ) -> notice_pb2.GetNoticeResponse:
        """Gets one notice with its text."""
        notice = self._published.current.notices.get(request.name)
        now = self._now()
        if notice is None or not notice.published(now):
            raise not_found("NOTICE_UNKNOWN", "notice")
        return notice_pb2.GetNoticeResponse(notice=notice.seen_on(county_day(now)))


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _listed(notice: notice_pb2.Notice) -> notice_pb2.Notice:
    notice.ClearField("sections")
    return notice
