"""A rep finds his distributors by whatever he remembers of them, and nobody else's."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade

from fieldapp.core.db import db
from fieldapp.network.distributors.actions import rebuild, reindex
from fieldapp.network.distributors.models import Contact, Distributor
from fieldapp.network.distributors.queries import search
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.accounts.viewer import Viewer
from tests import cast

NAMES = {
    "D001": ("河南丰禾饲料有限公司", "410102"),
    "D002": ("郑州丰禾农牧经营部", "410105"),
    "D003": ("单县曾记饲料", "371722"),
    "D004": ("武汉丰禾饲料", "420106"),
    "D005": ("丰禾饲料总店", "410103"),
    "D006": ("无处饲料", None),
}


@pytest.fixture
def viewers(app: Flask, people: dict[str, User]) -> Iterator[dict[str, Viewer]]:
    with app.app_context():
        rows = [cast.make_distributor(code, region, name=name) for code, (name, region) in NAMES.items()]
        rows[0].contacts.append(Contact(name="曾小红", phone="139 2222 8765"))
        reindex(row.id for row in rows)
        db.session.commit()
        yield {name: viewer_of(user) for name, user in people.items()}


def codes(viewer: Viewer, text: str, limit: int = 50) -> list[str]:
    return [found.code for found in search(viewer, text, limit)]


@pytest.mark.parametrize(
    "text", ["河南", "henan", "hnfh", "D001", "d001", " D001 ", "曾小红", "zeng", "8765", "1392222"]
)
def test_by_anything_known(viewers: dict[str, Viewer], text: str) -> None:
    assert codes(viewers["rep"], text)[0] == "D001"


def test_only_in_the_patch(viewers: dict[str, Viewer]) -> None:
    assert codes(viewers["rep"], "丰禾") == ["D005", "D001", "D002"]
    assert codes(viewers["colleague"], "丰禾") == ["D004"]
    assert codes(viewers["boss"], "丰禾") == ["D005", "D001", "D004", "D002"]
    assert codes(viewers["stranger"], "丰禾") == []
    assert codes(viewers["stranger"], "D001") == []
    assert set(codes(viewers["admin"], "饲料")) == {"D001", "D003", "D004", "D005", "D006"}


def test_nobody_without_a_patch_sees_anything(viewers: dict[str, Viewer]) -> None:
    nobody = viewer_of(cast.make_user("new"))
    assert codes(nobody, "饲料") == []


def test_order_exact_code_then_beginning_then_name(viewers: dict[str, Viewer]) -> None:
    odd = cast.make_distributor("丰禾", "410102", name="正大")
    reindex([odd.id])
    assert codes(viewers["rep"], "丰禾") == ["丰禾", "D005", "D001", "D002"]
    assert codes(viewers["rep"], "zz") == ["D002"]


@pytest.mark.parametrize(
    "text", ["", "   ", "🐖", '"', "'", "* OR 丰", "丰" * 300, "(", "%", "_", "\\", "\x00", "-丰禾x", "丰禾\n"]
)
def test_no_text_is_an_error(viewers: dict[str, Viewer], text: str) -> None:
    assert isinstance(codes(viewers["admin"], text), list)


def test_an_edit_is_found_at_once_and_the_old_name_no_more(viewers: dict[str, Viewer]) -> None:
    row = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D001")).one()
    row.name = "开封大河牧业"
    row.contacts[0].phone = "13711112222"
    assert reindex([row.id]) == 1
    assert codes(viewers["rep"], "大河") == ["D001"]
    assert codes(viewers["rep"], "dahe") == ["D001"]
    assert codes(viewers["rep"], "2222") == ["D001"]
    assert "D001" not in codes(viewers["rep"], "丰禾")
    assert "D001" not in codes(viewers["rep"], "hnfh")
    assert row.pinyin != "kaifengdahemuye"  # the row in memory is told nothing
    db.session.refresh(row)
    assert row.pinyin == "kaifengdahemuye"


def test_a_move_to_another_region_moves_it_to_the_other_patch(viewers: dict[str, Viewer]) -> None:
    row = db.session.scalars(sa.select(Distributor).where(Distributor.code == "D002")).one()
    row.region_code = "420106"
    reindex([row.id])
    assert "D002" not in codes(viewers["rep"], "郑州")
    assert codes(viewers["colleague"], "郑州") == ["D002"]


def test_what_did_not_change_is_not_written(viewers: dict[str, Viewer]) -> None:
    keys = list(db.session.scalars(sa.select(Distributor.id)))
    assert reindex(keys) == 0


def test_a_rebuild_finds_the_same(viewers: dict[str, Viewer]) -> None:
    before = codes(viewers["admin"], "丰禾")
    assert rebuild() == len(NAMES)
    assert codes(viewers["admin"], "丰禾") == before


def test_the_migration_fills_the_index_of_a_company_that_is_there(app: Flask, viewers: dict[str, Viewer]) -> None:
    before = codes(viewers["boss"], "丰禾")
    db.session.remove()
    downgrade(revision="0002")
    upgrade()
    db.session.remove()
    assert codes(viewers["boss"], "丰禾") == before != []


def test_past_the_candidates_the_best_still_come_first(viewers: dict[str, Viewer]) -> None:
    rows = [cast.make_distributor(f"Z{number:04}", "410102", name=f"大江丰禾{number:04}") for number in range(260)]
    late = cast.make_distributor("Z9999", "410102", name="丰禾一号店")
    reindex([*(row.id for row in rows), late.id])
    found = codes(viewers["rep"], "丰禾")
    assert len(found) == 50
    assert set(found[:2]) == {"D005", "Z9999"}
    assert codes(viewers["rep"], "丰禾", limit=3) == found[:3]
