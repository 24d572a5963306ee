"""Every state × verb × who against a table written by hand; which sale is suspicious, and which an approval covers."""

from datetime import date
from itertools import product

import pytest

from fieldapp.standing.crossarea.rules import (
    Actor,
    CaseState,
    CaseVerb,
    Facts,
    Into,
    Leave,
    Refusal,
    Sale,
    Verdict,
    allowed,
    decide,
    seller_of,
    suspicion,
)

# verb | states and where each leads | who (see `may`). A verb or state that is missing here is refused.
OPEN = "reported suspected investigating heard"
EXPECTED = f"""
investigate   | reported>investigating suspected>investigating                        | office
name          | reported>investigating investigating>investigating heard>investigating | office
hear_seller   | {OPEN}                                                                | seller
hear_harmed   | {OPEN}                                                                | found
excuse_seller | investigating heard                                                   | office
excuse_harmed | investigating heard                                                   | office
benign        | investigating>confirmed heard>confirmed                               | decider
malicious     | investigating>confirmed heard>confirmed                               | decider
dismiss       | reported>dismissed suspected>dismissed investigating>dismissed heard>dismissed | decider
agree         | confirmed>agreed agreed>agreed                                        | agreeing
settle        | agreed                                                                | office
appeal        | confirmed>appealed agreed>appealed settled>appealed                   | seller
uphold        | appealed                                                              | appeal
change        | appealed                                                              | appeal
overturn      | appealed>overturned                                                   | appeal
comment       | {OPEN} confirmed dismissed agreed settled appealed overturned         | anyone
gather        | {OPEN}                                                                | system
reopen        | dismissed>suspected                                                   | system
correct       | suspected>dismissed                                                   | system
"""
HEARINGS = {"hear_seller", "excuse_seller", "hear_harmed", "excuse_harmed"}


def table() -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    to, who = {}, {}
    for line in EXPECTED.strip().splitlines():
        verb, moves, person = (part.strip() for part in line.split("|"))
        who[verb] = person
        for move in moves.split():
            state, _sign, after = move.partition(">")
            to[state, verb] = after
    return to, who


TO, WHO = table()
FLAGS = ("covers_found", "covers_seller", "reporter", "first", "appellant", "seller_heard", "harmed_heard")


def may(person: str, facts: Facts) -> bool:
    if person == "system" or facts.actor is Actor.SYSTEM:
        return person == "system" and facts.actor is Actor.SYSTEM
    one, both = facts.covers_found or facts.covers_seller, facts.covers_found and facts.covers_seller
    office = facts.actor in (Actor.SUPERVISOR, Actor.ADMIN)
    field = facts.actor in (Actor.REP, Actor.SUPERVISOR)
    return {
        "office": office and one,
        "agreeing": office and both,
        "decider": office and both and not facts.reporter,
        "appeal": office and both and not (facts.reporter or facts.first or facts.appellant),
        "seller": field and facts.covers_seller,
        "found": field and facts.covers_found,
        "anyone": one or facts.reporter,
    }[person]


def expected(state: str, verb: str, facts: Facts) -> str | None:
    """The next state, None when it is refused."""
    if (state, verb) not in TO or not may(WHO[verb], facts):
        return None
    both = facts.seller_heard and facts.harmed_heard
    if verb in ("malicious", "change") and not both:  # the verdict in question is benign
        return None
    if verb in HEARINGS:
        others = facts.harmed_heard if verb.endswith("seller") else facts.seller_heard
        return "heard" if others else "investigating"
    if verb == "settle":
        return "settled"
    if verb in ("uphold", "change"):
        return "confirmed"
    return TO[state, verb] or state


def test_the_table_names_every_verb_and_state() -> None:
    assert set(WHO) == {verb.value for verb in CaseVerb}
    assert {state for state, _verb in TO} == {state.value for state in CaseState}


@pytest.mark.parametrize("verb", list(CaseVerb))
def test_every_move(verb: CaseVerb) -> None:
    for state, actor in product(CaseState, Actor):
        for values in product((False, True), repeat=len(FLAGS)):
            facts = Facts(actor, **dict(zip(FLAGS, values, strict=True)))
            found = decide(state, verb, facts, Verdict.BENIGN)
            wanted = expected(state.value, verb.value, facts)
            if wanted is None:
                assert isinstance(found, Refusal), (state, facts, found)
            else:
                assert found == wanted, (state, facts)


BOSS = Actor.SUPERVISOR
HEARD = {"seller_heard": True, "harmed_heard": True}


