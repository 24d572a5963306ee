"""Which passwords are refused, and how they are kept."""

import pytest
from argon2 import PasswordHasher

from fieldapp.people.accounts import passwords
from fieldapp.people.accounts.passwords import WeakPasswordError


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short-one", "short"),
        ("x7" * 65, "long"),
        ("woaini1314", "common"),
        ("woaini5201314", "common"),
        ("5201314520", "common"),
        ("88888888888", "common"),
        ("a123456789", "common"),
        ("qq123456789", "common"),
        ("wang123456", "common"),
        ("Zhang19880808", "common"),
        ("1qaz2wsx3edc", "common"),
        ("qwertyuiop", "common"),
        ("QWERTYUIOP", "common"),
        ("1a2b3c4d5e", "common"),
        ("13800138000", "common"),
        ("410102198808081234", "common"),
        ("Password123!", "common"),
        ("P@ssw0rd2026", "common"),
        ("strawberry7", "common"),
        ("ａ１２３４５６７８９", "common"),
        ("长江长江长江长江长江", "common"),
        ("liwei-tall-barley", "personal"),
        ("LIWEI-tall-barley", "personal"),
        ("李伟的高粱地里有风声", "personal"),
        ("my-fieldapp-barley", "personal"),
    ],
)
def test_what_is_guessed_quickly_is_refused(password: str, reason: str) -> None:
    with pytest.raises(WeakPasswordError) as refused:
        passwords.refuse_weak(password, "liwei", "李伟")
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "password",
    [
        "tall-barley-harvest-9",
        "correct horse battery",
        "高粱地里的风吹过三条河",
        "kX9#vR2!mQ",
        "  ends with space ",
        ("correct-horse-battery-" * 6)[:128],
    ],
)
def test_what_is_not_is_let_through(password: str) -> None:
    passwords.refuse_weak(password, "liwei", "李伟")


def test_a_short_name_does_not_forbid_every_word_that_holds_it() -> None:
    passwords.refuse_weak("tall-barley-harvest-9", "al", "Ha")


def test_full_width_letters_are_the_same_password() -> None:
    assert passwords.verify("tall-barley-harvest-9", passwords.hash_password("ｔａｌｌ-barley-harvest-9"))


def test_a_hash_is_argon2_and_salted() -> None:
    first, second = (passwords.hash_password("tall-barley-harvest-9") for _ in range(2))
    assert first.startswith("$argon2id$")
    assert first != second


def test_nobody_has_no_password() -> None:
    assert passwords.verify("", None) is False
    assert passwords.verify("anything at all", None) is False


def test_a_broken_hash_is_nobodys() -> None:
    assert passwords.verify("anything at all", "$argon2id$broken") is False


def test_older_parameters_are_outdated() -> None:
    assert passwords.outdated(PasswordHasher(time_cost=1, memory_cost=8192).hash("x"))
    assert not passwords.outdated(passwords.hash_password("tall-barley-harvest-9"))
