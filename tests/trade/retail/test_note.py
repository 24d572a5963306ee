"""A price seen in a shop: per tonne whatever the board says, once for its key, with its photo."""

from datetime import timedelta
from io import BytesIO

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image

from fieldapp.core import storage
from fieldapp.core.contents import JPEG, Content
from fieldapp.core.db import begin_writing, db, uuid7
from fieldapp.people.accounts.models import User
from fieldapp.people.accounts.queries import viewer_of
from fieldapp.people.audit.models import AuditEntry
from fieldapp.trade.retail.actions import GoneError, Seen, note
from fieldapp.trade.retail.models import RetailObservation
from fieldapp.trade.retail.rules import Unit, per_bag, per_tonne, weeks
from tests import cast


def test_prices_per_tonne_and_by_week() -> None:
    assert per_tonne(13_250, Unit.BAG, 40_000) == 331_250
    assert per_tonne(331_200, Unit.TONNE, None) == 331_200
    assert per_bag(331_250, 40_000) == 13_250
    with pytest.raises(ValueError, match="weight"):
        per_tonne(13_250, Unit.BAG, None)
    monday = cast.TODAY
    days = [(monday, 300), (monday + timedelta(days=6), 310), (monday - timedelta(days=1), 290)]
    assert weeks(days) == [(monday - timedelta(days=7), 290, 1), (monday, 305, 2)]


def test_noted_once_with_its_photo(app: Flask, people: dict[str, User]) -> None:
    with app.app_context():
        begin_writing()
        rep, other = viewer_of(people["rep"]), viewer_of(people["colleague"])
        store, product, key = cast.make_distributor(), cast.make_product(), uuid7()
        picture = BytesIO()
        Image.new("RGB", (40, 30), "green").save(picture, "JPEG")
        seen = Seen(13_250, Unit.BAG, cast.TODAY, product_id=product.id, bag_grams=40_000)
        how = {"key": key, "distributor": store, "outlet": None, "seen": seen, "now": cast.NOW}
        for _twice in range(2):
            row = note(rep, **how, photo=Content(picture.getvalue(), JPEG))
        assert (row.price, row.region_code, row.bag_grams) == (331_250, "410102", 40_000)
        assert storage.path_of(key, row.sha256 or "").is_file()
        for model in (RetailObservation, AuditEntry):
            assert db.session.scalar(sa.select(sa.func.count()).select_from(model)) == 1
        with pytest.raises(GoneError):
            note(other, **how)
