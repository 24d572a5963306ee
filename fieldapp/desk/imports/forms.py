"""What is sent with a file."""

from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, SelectField
from wtforms.validators import ValidationError

from fieldapp.core.forms import Form

from .registry import kinds
from .runs import UNKNOWN


class UploadForm(Form):
    """The file, what it holds, and what to do with rows that can't be taken. `draft`: see `draft_id`."""

    file = FileField(lazy_gettext("File"))
    kind = SelectField(lazy_gettext("What it holds"), default=UNKNOWN)
    dry_run = BooleanField(lazy_gettext("Only check, write nothing"))
    partial = BooleanField(lazy_gettext("Take the good rows, give the others back"))
    draft = HiddenField()

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.kind.choices = [
            (UNKNOWN, lazy_gettext("Recognise by its columns")),
            *((kind.key, str(kind.title)) for kind in kinds().values()),
        ]

    @property
    def draft_id(self) -> UUID | None:
        """The change of the price book that prices are to go into."""
        try:
            return UUID(self.draft.data or "")
        except ValueError:
            return None

    def validate_file(self, field: FileField) -> None:
        """A file must be there, and be named."""
        if field.data is None or not getattr(field.data, "filename", ""):
            raise ValidationError(lazy_gettext("Choose a file: CSV, XLSX or GeoJSON."))
