"""Names of regions as a worker keeps them."""

import pytest

from fieldapp.desk.checks.reference import Names

ROWS = [("410102", "中原区"), ("41", "河南省"), ("4101", "郑州市"), ("410102001", "林山寨街道"), ("0101", "Zero")]


def test_every_name_is_found_by_its_code() -> None:
    assert dict(Names(ROWS)) == dict(ROWS)
    assert len(Names(ROWS)) == len(ROWS)


@pytest.mark.parametrize("code", ["", "4", "42", "4102", "101", "00101", "410103", "四一", "-1", "41 ", "4101020011"])
def test_what_is_no_code_has_no_name(code: str) -> None:
    assert code not in Names(ROWS)
    assert Names(ROWS).get(code) is None


def test_no_regions_at_all() -> None:
    assert dict(Names([])) == {}
    assert "41" not in Names([])