@pytest.mark.parametrize(
    ("state", "verb", "facts", "wanted"),
    [
        ("heard", "malicious", Facts(BOSS, **HEARD, reporter=True), Refusal.OWN),
        ("heard", "malicious", Facts(Actor.ADMIN, **HEARD, reporter=True), Refusal.OWN),
        ("heard", "malicious", Facts(BOSS, **HEARD, covers_seller=False), Refusal.BOTH),
        ("heard", "malicious", Facts(Actor.REP, **HEARD), Refusal.ROLE),
        ("investigating", "malicious", Facts(BOSS, seller_heard=True), Refusal.UNHEARD),
        ("investigating", "benign", Facts(BOSS), CaseState.CONFIRMED),
        ("investigating", "benign", Facts(BOSS, seller=False), Refusal.SELLER),
        ("investigating", "hear_seller", Facts(BOSS, seller=False), Refusal.SELLER),
        # Without a seller the supervisor of the place may dismiss it; of a white spot only the seller is heard.
        ("reported", "dismiss", Facts(BOSS, seller=False, covers_seller=False), CaseState.DISMISSED),
        ("suspected", "hear_seller", Facts(Actor.REP, harmed_side=False), CaseState.HEARD),
        ("investigating", "hear_harmed", Facts(BOSS, harmed_side=False), Refusal.STATE),
        ("investigating", "name", Facts(BOSS, fixed=True), Refusal.FIXED),
        ("confirmed", "appeal", Facts(Actor.REP, in_time=False), Refusal.LATE),
        ("appealed", "uphold", Facts(BOSS, first=True), Refusal.TWICE),
        ("appealed", "uphold", Facts(Actor.ADMIN, appellant=True), Refusal.TWICE),
        ("appealed", "uphold", Facts(Actor.ADMIN, measures=2, unsettled=1), CaseState.AGREED),
        ("appealed", "uphold", Facts(Actor.ADMIN, measures=2), CaseState.SETTLED),
        ("agreed", "settle", Facts(BOSS, measures=2, unsettled=1), CaseState.AGREED),
        ("dismissed", "malicious", Facts(BOSS, **HEARD), Refusal.STATE),
        ("heard", "comment", Facts(Actor.REP, covers_found=False, covers_seller=False), Refusal.PATCH),
        ("heard", "comment", Facts(Actor.REP, covers_found=False, covers_seller=False, reporter=True), CaseState.HEARD),
        # Whoever covers nothing but a seller that was never named covers nothing.
        ("reported", "investigate", Facts(BOSS, covers_found=False, seller=False), Refusal.PATCH),
    ],
)
def test_who_may_do_what_and_why_not(state: str, verb: str, facts: Facts, wanted: CaseState | Refusal) -> None:
    assert decide(CaseState(state), CaseVerb(verb), facts, Verdict.BENIGN) is wanted


def test_a_malicious_case_becomes_benign_on_appeal_without_a_hearing() -> None:
    assert decide(CaseState.APPEALED, CaseVerb.CHANGE, Facts(BOSS), Verdict.MALICIOUS) is CaseState.CONFIRMED


DAY = date(2026, 11, 20)


def sale(key: int = 1, **values: object) -> Sale:
    defaults: dict[str, object] = {
        "key": ("I1", key),
        "buyer": "D1",
        "product": "P10",
        "line": "pig",
        "day": DAY,
        "ordered": None,
        "home": "410102",
        "ship_to": "410203",
        "grams": 1_000_000,
        "amount": 300_000,
        "owners": frozenset({"D2"}),
    }
    return Sale(**{**defaults, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, Into.FOREIGN),
        ({"owners": frozenset({"D1", "D2"})}, None),  # shared: the buyer is among them
        ({"owners": frozenset()}, Into.WHITE),
        ({"ship_to": None, "owners": frozenset({"D1"})}, None),
        ({"ship_to": None}, Into.FOREIGN),  # his own town, which is another's area
        ({"ship_to": None, "home": None, "owners": frozenset()}, None),
        ({"grams": -1_000_000, "amount": -300_000}, None),  # a return
        ({"grams": 0, "amount": -5_000}, None),  # a discount
        ({"grams": 0, "amount": 5_000}, None),
        ({"amount": -1}, None),
        ({"amount": 0}, Into.FOREIGN),  # free goods flow across a border as well
    ],
)
def test_which_sale_is_suspicious(values: dict[str, object], wanted: Into | None) -> None:
    assert suspicion(sale(**values)) is wanted


LEAVE = Leave("D1", "P10", "410203", date(2026, 11, 18), date(2026, 11, 19), 2_000_000)


@pytest.mark.parametrize(
    ("values", "leaves", "wanted"),
    [
        ({}, [LEAVE], True),
        ({}, [], False),
        ({"buyer": "D3"}, [LEAVE], False),
        ({"product": "P11"}, [LEAVE], False),
        ({"ship_to": "410204"}, [LEAVE], False),
        ({"ship_to": "410203001"}, [LEAVE], True),  # a town of the county that was approved
        ({"ship_to": None, "home": "410203"}, [LEAVE], True),
        ({"grams": 2_000_001}, [LEAVE], False),
        ({"day": date(2026, 11, 22)}, [LEAVE], True),  # three days after its end
        ({"day": date(2026, 11, 23)}, [LEAVE], False),
        ({"day": date(2026, 11, 17)}, [LEAVE], False),
        ({"day": date(2026, 12, 20), "ordered": date(2026, 11, 19)}, [LEAVE], True),
        ({"day": date(2026, 11, 19), "ordered": date(2026, 11, 17)}, [LEAVE], False),
    ],
)
def test_which_sale_an_approval_covers(values: dict[str, object], leaves: list[Leave], wanted: bool) -> None:
    assert (allowed([sale(**values)], leaves, days=3) == {("I1", 1)}) is wanted


def test_an_approval_is_not_used_twice() -> None:
    sales = [sale(number, day=date(2026, 11, 18 + number)) for number in range(1, 4)]
    used = {("I1", 1), ("I1", 2)}
    assert allowed(sales, [LEAVE], days=3) == allowed(reversed(sales), [LEAVE], days=3) == used
    assert len(allowed(sales, [LEAVE, LEAVE], days=3)) == 3


@pytest.mark.parametrize(
    ("buyers", "owners", "wanted"),
    [
        (["D1"], ["D2"], "D1"),
        (["D1", "D2"], ["D2"], "D1"),
        (["D1", "D3"], ["D2"], None),
        (["D2"], ["D2"], None),
        ([], ["D2"], None),
    ],
)
def test_a_batch_names_its_seller_where_only_one_can_be(
    buyers: list[str], owners: list[str], wanted: str | None
) -> None:
    assert seller_of(buyers, owners) == wanted
