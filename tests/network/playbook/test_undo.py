"""Undo: what stood before holds again, and the history stays."""

from uuid import uuid4

from fieldapp.network.playbook.rules import CustomerType
from tests.network.playbook.conftest import Talk

QUIET, DEBATER = CustomerType.QUIET, CustomerType.DEBATER


def present(talk: Talk) -> object:
    row = talk.open_row()
    assert row is not None
    return row.id


def test_what_stood_before_holds_again_with_what_was_seen(talk: Talk) -> None:
    talk.set("quiet", "serious")
    talk.set("debater", "loud", who="mate")
    answer = talk.undo(present(talk))
    assert (answer.status_code, answer.location) == (303, f"/contacts/{talk.wang}/type")
    rows = talk.rows()
    assert [(row.type, row.observed) for row in rows] == [
        (QUIET, ["serious"]),
        (DEBATER, ["loud"]),
        (QUIET, ["serious"]),
    ]
    assert [row.ended_at is None for row in rows] == [False, False, True]
    assert "Undone." in talk.picker()
    assert talk.audited()[-1].action == "playbook.restore"


def test_undoing_the_first_leaves_nothing_set(talk: Talk) -> None:
    talk.set("quiet", "serious")
    row = present(talk)
    assert talk.undo(row).status_code == 303
    assert talk.open_row() is None
    assert "Undo<" not in talk.picker()
    assert talk.page().count("Type?") == 2
    assert talk.undo(row).status_code == 303, "a second tap"
    assert [entry.action for entry in talk.audited()] == ["playbook.classify", "playbook.restore"]
    assert talk.set("debater").status_code == 303


def test_a_second_tap_undoes_nothing_more(talk: Talk) -> None:
    talk.set("quiet", "serious")
    talk.set("debater")
    row = present(talk)
    assert talk.undo(row).status_code == talk.undo(row).status_code == 303
    assert len(talk.rows()) == 3
    again = talk.open_row()
    assert again is not None
    assert again.type is QUIET


def test_an_undo_that_comes_late_is_told(talk: Talk) -> None:
    talk.set("quiet")
    row = present(talk)
    talk.set("debater", who="mate")
    answer = talk.undo(row)
    assert answer.status_code == 409
    assert "Mate was quicker" in answer.text
    assert talk.undo(uuid4()).status_code == talk.undo("").status_code == talk.undo("x").status_code == 409
    assert [entry.action for entry in talk.audited()] == ["playbook.classify"] * 2


def test_a_judgement_of_the_person_before_does_not_come_back(talk: Talk) -> None:
    talk.set("quiet")
    talk.rename("Zhao")
    talk.set("debater")
    assert talk.undo(present(talk)).status_code == 303
    assert talk.open_row() is None


def test_outside_the_patch_and_for_another_contact_nothing_is_undone(talk: Talk) -> None:
    talk.set("quiet")
    row = present(talk)
    assert talk.undo(row, who="colleague").status_code == 404
    other = talk.as_("rep").post(f"/contacts/{talk.zeng}/type/restoration", {"was": row})
    assert other.status_code == 409
    assert present(talk) == row
