"""One small company for each module: its tests keep to codes of their own where they write."""

from collections.abc import Iterator

import pytest

from .installation import inside
from .office import Office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with inside(folder) as installation:
        yield Office(installation, folder)
