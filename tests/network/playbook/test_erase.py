"""Deleting everything that was ever said about a contact's type."""

from tests.network.playbook.conftest import Talk


def test_nothing_of_it_is_left_but_that_it_was_deleted(talk: Talk) -> None:
    talk.set("quiet", "serious")
    talk.set("debater", "loud")
    talk.set("expert", of=talk.zeng)
    assert "Delete all of it" in talk.picker()
    answer = talk.as_("rep").post(f"/contacts/{talk.wang}/type/erasure")
    assert (answer.status_code, answer.location) == (303, f"/contacts/{talk.wang}/type")
    assert talk.rows() == []
    assert len(talk.rows(talk.zeng)) == 1
    page = talk.picker()
    assert "Deleted: nothing is kept" in page
    assert "Delete all of it" not in page
    *_others, last = talk.audited()
    assert (last.action, last.subject_id, last.changes) == ("playbook.erase", str(talk.wang), {"judgements": [2, 0]})
    for entry in talk.audited():
        assert not {"quiet", "debater", "serious"} & set(str(entry.changes).split("'"))


def test_with_nothing_there_nothing_happens(talk: Talk) -> None:
    assert talk.as_("rep").post(f"/contacts/{talk.wang}/type/erasure").status_code == 303
    assert talk.audited() == []


def test_outside_the_patch_nothing_is_deleted(talk: Talk) -> None:
    talk.set("quiet")
    for who in ("colleague", "stranger"):
        assert talk.as_(who).post(f"/contacts/{talk.wang}/type/erasure").status_code == 404
    assert len(talk.rows()) == 1


def test_a_page_that_showed_what_was_deleted_is_told(talk: Talk) -> None:
    talk.set("quiet")
    seen = talk.open_row()
    talk.as_("mate").post(f"/contacts/{talk.wang}/type/erasure")
    answer = talk.set("debater", was=seen)
    assert answer.status_code == 409
    assert "was deleted meanwhile" in answer.text
    assert talk.set("debater").status_code == 303
