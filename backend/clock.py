"""Time: moments in UTC, days by the county's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from google.protobuf.timestamp_pb2 import Timestamp

COUNTY_TIME = timezone(timedelta(hours=8), "CST")
"""China Standard Time: one zone, no summer time since 1991, so no zone file is needed."""


def now() -> datetime:
    """The moment, aware, UTC."""
    return datetime.now(UTC)


def county_day(moment: datetime) -> date:
    """The county's calendar day at that moment."""
    return moment.astimezone(COUNTY_TIME).date()


def midnight(day: date) -> datetime:
    """The moment at which a day of the county begins, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=COUNTY_TIME).astimezone(UTC)


def timestamp(moment: datetime) -> Timestamp:
    """A moment as the contract sends it."""
    message = Timestamp()
    message.FromDatetime(moment)
    return message
