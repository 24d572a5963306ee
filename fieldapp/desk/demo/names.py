"""Invented people, businesses and numbers of the demo company. Every function draws from the `Random` it is given."""

from random import Random

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜萧"
_GIVEN_MEN = (
    "建国",
    "建军",
    "志强",
    "国庆",
    "永刚",
    "海涛",
    "卫东",
    "红军",
    "学军",
    "文斌",
    "俊杰",
    "保国",
    "玉柱",
    "金山",
    "长河",
    "新民",
    "明亮",
    "振华",
    "德胜",
    "广田",
    "守义",
    "全福",
    "春雷",
    "立新",
    "向阳",
    "兴旺",
    "来喜",
    "树林",
    "大伟",
    "鹏飞",
    "浩然",
    "子轩",
    "磊",
    "强",
    "军",
    "勇",
    "伟",
    "涛",
    "超",
    "斌",
    "亮",
    "峰",
)
_GIVEN_WOMEN = (
    "秀英",
    "桂兰",
    "玉梅",
    "凤霞",
    "春燕",
    "丽娟",
    "海霞",
    "素芳",
    "爱华",
    "翠萍",
    "红梅",
    "淑珍",
    "雪梅",
    "晓丽",
    "小芳",
    "敏",
    "静",
    "丽",
    "艳",
    "娟",
    "霞",
    "燕",
    "玲",
)

_BRAND_FIRST = "鑫宏丰瑞康金盛泰兴万德益惠顺恒广永福祥聚"
_BRAND_SECOND = "牧农丰源旺达隆泰禾康盛发民田诚润茂和"
_COMPANIES = (
    "饲料有限公司",
    "农牧有限公司",
    "畜牧有限公司",
    "牧业有限公司",
    "农牧科技有限公司",
    "商贸有限公司",
    "养殖服务有限公司",
)
_SHOPS = (
    "饲料经营部",
    "饲料门市部",
    "饲料店",
    "兽药饲料经营部",
    "畜牧服务部",
    "农资饲料经营部",
    "饲料批发部",
)
_ROADS = (
    "人民路",
    "建设路",
    "振兴路",
    "健康路",
    "工业路",
    "迎宾大道",
    "东环路",
    "西环路",
    "文化路",
    "解放路",
    "中原路",
    "农贸市场",
    "汽车站对面",
)

# Letters and digits of GB 32100-2015, without I, O, S, V, Z; the value is the position.
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def person(random: Random) -> str:
    """A full name: one of the common surnames and a given name; three men to one woman, as in the trade."""
    given = random.choice(_GIVEN_WOMEN if random.random() < 0.25 else _GIVEN_MEN)
    return random.choice(_SURNAMES) + given


def company(random: Random, place: str) -> str:
    """A registered company: place, made-up brand, trade."""
    first = random.choice(_BRAND_FIRST)
    second = random.choice([sign for sign in _BRAND_SECOND if sign != first])
    return f"{place}{first}{second}{random.choice(_COMPANIES)}"


def shop(random: Random, place: str, owner: str) -> str:
    """A family business: place, its owner's name or nickname, trade."""
    style = random.random()
    if style < 0.4:
        called = f"老{owner[0]}"
    elif style < 0.7:
        called = owner
    else:
        called = random.choice(_BRAND_FIRST) + random.choice(_BRAND_SECOND)
    return f"{place}{called}{random.choice(_SHOPS)}"


def street_address(random: Random) -> str:
    """Street and number within a township."""
    road = random.choice(_ROADS)
    return f"{road}{random.randint(1, 288)}号" if road.endswith(("路", "道")) else road


def phone(random: Random) -> str:
    """Eleven digits in the form of a mobile number. No carrier has been given 154: nobody's telephone rings."""
    return f"154{random.randrange(10**8):08d}"


def bank_account(random: Random) -> str:
    """Nineteen digits like a card of a rural bank, with a wrong check digit: it can be nobody's account."""
    body = f"622999{random.randrange(10**12):012d}"
    total = 0
    for position, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    right = -total % 10
    return f"{body}{(right + 1) % 10}"


def credit_code(random: Random, county: str, registered: bool) -> str:
    """A unified social credit code (GB 32100-2015), 18 characters with both check characters right.

    `county` — six digits; `registered` — a company (91), otherwise a sole trader (92).
    """
    organisation = "MA" + "".join(random.choice(_CREDIT_ALPHABET) for _ in range(6))
    body = ("91" if registered else "92") + county + organisation + _organisation_check(organisation)
    return body + credit_check(body)


def _organisation_check(body: str) -> str:
    """The ninth character of an organisation code (GB 11714)."""
    total = sum(
        _ORGANISATION_ALPHABET.index(sign) * weight for sign, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    return "0123456789X"[-total % 11]


def credit_check(body: str) -> str:
    """The 18th character for the first 17 of a unified social credit code."""
    total = sum(_CREDIT_ALPHABET.index(sign) * weight for sign, weight in zip(body, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT_ALPHABET[-total % 31]
