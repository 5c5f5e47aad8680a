"""Whatever is typed is a query that the index understands, and shows a passage that is in the text."""

from __future__ import annotations

from huimin.v1 import common_pb2, policy_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.search.passage import Passages
from backend.search.query import understand
from backend.search.synonyms import Synonyms
from foundation.language import Language
from tests.backend.indexed import made

SYNONYMS = Synonyms.of([["医保", "医疗保险", "medical insurance"], ["户口", "hukou"], ["?"], ["医保b", "x"]])
TYPED = st.one_of(
    st.text(max_size=100),
    st.text(alphabet="医保报销养老金 yiba\"*():^{}-+'12〔〕ANDgns", max_size=100),
    st.lists(
        st.sampled_from(
            [
                "医保",
                "yibao",
                "yb",
                "yiabo's",
                "penison's",
                "ньюс",
                "xi'an",
                "養保老険",
                "AND",
                "NEAR",
                "pension",
                '"',
                "xian",
                "2024",
                "号",
            ]
        ),
        max_size=20,
    ).map(" ".join),
)


@settings(max_examples=400, deadline=None)
@given(TYPED)
def test_whatever_is_typed_is_answered(typed: str) -> None:
    found = INDEX.find(understand(typed, SYNONYMS), 5)
    assert len(found) <= 5
    assert set(found) <= set(range(len(TITLES)))


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
    found = Passages(understand(typed, SYNONYMS), language).of(policy)
    assert len(found.text) <= 120
    assert found.text.strip("…") in text.replace("\n", " ")
    end = -1
    for start, stop in found.marks:
        assert end < start < stop <= len(found.text)
        end = stop


TITLES = [
    "城乡居民医保参保缴费办法",
    "养老金领取办法",
    "Pension reform",
    "银行贷款贴息",
    "NEAR the AND of 2024",
]
INDEX = made(TITLES)
