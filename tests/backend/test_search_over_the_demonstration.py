"""What residents type, over the demonstration content: the policy they mean is among the first three."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from huimin.v1 import common_pb2, policy_pb2

from backend.settings import PACKAGED
from tests.backend import house as running
from tests.backend.house import House

MEANT = [
    ("医保", "resident-medical-insurance"),
    ("yibao", "resident-medical-insurance"),
    ("yb", "resident-medical-insurance"),
    ("medical insurance", "resident-medical-insurance"),
    ("医保缴费", "resident-medical-insurance"),
    ("大病保险", "critical-illness-insurance"),
    ("住院报销", "hospital-reimbursement"),
    ("zhuyuan", "hospital-reimbursement"),
    ("hospital", "hospital-reimbursement"),
    ("门诊", "outpatient-reimbursement"),
    ("异地就医", "medical-care-elsewhere"),
    ("低保", "minimum-living-guarantee"),
    ("最低生活保障", "minimum-living-guarantee"),
    ("dibao", "minimum-living-guarantee"),
    ("db", "minimum-living-guarantee"),
    ("怎么申请低保", "minimum-living-guarantee"),
    ("养老保险", "resident-pension"),
    ("养老金", "resident-pension"),
    ("pension", "resident-pension"),
    ("高龄津贴", "old-age-allowance"),
    ("公租房", "public-rental-housing"),
    ("gzf", "public-rental-housing"),
    ("公积金", "housing-fund-loan"),
    ("gjj", "housing-fund-loan"),
    ("housing fund loan", "housing-fund-loan"),
    ("宅基地", "rural-homestead"),
    ("危房改造", "unsafe-rural-houses"),
    ("农机", "farm-machinery-subsidy"),
    ("nongji", "farm-machinery-subsidy"),
    ("种粮", "grain-grower-award"),
    ("土地流转", "farmland-leasing"),
    ("助学贷款", "student-loan"),
    ("student loans", "student-loan"),
    ("scholarship", "high-school-bursary"),
    ("孩子", "children-without-parents"),
    ("kids", "children-without-parents"),
    ("创业贷款", "startup-loan"),
    ("失业金", "unemployment-benefit"),
    ("unemployed", "unemployment-benefit"),
    ("残疾人补贴", "disability-allowances"),
    ("个税", "personal-income-tax-deductions"),
    ("增值税", "small-taxpayer-vat"),
    ("VAT", "small-taxpayer-vat"),
    ("夜市", "evening-stalls"),
    ("yinhang daikuan", "bank-loan-interest-subsidy"),
    ("退役军人", "veterans-employment"),
    ("拖欠工资", "migrant-wage-protection"),
    ("电梯", "old-neighbourhood-renewal"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demonstration(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running.house(tmp_path_factory.mktemp("demonstration") / "data", PACKAGED) as started:
        yield started


@pytest.mark.parametrize(("query", "policy"), MEANT)
@pytest.mark.asyncio(loop_scope="module")
async def test_the_policy_that_is_meant_is_among_the_first(
    demonstration: House, query: str, policy: str
) -> None:
    answer = await demonstration.stubs.policy.SearchPolicies(
        policy_pb2.SearchPoliciesRequest(query=query, language=common_pb2.LANGUAGE_ZH_CN)
    )
    first = [match.policy.name.removeprefix("policies/") for match in answer.matches[:3]]
    assert policy in first
