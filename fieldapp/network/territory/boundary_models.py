"""The shapes that a map is drawn with, made ready when an administrator reads boundaries in."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base, moment


class BoundaryMap(Base):
    """The map of one region, or of the country (code ""), cut into the regions right below it.

    Whole numbers in a box of `width` by `height`. `tiles`: [[code, label x, label y, room for the label, radius of the
    largest circle inside, [[code, path], …]], …]; the pieces are the tile itself, or the regions below it.
    `borders`: the lines between the tiles, where they are cut into pieces. `digest`: of what it was drawn from.
    """

    __tablename__ = "boundary_map"

    code: Mapped[str] = mapped_column(sa.String(4), primary_key=True)
    width: Mapped[int]
    height: Mapped[int]
    tiles: Mapped[list[Any]]
    borders: Mapped[str] = mapped_column(sa.Text, default="")
    digest: Mapped[str] = mapped_column(sa.String(64))
    drawn_at: Mapped[moment]
