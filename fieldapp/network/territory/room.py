"""What this room brings to the app; `create_app` lets it join."""

from flask import Flask

from ...people.accounts import regions as patch_regions
from . import boundary_models as _boundary_models  # noqa: F401
from . import models as _models  # noqa: F401
from . import patches


def join(app: Flask) -> None:
    """Routes, commands and what it declares to others."""
    patch_regions.use(app, patch_regions.RegionBook(patches.names, patches.search))
