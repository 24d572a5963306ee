"""Tokens of a document and of a query fit each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.core.search import MAX_TERMS, document, patch_terms, phone_numbers, query, tokens

DOCUMENT = document(
    "河南丰禾饲料有限公司", "D-0012", people=["单国强"], phones=["138 0000 1234 / 0371-65557777"], place="410102"
)

SPLITTERS = set(" \t\r\n\0\"'&|!:*()<>\\-%")  # what FTS5, a tsquery or our own joining would read as something else


def finds(typed: str, text: str = DOCUMENT) -> bool:
    """What the index does: all terms among the tokens, all pieces to verify in the document."""
    asked = query(typed)
    held = set(tokens(text))
    unspaced = text.replace(" ", "")
    return bool(asked.terms) and held.issuperset(asked.terms) and all(piece in unspaced for piece in asked.verify)


@pytest.mark.parametrize(
    "typed",
    [
        "丰", "丰禾", "南丰禾", "河南丰禾饲料有限公司", "饲料有限",
        "henan", "fenghe", "feng", "fenghesiliao", "h", "he", "hena", "henanf", "HENAN", "gongsi",
        "hnfh", "fhsl", "f", "slyxgs", "hnfhslyxgs",
        "d-0012", "D0012", "d00", "d",
        "138", "13800001234", "1380000", "1234", "123", "7777", "0371", "037165557777",
        "单国强", "国强", "shanguoqiang", "sgq", "guo",
        "丰禾 fenghe", "河南 1234", "丰禾fh", "  丰禾  ", "丰禾，饲料", "“丰禾”", "ｆｅｎｇｈｅ", "138-0000-1234",
    ],
)  # fmt: skip
def test_found(typed: str) -> None:
    assert finds(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "", "  ", "🐖", "\"'*()", "丰河", "禾丰", "南饲", "engh", "fenghx", "fenghesiliaox", "hnx", "0012", "2345",
        "dan", "丰禾 w", "_r4101", "410102", "OR", "00001234", "NOT 丰禾", "NEAR(丰 禾)", "13800009234",
        "河南丰禾饲料有限公司厂",
    ],
)  # fmt: skip
def test_not_found(typed: str) -> None:
    assert not finds(typed)


@given(st.text(max_size=300))
def test_any_text_is_a_query_whose_terms_are_plain(typed: str) -> None:
    asked = query(typed)
    assert len(asked.terms) <= MAX_TERMS
    assert "\0" not in asked.code, "PostgreSQL takes none"
    for term in asked.terms:
        assert SPLITTERS.isdisjoint(term), term


@given(st.text(min_size=1, max_size=60), st.text(max_size=20))
def test_tokens_never_hold_what_splits_them(name: str, code: str) -> None:
    for token in tokens(document(name, code, place="4101")):
        assert SPLITTERS.isdisjoint(token), token


@given(st.text(alphabet="河南丰禾饲料有限公司ab1", min_size=1, max_size=20), st.data())
def test_any_part_of_a_chinese_name_finds_it(name: str, data: st.DataObject) -> None:
    text = document(name, "X")
    start = data.draw(st.integers(0, len(name) - 1))
    part = name[start : data.draw(st.integers(start + 1, len(name)))]
    if not any(char.isascii() for char in part):
        assert finds(part, text)


@pytest.mark.parametrize("typed", ["KH2019000123", "kh201900", "kh2019000", "cp12345678901", "13911112222"])
def test_long_codes_by_their_beginnings(typed: str) -> None:
    text = document("CP12345678901厂", "KH-2019000123", phones=["13911112222"])
    assert finds(typed, text)
    assert not finds(typed[:-1] + "7", text)


def test_places_stand_for_all_that_contains_them() -> None:
    held = set(tokens(DOCUMENT))
    assert {"_r41", "_r4101", "_r410102"} <= held
    assert patch_terms(["4101", "42"]) == ("_r4101", "_r42")
    assert patch_terms(["410"]) is None
    assert patch_terms([]) is None


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("13800001234", ["13800001234"]),
        ("+86 138-0000-1234", ["13800001234"]),
        ("138 0000 1234", ["13800001234"]),
        ("13800001234 13900001234", ["13800001234", "13900001234"]),
        ("0371-65551234/13800001234", ["037165551234", "13800001234"]),
        ("none", []),
    ],
)
def test_phone_cells(cell: str, numbers: list[str]) -> None:
    assert phone_numbers(cell) == numbers
