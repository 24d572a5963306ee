"""What the demo's customers have said over half a year: answered and told back, a few that still wait, one overdue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from fieldapp.core.clock import SHANGHAI, When
from fieldapp.core.db import db, uuid7
from fieldapp.fieldwork.feedback import actions
from fieldapp.fieldwork.feedback.actions import Said
from fieldapp.fieldwork.feedback.models import Remark
from fieldapp.fieldwork.feedback.rules import EffectResult, RemarkKind, TellWay, Theme
from fieldapp.network.distributors.models import Distributor
from fieldapp.network.distributors.rules import Status
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.notices.models import Notice
from fieldapp.trade.products.models import Product

from .network import PER_REP, draw

COUNT = 40
DAYS = 150
_WAITING = {35, 37, 38, 39}  # not answered yet, of the latest
_UNTOLD = {31, 34, 36}  # answered, and the customer does not know yet
_FRESH = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A remark and what we said to it. `animal` and `result`: of a product effect."""

    kind: RemarkKind
    theme: Theme | None
    text: str
    answer: str
    animal: str = ""
    result: EffectResult | None = None


_P, _S, _C, _E = RemarkKind.PRAISE, RemarkKind.SUGGESTION, RemarkKind.COMPLAINT, RemarkKind.EFFECT
# Data of the demo, in the language of its people.
SPOKEN = (
    Spoken(_C, Theme.DELIVERY, "周二订的货周六才到，养殖户差点断料。", "物流已调整，郑州线改为隔日发车。"),
    Spoken(_E, None, "换料两周，采食量上来了，毛色也亮。", "感谢反馈，已转技术部跟踪。", "育肥猪", EffectResult.BETTER),
    Spoken(_S, Theme.PROMOTION, "希望年底搞一次养殖户订货会，公司出讲师。", "十二月中旬安排一场，讲师已定。"),
    Spoken(_C, Theme.PACKAGING, "这批袋子缝口松，搬运时漏料。", "已通知包装车间换线，破损按实补货。"),
    Spoken(_P, Theme.SERVICE, "业务员每周都来，对账清清楚楚。", "谢谢肯定，我们继续保持。"),
    Spoken(_C, Theme.PRICE, "隔壁县卖得比我进价还低，生意没法做。", "已核查，是串货，处理结果会当面告知。"),
    Spoken(_E, None, "蛋鸡产蛋率掉了三个点，换回老料才恢复。", "技术员本周上门取样检测。", "蛋鸡", EffectResult.WORSE),
    Spoken(_S, Theme.PAYMENT, "返利能不能按季度结，半年太长。", "已报财务，明年一季度起试行按季结算。"),
    Spoken(_P, Theme.QUALITY, "今年料稳定，养殖户没有一个退货的。", "感谢信任。"),
    Spoken(_C, Theme.SERVICE, "打了两次电话，技术员都没来。", "技术员已补上门，并向客户致歉。"),
    Spoken(_S, Theme.PACKAGING, "小户想要 20 公斤的小包装。", "小包装三月上市，先留二十袋试销。"),
    Spoken(_E, None, "和以前用的料差不多，看不出区别。", "建议按推荐日龄转料，再看一个月。", "肉鸭", EffectResult.SAME),
    Spoken(_C, Theme.DELIVERY, "到货少了两袋，司机说出厂就这样。", "已核对出库单，少的两袋下车补上。"),
    Spoken(_S, Theme.PRICE, "涨价能不能提前一周通知，好备货。", "以后调价提前七天通知经销商。"),
    Spoken(_P, Theme.PROMOTION, "上次买赠活动效果好，一周卖了十五吨。", "下月再做一轮，名额先给您留。"),
    Spoken(_C, Theme.QUALITY, "有一批料颜色发暗，养殖户不放心。", "取样检测合格，报告已发，原因是换了玉米产地。"),
    Spoken(_S, Theme.OTHER, "想要一套养殖记录本发给大户。", "已寄二十套。"),
)
TOLD = ("客户表示认可。", "客户说再看看效果。", "老板很高兴，说早该这样。", "")


