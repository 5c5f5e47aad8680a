"""Whatever is typed is a query that the index understands, and shows a passage that is in the text."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from huimin.v1 import common_pb2, policy_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.search import index
from backend.search.passage import passage
from backend.search.query import understand
from backend.search.synonyms import Synonyms
from foundation.language import Language

SYNONYMS = Synonyms.of([["医保", "医疗保险", "medical insurance"], ["户口", "hukou"], ["?"], ["医保b", "x"]])
MIGRATION = (
    Path(index.__file__).parent.parent / "storage" / "migrations" / "versions" / "0001_first_tables.py"
)
TYPED = st.one_of(
    st.text(max_size=100),
    st.text(alphabet="医保报销养老金 yiba\"*():^{}-+'12〔〕AND", max_size=100),
    st.lists(
        st.sampled_from(["医保", "yibao", "yb", "AND", "NEAR", "pension", '"', "xian", "2024", "号"]),
        max_size=20,
    ).map(" ".join),
)


def full_text_table() -> sqlite3.Connection:
    """The table of the migration, in memory."""
    parts = re.findall(
        r'"(CREATE VIRTUAL TABLE policy_search USING.*?\))"\n', MIGRATION.read_text("utf-8"), re.DOTALL
    )
    database = sqlite3.connect(":memory:")
    database.execute(re.sub(r'"\s*"', "", parts[0]))
    return database


@settings(max_examples=300, deadline=None)
@given(TYPED, st.dictionaries(st.text("医保报销养老金", min_size=2, max_size=2), st.integers(0, 99)))
def test_every_step_of_every_query_is_understood(typed: str, frequency: dict[str, int]) -> None:
    query = understand(typed, SYNONYMS).cut(frequency)
    if query.pieces:
        for scope in range(3):
            for step in index._steps(query, scope):
                TABLE.execute(
                    "SELECT rowid FROM policy_search WHERE policy_search MATCH ?", (step,)
                ).fetchall()


@settings(max_examples=300, deadline=None)
@given(
    TYPED,
    st.text(alphabet="医保报销养老金行重。，\n pensioabct.", min_size=1, max_size=400),
    st.sampled_from(Language),
)
def test_a_passage_is_short_and_from_the_text_and_its_marks_lie_in_it(
    typed: str, text: str, language: Language
) -> None:
    words = common_pb2.LocalizedText(zh_cn=text, en=text)
    policy = policy_pb2.Policy(title=words, summary=words, sections=[common_pb2.Section(text=words)])
    found = passage(policy, understand(typed, SYNONYMS), language)
    assert len(found.text) <= 120
    assert found.text.strip("…") in text.replace("\n", " ")
    end = -1
    for start, stop in found.marks:
        assert end < start < stop <= len(found.text)
        end = stop


TABLE = full_text_table()
