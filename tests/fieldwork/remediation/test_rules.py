"""Every state × verb × who, against a table written down by hand from the customer's words and not from the code."""

from itertools import product

import pytest

from fieldapp.fieldwork.remediation.rules import (
    Actor,
    Facts,
    Limits,
    Refusal,
    Severity,
    TicketKind,
    TicketState,
    TicketVerb,
    batch_key,
    content,
    decide,
    level,
    severity_of,
)

# verb | states and where each leads | who. A verb or state that is missing here is refused.
EXPECTED = """
propose      | reported>proposed returned>proposed declined>proposed                     | rep supervisor
approve      | proposed>approved second>approved                                         | approver
approve_less | proposed>approved second>approved                                         | approver
return       | proposed>returned second>returned                                         | approver
decline      | proposed>declined second>declined                                         | approver
answer       | reported= OPEN_AFTER declined=                                            | rep supervisor
start        | approved>under_way                                                        | rep supervisor
step         | under_way=                                                                | rep supervisor
carry_out    | approved>carried_out under_way>carried_out                                | rep supervisor
ask_again    | carried_out=                                                              | rep supervisor
satisfied    | carried_out>solved                                                        | rep supervisor system
dissatisfied | carried_out>reported solved>reported                                      | rep supervisor system
close        | solved>closed declined>closed                                             | rep supervisor
withdraw     | reported>withdrawn proposed>withdrawn second>withdrawn returned>withdrawn | rep supervisor
comment      | reported= OPEN_AFTER declined= solved= closed= withdrawn=                 | rep supervisor admin
escalate     | reported= OPEN_AFTER                                                      | system
""".replace("OPEN_AFTER", "proposed= second= approved= returned= under_way= carried_out=")


def expectations() -> dict[tuple[str, str], str]:
    """{(state, verb): next state}, and of who in `PEOPLE`."""
    found = {}
    for line in EXPECTED.strip().splitlines():
        verb, moves, _who = (part.strip() for part in line.split("|"))
        for move in moves.split():
            state, sign, to = move.partition(">") if ">" in move else (move[:-1], "=", move[:-1])
            found[state, verb] = to if sign == ">" else state
    return found


def people() -> dict[str, set[str]]:
    lines = (line.split("|") for line in EXPECTED.strip().splitlines())
    return {verb.strip(): set(who.split()) for verb, _moves, who in lines}


NEXT, WHO = expectations(), people()
RELATIONS = [(proposer, first, needed) for proposer, first in product((False, True), repeat=2) for needed in (1, 2, 3)]


def expected(state: str, verb: str, actor: str, proposer: bool, first: bool, needed: int) -> str | None:
    """The next state, None when it is refused."""
    if (state, verb) not in NEXT:
        return None
    if WHO[verb] != {"approver"}:
        return NEXT[state, verb] if actor in WHO[verb] else None
    if proposer:
        return None
    if state == "proposed":
        if actor != "supervisor":
            return None
        return "second" if needed > 1 and verb.startswith("approve") else NEXT[state, verb]
    if first or actor not in ("supervisor", "admin") or (needed == 3 and actor != "admin"):
        return None
    return NEXT[state, verb]


def test_the_table_names_every_verb_and_state() -> None:
    assert set(WHO) == {verb.value for verb in TicketVerb}
    assert {state for state, _verb in NEXT} == {state.value for state in TicketState}


@pytest.mark.parametrize("state", list(TicketState))
@pytest.mark.parametrize("verb", list(TicketVerb))
def test_every_move(state: TicketState, verb: TicketVerb) -> None:
    for actor, (proposer, first, needed) in product(Actor, RELATIONS):
        facts = Facts(actor, True, proposer, first, needed)
        found = decide(state, verb, facts)
        wanted = expected(state.value, verb.value, actor.value, proposer, first, needed)
        if wanted is None:
            assert isinstance(found, Refusal), (state, verb, facts, found)
        else:
            assert found == wanted, (state, verb, facts)
            assert isinstance(found, TicketState)


@pytest.mark.parametrize("verb", list(TicketVerb))
def test_out_of_the_patch_nothing_is_possible(verb: TicketVerb) -> None:
    for state, actor in product(TicketState, Actor):
        assert decide(state, verb, Facts(actor, covers=False)) is Refusal.PATCH


def test_a_refusal_says_why() -> None:
    boss = Actor.SUPERVISOR
    proposed, second = TicketState.PROPOSED, TicketState.SECOND
    assert decide(proposed, TicketVerb.APPROVE, Facts(Actor.REP)) is Refusal.ROLE
    assert decide(proposed, TicketVerb.APPROVE, Facts(boss, proposer=True)) is Refusal.OWN
    assert decide(second, TicketVerb.APPROVE, Facts(boss, first=True, level=2)) is Refusal.TWICE
    assert decide(second, TicketVerb.APPROVE, Facts(boss, level=3)) is Refusal.ADMIN_NEEDED
    assert decide(TicketState.CLOSED, TicketVerb.APPROVE, Facts(boss)) is Refusal.STATE
    assert decide(TicketState.REPORTED, TicketVerb.ANSWER, Facts(Actor.REP, answered=True)) is Refusal.ANSWERED


@pytest.mark.parametrize(
    ("yuan", "severity", "wanted"),
    [
        (0, Severity.MINOR, 1),
        (500, Severity.NORMAL, 1),
        (500.01, Severity.NORMAL, 2),
        (5000, Severity.NORMAL, 2),
        (5000.01, Severity.MINOR, 3),
        (0, Severity.SEVERE, 2),
        (500.01, Severity.SEVERE, 3),
        (1_000_000, Severity.SEVERE, 3),
    ],
)
def test_how_high_a_remedy_is_approved(yuan: float, severity: Severity, wanted: int) -> None:
    assert level(round(yuan * 100), severity, Limits()) == wanted


def test_ill_animals_are_severe_whatever_was_given() -> None:
    assert severity_of(TicketKind.ANIMALS, Severity.MINOR, False) is Severity.SEVERE
    assert severity_of(TicketKind.QUALITY, Severity.MINOR, True) is Severity.SEVERE
    assert severity_of(TicketKind.QUALITY, Severity.MINOR, False) is Severity.MINOR


@pytest.mark.parametrize(
    ("solved", "score", "wanted"), [("yes", 3, True), ("yes", 2, False), ("partly", 5, False), ("no", 5, False)]
)
def test_when_a_customer_is_content(solved: str, score: int, wanted: bool) -> None:
    assert content(solved, score) is wanted


def test_batches_compare_without_case_and_space() -> None:
    assert batch_key("  20261102-a ") == batch_key("20261102-A")
