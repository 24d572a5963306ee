"""Every state × verb × who, against a table written down by hand and not from the code."""

from itertools import product

import pytest

from fieldapp.fieldwork.conflicts.rules import Actor, ConflictState, ConflictVerb, Facts, Refusal, decide

# verb | states and where each leads | who. A verb or state that is missing here is refused.
EXPECTED = """
note       | open= talking= agreed= followed_up= closed= dropped=                     | anyone
add_party  | open= talking=                                                           | anyone
link       | open= talking= agreed= followed_up=                                      | anyone
assign     | open= talking= agreed= followed_up=                                      | decider
meet       | open>talking talking= agreed=                                            | anyone
hold       | open>talking talking= agreed=                                            | anyone
cancel     | open= talking= agreed=                                                   | anyone
agree      | open>agreed talking>agreed                                               | both
add_point  | agreed= followed_up=                                                     | both
keep       | agreed= followed_up=                                                     | its
break      | agreed= followed_up=                                                     | its
plan_visit | agreed= followed_up=                                                     | its
follow_up  | agreed>followed_up followed_up=                                          | its
close      | followed_up>closed                                                       | owner
drop       | open>dropped talking>dropped                                             | owner
reopen     | agreed>talking followed_up>talking closed>talking dropped>talking        | anyone
"""


def table() -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """{(state, verb): next state}, {verb: who}."""
    moves, who = {}, {}
    for line in EXPECTED.strip().splitlines():
        verb, leads, by = (part.strip() for part in line.split("|"))
        who[verb] = by
        for lead in leads.split():
            state, _sign, to = lead.partition(">")
            moves[state.rstrip("="), verb] = to or state.rstrip("=")
    return moves, who


NEXT, WHO = table()


def expected(state: str, verb: str, facts: Facts) -> str | None:
    """The next state, None when it is refused."""
    may = {
        "anyone": True,
        "decider": facts.actor != "rep",
        "both": facts.covers_all,
        "its": facts.covers_it,
        "owner": facts.mine or facts.actor != "rep",
    }[WHO[verb]]
    return NEXT.get((state, verb)) if facts.covers and may else None


def test_every_state_verb_and_who() -> None:
    flags = list(product((True, False), repeat=4))
    for state, verb, actor, (covers, covers_all, covers_it, mine) in product(ConflictState, ConflictVerb, Actor, flags):
        facts = Facts(actor, covers, covers_all, covers_it, mine)
        found = decide(state, verb, facts)
        wanted = expected(state.value, verb.value, facts)
        assert (None if isinstance(found, Refusal) else found.value) == wanted, (state, verb, facts)
    assert {verb for _state, verb in NEXT} == set(ConflictVerb), "every verb stands in the table"


@pytest.mark.parametrize(
    ("state", "verb", "facts", "reason"),
    [
        ("closed", "agree", Facts(Actor.REP), Refusal.STATE),
        ("open", "note", Facts(Actor.REP, covers=False), Refusal.PATCH),
        ("open", "assign", Facts(Actor.REP), Refusal.ROLE),
        ("talking", "agree", Facts(Actor.REP, covers_all=False), Refusal.PARTIES),
        ("talking", "agree", Facts(Actor.ADMIN, parties=1), Refusal.ALONE),
        ("agreed", "keep", Facts(Actor.SUPERVISOR, covers_it=False), Refusal.PARTY),
        ("open", "drop", Facts(Actor.REP, mine=False), Refusal.OWNER),
        ("followed_up", "close", Facts(Actor.REP, promises=1), Refusal.PROMISES),
    ],
)
def test_a_refusal_says_why(state: str, verb: str, facts: Facts, reason: Refusal) -> None:
    assert decide(ConflictState(state), ConflictVerb(verb), facts) is reason


def test_it_is_followed_up_when_every_party_was_looked_at() -> None:
    assert decide(ConflictState.AGREED, ConflictVerb.FOLLOW_UP, Facts(Actor.REP, left=1)) is ConflictState.AGREED
    assert decide(ConflictState.AGREED, ConflictVerb.FOLLOW_UP, Facts(Actor.REP)) is ConflictState.FOLLOWED_UP
