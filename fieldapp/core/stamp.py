"""The stamp: one row whose version is bumped, by triggers, inside the transaction that edits reference data.

The triggers (first migration) watch products, prices, rebates and policy; regions count apart, being many and calm,
and so do areas, by which the map of the country is kept (0036).
A worker keeps an immutable snapshot of the reference data, labelled with the stamp it read before loading; every deal
check reads the stamp together with its facts and swaps the snapshot on a mismatch. So a cached price is never stale
(design/performance.md: 0 of 43,166 reads, against 1,291 with the bump after the commit).
"""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from .db import Base


class Stamp(Base):
    """The one row (id 1); its versions only grow."""

    __tablename__ = "stamp"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reference: Mapped[int] = mapped_column(sa.BigInteger, default=1)
    regions: Mapped[int] = mapped_column(sa.BigInteger, default=1)
    areas: Mapped[int] = mapped_column(sa.BigInteger, default=1, server_default=sa.text("1"))
