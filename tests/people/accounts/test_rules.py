"""How long a guesser waits, where sign-in may lead, what a username and a patch may be."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.people.accounts import rules
from tests.cast import NOW


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (9, 15), (10, 15), (200, 15)]
)
def test_an_account_waits_longer_with_every_failure(failures: int, minutes: int) -> None:
    assert rules.account_wait([NOW] * failures, NOW) == timedelta(minutes=minutes)


def test_the_wait_counts_from_the_latest_failure() -> None:
    earlier = [NOW - timedelta(hours=1)] * 4
    assert rules.account_wait([*earlier, NOW - timedelta(seconds=20)], NOW) == timedelta(seconds=40)
    assert rules.account_wait([*earlier, NOW - timedelta(seconds=60)], NOW) == timedelta(0)


def test_an_address_waits_until_fewer_than_fifty_failures_are_recent() -> None:
    failures = [NOW - timedelta(seconds=second) for second in range(50)]
    assert rules.address_wait(failures[:49], NOW) == timedelta(0)
    assert rules.address_wait(failures, NOW) == timedelta(minutes=15) - timedelta(seconds=49)
    assert rules.address_wait([NOW - timedelta(minutes=16)] * 90, NOW) == timedelta(0)


@pytest.mark.parametrize("path", ["/", "/me", "/deals/new?distributor=D001&on=2026-11-23", "/%2F%2Fevil.example"])
def test_a_path_of_this_app_may_be_gone_to(path: str) -> None:
    assert rules.local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "me",
        "//evil.example",
        "/\\evil.example",
        "/a\\..\\b",
        "https://evil.example/",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " /me",
        "/ me",
        "/" + "a" * 2000,
    ],
)
def test_another_site_may_not(path: str | None) -> None:
    assert rules.local_path(path) is None


@pytest.mark.parametrize("text", ["wang", "王伟", "li.na_2", "a-b@c+d", "ab"])
def test_usernames(text: str) -> None:
    assert rules.is_username(text)


@pytest.mark.parametrize("text", ["", "a", "two words", "a/b", "x" * 65, "tab\tbed", "ẞ" * 40])
def test_what_is_no_username(text: str) -> None:
    assert not rules.is_username(text)


@pytest.mark.parametrize("text", ["41;4201", "41,4201", " 41 ; 4201 ;", "41；4201", "41，4201、41", "41 4201"])
def test_a_patch_is_read_with_any_separator(text: str) -> None:
    assert rules.region_codes(text) == ["41", "4201"]


@given(st.text(max_size=60))
def test_reading_a_patch_never_fails_and_never_repeats(text: str) -> None:
    codes = rules.region_codes(text)
    assert len(codes) == len(set(codes))
    assert all(code and not code.isspace() for code in codes)
