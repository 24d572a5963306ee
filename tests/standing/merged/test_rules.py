"""When two accounts look like one business: tables of what counts, what is discounted and what stays dismissed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.standing.grading.rules import CreditFacts
from fieldapp.standing.merged.rules import (
    MONTHS,
    Account,
    Change,
    Context,
    Evidence,
    Kind,
    Scored,
    Scoring,
    State,
    Verb,
    bunches,
    change_of,
    components,
    heirs,
    is_late,
    is_new,
    is_person,
    is_placeholder,
    matches,
    outcome,
    plain,
    score,
    succeeds,
    together,
    value_key,
    verbs,
    weight_of,
)
from fieldapp.trade.ledger.rules import LedgerFacts

POLICY = Scoring()
TONNE = 1_000_000


def evidence(*kinds: Kind, holders: int = 2) -> list[Evidence]:
    return [Evidence(kind, "k", holders) for kind in kinds]


def test_a_value_that_is_none_says_nothing() -> None:
    nothing = ("无", "暂无", "N/A", "13800000000", "00000000", "12345678901", "现金", "微信支付", "", "1", "66666666")
    assert [text for text in nothing if not is_placeholder(plain(text))] == []
    something = ("13937105521", "王建国", "6217 0001 2345 9870", "郑州丰源饲料有限公司", "92410102MA45XY7")
    assert [text for text in something if is_placeholder(plain(text))] == []


def test_a_name_that_a_person_bears() -> None:
    assert [is_person(name) for name in ("王建国", "欧阳修平", "郑州丰源饲料", "6217", "621700012345")] == [
        *(True, True),
        *(False, False, False),
    ]


def test_the_more_files_hold_a_value_the_less_it_says() -> None:
    weights = [weight_of(Kind.PHONE, holders, 8) for holders in range(1, 31)]
    assert weights[0] == 0
    assert weights[1] == 1
    assert weights[8:] == [0] * 22
    assert weights[1:9] == sorted(set(weights[1:9]), reverse=True)
    assert weight_of(Kind.CREDIT_CODE, 6, 8) == 1, "a company's code is its own, however many accounts it has"
    assert weight_of(Kind.CREDIT_CODE, 9, 8) == 0


@pytest.mark.parametrize(
    ("kinds", "holders", "context", "shown"),
    [
        ((Kind.CREDIT_CODE,), 2, Context(), True),
        ((Kind.PHONE,), 2, Context(), True),
        ((Kind.PHONE,), 5, Context(), False),  # an accountant's
        ((Kind.PHONE,), 30, Context(), False),  # a market's
        ((Kind.PAYER,), 2, Context(), True),
        ((Kind.ADDRESS,), 2, Context(), False),  # neighbours
        ((Kind.LEGAL_PERSON,), 2, Context(), False),  # a namesake
        ((Kind.ADDRESS, Kind.LEGAL_PERSON), 2, Context(), True),
        ((Kind.SHIFT,), 2, Context(), False),  # a better rival
        ((Kind.SHIFT, Kind.DELIVERY), 2, Context(), True),
        ((Kind.BUNCHED,), 2, Context(), False),
        ((Kind.DELIVERY,), 2, Context(), False),
        ((Kind.LEGAL_PERSON, Kind.BUNCHED), 2, Context(), False),
        ((Kind.PHONE, Kind.ADDRESS, Kind.SHIFT), 2, Context(succession=True), False),  # a business that was sold
        ((Kind.PHONE, Kind.ADDRESS, Kind.BANK_ACCOUNT), 2, Context(succession=True), True),  # its owner stayed
        ((Kind.PHONE,), 2, Context(open=True), False),  # a chain in the open
        ((Kind.BANK_ACCOUNT,), 2, Context(open=True), True),
    ],
)
def test_what_is_shown(kinds: tuple[Kind, ...], holders: int, context: Context, shown: bool) -> None:
    assert (score(evidence(*kinds, holders=holders), context, POLICY).score >= POLICY.show) is shown


def test_behaviour_counts_up_to_its_bound_and_the_score_ends_at_a_hundred() -> None:
    assert score(evidence(Kind.SHIFT, Kind.DELIVERY, Kind.BUNCHED), Context(), POLICY).score == POLICY.behaviour_most
    everything = score(evidence(*Kind), Context(), POLICY)
    assert everything.score == 100
    assert [points for _one, points in everything.evidence] == sorted(
        (points for _one, points in everything.evidence), reverse=True
    )
    twice = [Evidence(Kind.PHONE, "a"), Evidence(Kind.PHONE, "b", 3)]
    assert score(twice, Context(), POLICY).score == POLICY.phone, "of a kind the weightiest counts, once"


def test_a_value_is_remembered_without_being_kept() -> None:
    assert value_key("phone:13937105521") == value_key("phone:13937105521") != value_key("phone:13937105522")
    assert len(value_key("x")) == 8


def months(*changes: tuple[int, int], level: int = 20, earlier: int | None = None) -> list[int]:
    """Tonnes by month as grams: a level, from month `at` on another; `earlier`: what the first year was like."""
    found = [level] * MONTHS
    for at, tonnes in changes:
        found[at:] = [tonnes] * (MONTHS - at)
    return [tonnes * TONNE for tonnes in found]


@pytest.mark.parametrize(
    ("series", "found"),
    [
        (months(), None),
        (months((18, 4)), Change(18, -16 * TONNE)),
        (months((20, 40)), Change(20, 20 * TONNE)),
        (months((18, 14)), None),  # less than the percentage
        (months((18, 1), level=4), None),  # too little to speak of
        (months((18, 25), level=0), Change(18, 25 * TONNE)),  # a new account
        ([(35 if 4 <= month % 12 < 10 else 6) * TONNE for month in range(MONTHS)], None),  # the season, every year
    ],
)
def test_a_change_of_sales(series: list[int], found: Change | None) -> None:
    assert change_of(series, POLICY) == found


def test_what_one_lost_the_other_gained() -> None:
    fall = Change(18, -10 * TONNE)
    rises = [
        Change(18, 10),
        Change(19, 7),
        Change(17, 14),
        Change(20, 10),
        Change(18, 6),
        Change(18, 16),
        Change(18, -10),
    ]
    matched = [matches(fall, Change(at, tonnes * TONNE), POLICY) for at, tonnes in rises]
    assert matched == [True, True, True, False, False, False, False]


def test_the_end_of_a_month_and_who_orders_there() -> None:
    assert [is_late(date(2026, 2, day), 5) for day in (23, 24, 28)] == [False, True, True]
    assert is_late(date(2026, 12, 27), 5)
    assert not is_late(date(2026, 12, 26), 5)
    assert bunches(80 * TONNE, 100 * TONNE, 0.16, POLICY)
    assert not bunches(80 * TONNE, 100 * TONNE, 0.6, POLICY), "everybody orders then"
    assert not bunches(4 * TONNE, 4 * TONNE, 0.16, POLICY), "too little to speak of"


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ((0, 15), (16, 23), True),
        ((16, 23), (0, 16), True),
        ((0, 23), (10, 23), False),
        ((0, 18), (10, 23), False),
        (None, (3, 23), False),
        ((0, 10), (0, 23), False),
    ],
)
def test_a_business_that_was_sold(one: tuple[int, int] | None, other: tuple[int, int] | None, is_one: bool) -> None:
    assert succeeds(one, other) is is_one


def found(score_: int, *names: str) -> Scored:
    return Scored(score_, tuple((Evidence(Kind(name.split(":")[0]), name.split(":")[1]), 1) for name in names))


DISMISSED_WITH = ["phone:aa", "shift:24310", "bunched:one"]


@pytest.mark.parametrize(
    ("state", "what", "verb", "after"),
    [
        (None, found(39, "phone:aa"), None, None),
        (None, found(40, "phone:aa"), Verb.FOUND, State.OPEN),
        (State.OPEN, None, Verb.FADE, State.FADED),
        (State.OPEN, found(39, "phone:aa"), Verb.FADE, State.FADED),
        (State.OPEN, found(90, "phone:aa"), None, State.OPEN),
        (State.FADED, found(50, "phone:aa"), Verb.RETURNED, State.OPEN),
        (State.FADED, None, None, State.FADED),
        (State.WATCH, None, None, State.WATCH),
        (State.CONFIRMED, None, None, State.CONFIRMED),
        (State.DISMISSED, found(90, "phone:aa"), None, State.DISMISSED),
        (State.DISMISSED, found(90, "phone:aa", "bunched:other"), None, State.DISMISSED),
        (State.DISMISSED, found(90, "phone:aa", "shift:24312"), None, State.DISMISSED),
        (State.DISMISSED, found(90, "phone:aa", "shift:24316"), Verb.RETURNED, State.OPEN),
        (State.DISMISSED, found(90, "phone:bb"), Verb.RETURNED, State.OPEN),
        (State.DISMISSED, found(90, "phone:aa", "payer:aa"), Verb.RETURNED, State.OPEN),
        (State.DISMISSED, found(30, "phone:bb"), None, State.DISMISSED),
        (State.DISMISSED, None, None, State.DISMISSED),
    ],
)
def test_what_becomes_of_a_pair(
    state: State | None, what: Scored | None, verb: Verb | None, after: State | None
) -> None:
    result = outcome(state, DISMISSED_WITH if state is State.DISMISSED else (), what, POLICY)
    assert (result.verb, result.state) == (verb, after) if result else after is None


def test_what_a_person_may_do() -> None:
    assert verbs(State.OPEN) == [Verb.CONFIRM, Verb.DISMISS, Verb.WATCH]
    assert verbs(State.CONFIRMED) == [Verb.UNDO]
    assert verbs(State.DISMISSED) == [Verb.RECONSIDER]
    assert verbs(State.FADED) == []


pairs = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda pair: pair[0] != pair[1]), max_size=20)


@given(pairs)
def test_a_group_is_a_connected_component(edges: list[tuple[int, int]]) -> None:
    parts = components(edges)
    nodes = [node for part in parts for node in part]
    assert sorted(nodes) == sorted({node for edge in edges for node in edge}), "each in one group"
    of = {node: number for number, part in enumerate(parts) for node in part}
    assert all(of[one] == of[other] for one, other in edges)
    for part in parts:
        reached = {min(part)}
        for _step in part:
            reached |= {end for edge in edges for end in edge if set(edge) & reached}
        assert reached == part


every = [Evidence(kind, str(24_310 + key)) for kind in Kind for key in range(3)]


@given(st.lists(st.sampled_from(range(len(every))), max_size=10))
def test_what_was_dismissed_is_no_news(numbers: list[int]) -> None:
    known = {every[number].name for number in numbers}
    assert not any(is_new(every[number], known) for number in numbers)
    assert is_new(Evidence(Kind.PHONE, "never seen"), known)


def test_a_group_goes_on_where_most_of_it_is() -> None:
    before = {1: 100, 2: 100, 3: 100, 4: 200}
    assert heirs([frozenset({1, 2}), frozenset({3, 9})], before) == [100, None]
    assert heirs([frozenset({1, 2, 3, 4})], before) == [100]
    assert heirs([frozenset({3}), frozenset({4, 1})], before) == [100, 200]


def test_counted_as_one() -> None:
    own = CreditFacts("B", 500, date(2026, 12, 31), False)
    owed = LedgerFacts(100, 10, 3)
    assert together(own, owed, [], 1000) == (own, owed)
    others = [Account("d2", 400, False, LedgerFacts(700, 50, 20)), Account("d3", None, False, LedgerFacts(-30))]
    credit, ledger = together(own, owed, others, 10_000)
    assert (credit.limit, credit.grade, credit.frozen, credit.together) == (900, "B", False, ("d2", "d3"))
    assert (ledger.outstanding, ledger.overdue, ledger.overdue_days) == (770, 60, 20)
    assert together(own, owed, others, 600)[0].limit == 600, "capped once"
    assert together(own, owed, others, 300)[0].limit == 500, "never less than one of them has by itself"
    frozen = Account("d4", 0, True, LedgerFacts())
    assert together(own, owed, [frozen], 600)[0].frozen
    assert together(CreditFacts(), owed, [Account("d2", None, False, owed)], 600)[0].limit is None
