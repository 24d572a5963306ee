"""What makes two distributors look like one."""

import pytest

from fieldapp.network.dossier.alike import ENOUGH, Profile, Reason, code_key, compare, core, keys, phone_key

PLACES = ("河南省", "郑州市", "金水区")
ONE = Profile(
    "郑州丰禾饲料有限公司",
    "410105",
    PLACES,
    "河南省郑州市金水区中原路 12 号",
    "91410100MA3X9E3T4K",
    "6229 9900 1234 5678",
    ("138 0000 0000",),
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("郑州丰禾饲料有限公司", "丰禾"),
        ("河南郑州市金水区丰禾饲料经营部", "丰禾"),
        ("丰禾（郑州）农牧科技有限公司", "丰禾郑州"),
        ("金水区王建国饲料店", "王建国"),
        ("饲料有限公司", "饲料"),
        ("Golden Grain", "goldengrain"),
        ("", ""),
    ],
)
def test_the_core_of_a_name(name: str, found: str) -> None:
    assert core(name, PLACES) == found


@pytest.mark.parametrize(
    ("other", "reasons"),
    [
        (Profile("金水区丰禾饲料经营部", "410105", PLACES), (Reason.NAME,)),
        (Profile("郑州丰和饲料", "410105", PLACES), (Reason.SIMILAR_NAME,)),
        (Profile("郑州大江饲料", "410105", PLACES), ()),
        (Profile("武汉丰禾饲料", "420106", ("湖北省", "武汉市", "武昌区")), ()),
        (Profile("大江", "420106", (), None, "91410100ma3x9e3t4k"), (Reason.CREDIT_CODE,)),
        (Profile("大江", "420106", (), None, None, "6229990012345678"), (Reason.BANK_ACCOUNT,)),
        (Profile("大江", "420106", (), None, None, None, ("+86 138-0000-0000",)), (Reason.PHONE,)),
        (Profile("大江", "410105", PLACES, "中原路12号"), (Reason.ADDRESS,)),
        (Profile("大江", "410105", PLACES, "中原路13号"), ()),
        (Profile("大江", "410122", ("河南省", "郑州市", "中牟县"), "中原路12号"), ()),
    ],
)
def test_what_speaks_for_it(other: Profile, reasons: tuple[Reason, ...]) -> None:
    found = compare(ONE, other)
    assert found.reasons == reasons
    assert compare(other, ONE) == found
    assert (found.points >= ENOUGH) == bool(reasons)


def test_a_pair_that_speaks_for_it_has_a_key_in_common() -> None:
    """Candidates are found by equal keys alone: what compares well must have one."""
    for other in (Profile("金水区丰禾经营部", "410105", PLACES), Profile("郑州丰和饲料", "410105", PLACES)):
        assert keys(ONE).name == keys(other).name


def test_empty_values_are_alike_to_nothing() -> None:
    empty = Profile("甲")
    assert compare(empty, Profile("乙")).reasons == ()
    assert keys(Profile("", "4101")) == (None, None, None, None)


def test_phones_and_codes_are_compared_by_what_counts() -> None:
    assert phone_key("+86 138 0000 0000") == "13800000000"
    assert phone_key("008613800000000") == "13800000000"
    assert phone_key("0371-6300 1234") == "037163001234"
    assert phone_key("12345") is None
    assert code_key("6229 9900-1234") == "622999001234"
    assert code_key("123") is None
