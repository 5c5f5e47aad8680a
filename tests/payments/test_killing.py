"""A backend is killed between steps of paying; `tests.payments.killing` goes through all of them."""

from __future__ import annotations

from pathlib import Path

from tests.payments.killing import kill_at

SOME = ("settle:inside", "refund:after")


async def test_an_order_is_paid_once_though_the_backend_is_killed_between_two_steps(tmp_path: Path) -> None:
    assert await kill_at(tmp_path, SOME) == len(SOME)
