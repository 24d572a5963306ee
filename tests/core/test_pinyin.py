"""Names are read as people from there say them."""

import pytest

from fieldapp.core.pinyin import sort_key, syllables


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("河南丰禾饲料有限公司", "he nan feng he si liao you xian gong si"),
        ("单县曾记农牧经营部", "shan xian zeng ji nong mu jing ying bu"),
        ("重庆市长寿区饲料行", "chong qing shi chang shou qu si liao hang"),
        ("朝阳畜牧", "chao yang xu mu"),
        ("厦门CP正大2号店", "xia men cp zheng da 2 hao dian"),
        ("ＡＢＣ（吕梁）绿源", "abc lv liang lv yuan"),
        ("Distributor D-001", "distributor d 001"),
        ("🐖", ""),
        ("", ""),
    ],
)
def test_company_names(name: str, spoken: str) -> None:
    assert " ".join(syllables(name)) == spoken


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("曾志伟", "zeng zhi wei"),
        ("单国强", "shan guo qiang"),
        ("仇英", "qiu ying"),
        ("尉迟恭", "yu chi gong"),
        ("王小明", "wang xiao ming"),
        (" 解珍", "xie zhen"),
        ("Wang", "wang"),
        ("", ""),
    ],
)
def test_people_are_read_by_surname(name: str, spoken: str) -> None:
    assert " ".join(syllables(name, person=True)) == spoken


def test_a_character_without_a_reading_stays() -> None:
    assert syllables("𠮷野家")[1:] == ["ye", "jia"]
    assert len(syllables("𠮷野家")) == 3


def test_the_sort_key_is_in_one_piece() -> None:
    assert sort_key("郑州 丰禾") == "zhengzhoufenghe"
