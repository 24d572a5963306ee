"""The shipped regions: complete, in order, readable by a keyboard."""

from collections import Counter
from importlib.resources import files

import pytest

from fieldapp.network.territory.data import RegionRow, read_regions

# As a person from there types it: places whose characters have several readings.
READINGS = {
    "371722": ("单县", "shanxian", "sx"),
    "50": ("重庆市", "chongqingshi", "cqs"),
    "3502": ("厦门市", "xiamenshi", "xms"),
    "3415": ("六安市", "luanshi", "las"),
    "320116": ("六合区", "luhequ", "lhq"),
    "3403": ("蚌埠市", "bengbushi", "bbs"),
    "3310": ("台州市", "taizhoushi", "tzs"),
    "3416": ("亳州市", "bozhoushi", "bzs"),
    "1404": ("长治市", "changzhishi", "czs"),
    "140428": ("长子县", "zhangzixian", "zzx"),
    "4301": ("长沙市", "changshashi", "css"),
    "2113": ("朝阳市", "chaoyangshi", "cys"),
    "4111": ("漯河市", "luoheshi", "lhs"),
    "6531": ("喀什地区", "kashidiqu", "ksdq"),
    "6543": ("阿勒泰地区", "aletaidiqu", "altdq"),
    "5101": ("成都市", "chengdushi", "cds"),
    "5111": ("乐山市", "leshanshi", "lss"),
    "330382": ("乐清市", "yueqingshi", "yqs"),
    "130225": ("乐亭县", "laotingxian", "ltx"),
    "371481": ("乐陵市", "laolingshi", "lls"),
    "341621": ("涡阳县", "guoyangxian", "gyx"),
    "222404": ("珲春市", "hunchunshi", "hcs"),
    "231085": ("穆棱市", "mulingshi", "mls"),
    "510682": ("什邡市", "shifangshi", "sfs"),
    "511822": ("荥经县", "yingjingxian", "yjx"),
    "410182": ("荥阳市", "xingyangshi", "xys"),
    "511527": ("筠连县", "junlianxian", "jlx"),
    "410621": ("浚县", "xunxian", "xx"),
    "361124": ("铅山县", "yanshanxian", "ysx"),
    "141024": ("洪洞县", "hongtongxian", "htx"),
    "140924": ("繁峙县", "fanshixian", "fsx"),
    "371522": ("莘县", "shenxian", "sx"),
    "371524": ("东阿县", "dongexian", "dex"),
    "131025": ("大城县", "daichengxian", "dcx"),
    "421303": ("曾都区", "zengduqu", "zdq"),
    "321183": ("句容市", "jurongshi", "jrs"),
    "440113": ("番禺区", "panyuqu", "pyq"),
    "441422": ("大埔县", "dabuxian", "dbx"),
    "420116": ("黄陂区", "huangpiqu", "hpq"),
    "410122": ("中牟县", "zhongmuxian", "zmx"),
    "411221": ("渑池县", "mianchixian", "mcx"),
    "410223": ("尉氏县", "weishixian", "wsx"),
    "652823": ("尉犁县", "yulixian", "ylx"),
    "640303": ("红寺堡区", "hongsibuqu", "hsbq"),
    "450406": ("龙圩区", "longxuqu", "lxq"),
    "4419": ("东莞市", "dongguanshi", "dgs"),
    "1307": ("张家口市", "zhangjiakoushi", "zjks"),
    "220106": ("绿园区", "lvyuanqu", "lyq"),
    "350105": ("马尾区", "maweiqu", "mwq"),
    "71": ("台湾省", "taiwansheng", "tws"),
}


@pytest.fixture(scope="module")
def regions() -> dict[str, RegionRow]:
    return {row.code: row for row in read_regions()}


def test_every_level_is_complete(regions: dict[str, RegionRow]) -> None:
    assert Counter(map(len, regions)) == {2: 34, 4: 342, 6: 2978, 9: 41352}
    assert sum(1 for _ in read_regions()) == len(regions), "a code stands twice"


def test_a_parent_comes_before_its_children(regions: dict[str, RegionRow]) -> None:
    seen: set[str] = set()
    for code in regions:
        shorter = [code[:length] for length in (2, 4, 6) if length < len(code)]
        assert all(parent in seen for parent in shorter), code
        seen.add(code)


def test_regions_without_lower_codes(regions: dict[str, RegionRow]) -> None:
    for code, name in (("71", "台湾省"), ("81", "香港特别行政区"), ("82", "澳门特别行政区")):
        assert regions[code].name == name
        assert [other for other in regions if other.startswith(code)] == [code]


@pytest.mark.parametrize("code", READINGS)
def test_reading(regions: dict[str, RegionRow], code: str) -> None:
    row = regions[code]
    assert (row.name, row.pinyin, row.initials) == READINGS[code]


def test_every_name_can_be_typed(regions: dict[str, RegionRow]) -> None:
    for row in regions.values():
        assert row.pinyin.isascii(), row
        assert row.pinyin.isalnum(), row
        assert row.initials[0] == row.pinyin[0], row


def test_coordinates_lie_in_china_and_near_their_province(regions: dict[str, RegionRow]) -> None:
    placed = [row for row in regions.values() if row.lat is not None and row.lng is not None]
    assert len(placed) == 376
    without = {row.code for row in regions.values() if row.lat is None and len(row.code) == 4}
    assert without == {"4190", "4290", "4690", "5002", "6590"}, "collective codes have no seat"
    for row in placed:
        assert 16 < row.lat < 54, row
        assert 73 < row.lng < 136, row
    # Two prefectures never share a seat: a slip of the pen would most likely repeat a line.
    seats = [(row.lat, row.lng) for row in placed if len(row.code) == 4]
    assert len(set(seats)) == len(seats)


def test_file_stays_small() -> None:
    folder = files("fieldapp.network.territory") / "data"
    (shipped,) = [entry for entry in folder.iterdir() if entry.name.endswith(".gz")]
    with shipped.open("rb") as file:
        assert len(file.read()) < 600_000
