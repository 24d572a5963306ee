"""What a row of `regions` means, and how other sheets name a region."""

from collections.abc import Mapping
from typing import Any

from fieldapp.core.pinyin import syllables
from fieldapp.core.sheets import N_, Message, cells, kinds

from .models import Region

LENGTHS = (2, 4, 6, 9)

A_REGION = kinds.Reference(Region.code, Region.code, Message(N_("no such region")), fold=False)


def _spoken(row: Mapping[str, Any]) -> dict[str, str]:
    spoken = syllables(row["name"])
    return {"pinyin": "".join(spoken)[:200], "initials": "".join(syllable[0] for syllable in spoken)[:80]}


REGIONS = kinds.Kind(
    "regions",
    Message(N_("Regions")),
    columns=(
        kinds.Attribute(
            "code",
            cells.digits(*LENGTHS),
            identity=True,
            into="code",
            form=Message(N_("2, 4, 6 or 9 digits: province, city, county, township")),
        ),
        kinds.text("name", 80, required=True, default=kinds.NEEDED),
        kinds.degrees("lat", 90),
        kinds.degrees("lng", 180),
    ),
    parts=(kinds.Part(Region, ("code",), identity=None, derive=_spoken, derived_from="name"),),
)
