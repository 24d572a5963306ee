"""Taking a contact for a type: who, when, by what; what the pages show then; two at once."""

import sqlalchemy as sa

from fieldapp.core.db import db
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.playbook.models import ContactType
from fieldapp.network.playbook.rules import CustomerType
from tests.desk.approvals.test_decide_at_once import at_once
from tests.network.playbook.conftest import Talk

QUIET, DEBATER = CustomerType.QUIET, CustomerType.DEBATER


def test_a_tap_saves_the_type_with_what_was_seen(talk: Talk) -> None:
    answer = talk.set("quiet", "silent", "serious")
    assert (answer.status_code, answer.location) == (303, f"/distributors/{talk.distributor}")
    (row,) = talk.rows()
    assert (row.type, row.observed, row.of_name, row.ended_at) == (QUIET, ["serious", "silent"], "Wang", None)
    assert "Saved for Wang: Quiet." in talk.page()


def test_the_distributor_s_page_asks_or_shows_the_type_and_how_to_talk(talk: Talk) -> None:
    before = talk.page()
    assert before.count("Type?") == 2
    assert "How to talk with them" not in before
    talk.set("quiet", "serious")
    page = talk.page()
    assert page.count("Type?") == 1, "Zeng's"
    assert page.count(f'href="/contacts/{talk.wang}/type"') == 1
    for piece in ("How to talk with them", "Invite questions", "Leave a silence", "Do not fill every silence"):
        assert piece in page, piece
    assert "Prepare as much as you can" not in page, "a few lines; the rest stands on the type's page"
    assert 'href="/playbook/quiet"' in page


def test_each_classified_contact_has_a_card_the_main_one_first(talk: Talk) -> None:
    talk.set("debater", of=talk.zeng)
    talk.set("quiet")
    page = talk.page()
    cards = page[page.index("How to talk with them") :]
    assert cards.index(">Wang<") < cards.index(">Zeng<")


def test_none_fits_is_an_answer_of_its_own(talk: Talk) -> None:
    assert talk.set("none", "shy").status_code == 303
    (row,) = talk.rows()
    assert (row.type, row.observed) == (None, ["shy"])
    assert "Type?" in talk.page()
    assert "How to talk with them" not in talk.page()
    assert "None of the eight types fits" in talk.picker()


def test_who_set_it_and_when_and_what_stood_before_is_kept(talk: Talk) -> None:
    talk.set("quiet", "serious")
    talk.set("debater", "loud", who="mate")
    first, second = talk.rows()
    assert first.ended_at == second.set_at
    assert second.ended_at is None
    page = talk.picker("boss")
    assert "Mate" in page[: page.index("History")]
    history = page[page.index("History") :]
    assert "Quiet" in history
    assert "Serious" in history
    assert "Rep" in history


def test_the_audit_says_that_it_was_done_but_not_what(talk: Talk) -> None:
    talk.set("quiet", "serious")
    talk.set("debater")
    first, second = talk.audited()
    rows = talk.rows()
    assert (first.action, first.subject_type, first.subject_id) == ("playbook.classify", "contact", str(talk.wang))
    assert first.changes == {"judgement": [None, str(rows[0].id)]}
    assert second.changes == {"judgement": [str(rows[0].id), str(rows[1].id)]}


def test_an_unknown_type_is_named_and_the_ticks_stay(talk: Talk) -> None:
    for given in ("", "Quiet", "x" * 100):
        answer = talk.set(given, "serious")
        assert answer.status_code == 422
        assert f"“{given[:40]}” is not one of the eight types" in answer.text
        assert 'value="serious" checked' in answer.text
    assert talk.rows() == []


def test_outside_the_patch_nothing_can_be_set(talk: Talk) -> None:
    for who in ("colleague", "stranger"):
        assert talk.set("quiet", who=who).status_code == 404
    assert talk.rows() == []
    assert talk.set("quiet", who="admin").status_code == 303


def test_the_same_said_again_changes_nothing(talk: Talk) -> None:
    talk.set("quiet", "serious")
    assert talk.set("quiet", "serious", was=None).status_code == 303, "a second tap of the same page"
    assert talk.set("quiet", "serious").status_code == 303
    assert len(talk.rows()) == len(talk.audited()) == 1
    talk.set("quiet", "serious", "silent")
    assert len(talk.rows()) == 2, "seen more"
    talk.set("quiet", "serious", "silent", who="mate")
    assert len(talk.rows()) == 3, "somebody else sees it too"


