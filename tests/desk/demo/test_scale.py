"""The files of a large company stream: memory does not grow with them."""

import gc
import sys
from collections.abc import Callable
from datetime import date

import pytest

from fieldapp.desk.demo import company

TODAY = date(2026, 11, 23)


def most_blocks_held(stream: Callable[[], object]) -> int:
    """The most memory blocks that are alive beside those before, looked at every few thousand rows."""
    gc.collect()
    gc.freeze()  # what is there already is not walked again with every look
    try:
        before = most = sys.getallocatedblocks()
        for number, _ in enumerate(stream()):  # type: ignore[arg-type, var-annotated]
            if number % 2999 == 0:
                gc.collect()
                most = max(most, sys.getallocatedblocks())
        return most - before
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("kind", ["distributors", "invoices"])
def test_ten_thousand_distributors_are_never_held(kind: str) -> None:
    made = company.build(distributors=10_000, products=60, today=TODAY, sales=2)
    held = most_blocks_held(lambda: made.rows(kind))
    # 10,000 distributors of one row each would be over 100,000 blocks.
    assert held < 5_000, f"{kind}: {held} blocks alive at once"


def test_a_million_distributors_have_patches_and_distinct_codes() -> None:
    made = company.build(distributors=1_000_000, today=TODAY, sales=1)
    reps = made.network.reps
    assert len(reps) == 40_000
    assert len({rep.username for rep in reps}) == 40_000
    picked = [made.network.distributor(number) for number in range(0, 1_000_000, 49_999)]
    assert len({distributor.code for distributor in picked}) == len(picked)
    for distributor in picked:
        rep = reps[distributor.number // 25]
        assert distributor.rep == rep.username
        assert distributor.region.startswith(rep.patch)