def write(seed: int, supervisor: str, now: datetime) -> None:
    """Forty remarks of the first reps' distributors, noted, answered and told back by those who do it."""
    random = draw(seed, "feedback", 0)
    boss = viewer_of(db.session.scalars(sa.select(User).where(User.username == supervisor)).one())
    stores = db.session.execute(
        sa.select(Distributor.id, Distributor.code, Distributor.name, Distributor.region_code, Distributor.rep_id)
        .where(Distributor.rep_id.is_not(None), Distributor.status != Status.ENDED)
        .order_by(Distributor.code_key)
        .limit(2 * PER_REP)
    ).all()
    if not stores:
        return
    products = db.session.scalars(
        sa.select(Product.id).where(Product.active).order_by(Product.code_key).limit(12)
    ).all()
    users = db.session.scalars(sa.select(User).where(User.id.in_({store.rep_id for store in stores})))
    reps = {user.id: viewer_of(user) for user in users}
    for number in range(COUNT):
        store, spoken = random.choice(stores), SPOKEN[number % len(SPOKEN)]
        at = _moment(random, DAYS * (COUNT - number - 1) // COUNT, now)
        remark = _take_down(random, reps[store.rep_id], store, spoken, products, at)
        if number not in _WAITING:
            _answer(random, (boss, reps[store.rep_id]), remark, spoken, at, now, told=number not in _UNTOLD)
    # Whom the past was told of has read it.
    db.session.execute(
        sa.update(Notice).where(Notice.made_at < now - _FRESH, Notice.read_at.is_(None)).values(read_at=now)
    )


def _moment(random: Random, days: int, now: datetime) -> datetime:
    """At a time of the working day, so many days ago."""
    day = (now - timedelta(days=days)).astimezone(SHANGHAI)
    return min(day.replace(hour=9 + random.randrange(8), minute=random.randrange(60)), now)


def _take_down(
    random: Random, rep: Viewer, store: Any, spoken: Spoken, products: Sequence[UUID], at: datetime
) -> Remark:
    said = Said(spoken.kind, spoken.text, spoken.theme)
    if products and (spoken.result is not None or spoken.theme in (Theme.QUALITY, Theme.PACKAGING)):
        product, batch = random.choice(products), f"{at:%y%m%d}-{random.randrange(1, 5)}"
        of_animals: dict[str, Any] = {}
        if spoken.result is not None:
            head, days = random.randrange(2, 40) * 50, random.randrange(10, 60)
            of_animals = {"animal": spoken.animal, "head": head, "days": days, "result": spoken.result}
        said = Said(spoken.kind, spoken.text, spoken.theme, product, batch, **of_animals)
    day = at.astimezone(SHANGHAI).date()
    return actions.take_down(rep, key=uuid7(), distributor=store, said=said, when=When(at, at, day))


def _answer(
    random: Random,
    people: tuple[Viewer, Viewer],
    remark: Remark,
    spoken: Spoken,
    at: datetime,
    now: datetime,
    *,
    told: bool,
) -> None:
    """Whoever answers it does; the rep tells the customer some days later."""
    boss, rep = people
    answered = min(at + timedelta(hours=random.randrange(3, 60)), now - timedelta(hours=3))
    if rep.id != remark.owner_id and not boss.covers(remark.region_code):
        return
    by = rep if rep.id == remark.owner_id else boss
    actions.answer(by, remark, spoken.answer, answered, answered.astimezone(SHANGHAI).date())
    if told:
        later = min(answered + timedelta(hours=random.randrange(5, 90)), now - timedelta(hours=1))
        actions.tell_back(rep, remark, random.choice(tuple(TellWay)), random.choice(TOLD), later)