def test_the_second_of_two_is_told_and_keeps_the_ticks(talk: Talk) -> None:
    talk.set("quiet", "serious")
    late = talk.set("debater", "loud", who="mate", was=None)
    assert late.status_code == 409
    assert "Nothing was saved: Rep was quicker" in late.text
    assert 'value="loud" checked' in late.text
    assert [row.type for row in talk.rows()] == [QUIET]
    # The page that told it knows what stands now: once more, and it is set.
    assert f'name="was" value="{talk.rows()[0].id}"' in late.text
    assert talk.set("debater", "loud", who="mate").status_code == 303
    stale = talk.set("expert", was=talk.rows()[0].id)
    assert stale.status_code == 409
    assert "Mate was quicker" in stale.text


def tap(talk: Talk, who: str, address: str, kind: str, row: ContactType | None) -> object:
    visitor = talk.as_(who)
    form = {"type": kind, "was": row.id if row else "", "csrf_token": visitor.csrf()}
    return lambda: visitor.client.post(address, data=form)


def test_of_two_at_the_same_moment_one_is_saved(talk: Talk) -> None:
    """The first judgement ever, then one in place of another."""
    address = f"/contacts/{talk.wang}/type"
    for mine, yours in (("quiet", "debater"), ("expert", "friendly"), ("cautious", "traditional")):
        row = talk.open_row()
        taps = [tap(talk, who, address, kind, row) for who, kind in (("rep", mine), ("mate", yours))]
        answers = at_once(*taps)
        assert sorted(answer.status_code for answer in answers) == [303, 409]
        present = [row.type for row in talk.rows() if row.ended_at is None]
        assert present == [mine if answers[0].status_code == 303 else yours]
    assert len(talk.rows()) == len(talk.audited()) == 3


def test_four_taps_at_once_save_once(talk: Talk) -> None:
    rep = talk.as_("rep")
    form = {"type": "quiet", "seen": ["serious"], "was": "", "csrf_token": rep.csrf()}
    clients = [talk.app.test_client() for _tap in range(4)]
    for client in clients:
        with client.session_transaction() as session, rep.client.session_transaction() as known:
            session.update(known)
    address = f"/contacts/{talk.wang}/type"
    answers = at_once(*(lambda client=client: client.post(address, data=form) for client in clients))
    assert {answer.status_code for answer in answers} == {303}
    assert len(talk.rows()) == len(talk.audited()) == 1


def test_what_was_said_of_one_person_does_not_pass_to_the_next(talk: Talk) -> None:
    talk.set("quiet", "serious")
    talk.rename("Zhao")
    assert talk.page().count("Type?") == 2
    assert "How to talk with them" not in talk.page()
    page = talk.picker()
    assert "A type was set for Wang" in page
    assert " checked>" not in page
    assert talk.set("debater").status_code == 303
    assert [(row.of_name, row.type) for row in talk.rows()] == [("Wang", QUIET), ("Zhao", DEBATER)]
    assert "then named Wang" in talk.picker()


def test_it_goes_when_the_contact_goes(talk: Talk) -> None:
    talk.set("quiet")
    talk.set("debater")
    talk.set("expert", of=talk.zeng)
    talk.change(sa.delete(Contact).where(Contact.id == talk.wang))
    assert talk.rows() == []
    assert len(talk.rows(talk.zeng)) == 1
    with talk.app.app_context():
        db.session.delete(db.session.get(Distributor, talk.distributor))
        db.session.commit()
    assert talk.rows(talk.zeng) == []


def test_no_list_or_file_carries_it(talk: Talk) -> None:
    talk.set("debater", "loud")
    assert "Debater" in talk.page(), "and the message is gone with it"
    for path in ("/distributors", "/distributors/export.csv", "/deals/new?q=D001", "/"):
        text = talk.as_("rep").get(path).text
        assert "ebater" not in text, path
    assert "D001" in talk.as_("rep").get("/distributors/export.csv").text
