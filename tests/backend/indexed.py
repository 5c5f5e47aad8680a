"""A search index in memory, for tests of what it understands."""

from __future__ import annotations

import tantivy
from google.type import date_pb2
from huimin.v1 import common_pb2, policy_pb2

from backend.search.document import document, schema
from backend.search.index import PolicyIndex


def made(titles: list[str]) -> PolicyIndex:
    """An index of policies with these titles, in memory."""
    index = tantivy.Index(schema())
    writer = index.writer(15_000_000, 1)
    for number, title in enumerate(titles):
        words = common_pb2.LocalizedText(zh_cn=title, en=title)
        policy = policy_pb2.Policy(
            name=f"policies/{number}",
            title=words,
            summary=words,
            issue_date=date_pb2.Date(year=2025, month=1, day=1),
            document_number=f"惠政发〔2025〕{number}号",
        )
        writer.add_document(document(number, policy.SerializeToString()))
    writer.commit()
    index.reload()
    return PolicyIndex(index)
