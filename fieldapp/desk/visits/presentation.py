"""How visits read in the user's language: sections, notes, places, flags."""

from collections.abc import Iterable
from datetime import datetime

from fieldapp.core import money
from fieldapp.core.clock import SHANGHAI
from fieldapp.core.i18n import gettext as _
from fieldapp.core.i18n import ngettext
from fieldapp.fieldwork.visits.models import VisitNote
from fieldapp.fieldwork.visits.rules import Flag, NoteSection, PlaceProblem
from fieldapp.fieldwork.visits.words import duration, way
from fieldapp.network.playbook.book import Playbook

# In the order in which a rep goes through a store.
SHOWN = (
    NoteSection.STOCK,
    NoteSection.ORDER,
    NoteSection.COMPETITOR,
    NoteSection.RETAIL,
    NoteSection.LIVESTOCK,
    NoteSection.BRAND,
    NoteSection.OTHER,
)
_TONNE = 1_000_000


def section_title(section: NoteSection) -> str:
    """A section in a few words."""
    return {
        NoteSection.STOCK: _("Stock seen"),
        NoteSection.ORDER: _("Orders expected"),
        NoteSection.COMPETITOR: _("Competitors' prices"),
        NoteSection.RETAIL: _("Retail prices seen"),
        NoteSection.LIVESTOCK: _("Livestock"),
        NoteSection.BRAND: _("Brands carried"),
        NoteSection.TALK: _("Talk plan"),
        NoteSection.OTHER: _("Other remarks"),
    }[section]


def hour(at: datetime | None) -> str:
    """The time of day in Shanghai."""
    return f"{at.astimezone(SHANGHAI):%H:%M}" if at else "—"


def minutes(arrived_at: datetime, left_at: datetime | None) -> str:
    """How long a visit was, '' while it is under way."""
    if left_at is None:
        return ""
    return duration(round((left_at - arrived_at).total_seconds() / 60))


def place_text(metres: int | None, accuracy: int | None, problem: PlaceProblem | None, known: bool) -> str:
    """Where he stood, as seen from the store: `86 m from the store, ±20 m`. `known`: there is a point at all."""
    if metres is not None:
        away = _("%(distance)s from the store", distance=way(metres))
        return away if accuracy is None else _("%(away)s, ±%(accuracy)s", away=away, accuracy=way(accuracy))
    if known:
        return _("place noted; the store's is not known")
    return problem_text(problem) if problem else ""


def problem_text(problem: PlaceProblem) -> str:
    """Why there is no place."""
    return {
        PlaceProblem.DENIED: _("no place: the phone was not allowed to say where it is"),
        PlaceProblem.UNAVAILABLE: _("no place: the phone found none"),
        PlaceProblem.TIMEOUT: _("no place: finding it took too long"),
    }[problem]


def flag_text(flag: Flag) -> str:
    """A flag in a few words."""
    return {
        Flag.NO_PLACE: _("No place"),
        Flag.FAR: _("Far from the store"),
        Flag.FORGOTTEN: _("Check-out forgotten"),
    }[flag]


def verb_text(action: str) -> str:
    """What was changed after a visit."""
    return {
        "visits.note": _("Note added"),
        "visits.remove_note": _("Note removed"),
        "visits.photo": _("Photo added"),
        "visits.remove_photo": _("Photo removed"),
        "visits.correct": _("Summary or contact changed"),
        "visits.repair": _("Closed with a time put in later"),
        "visits.check_out": _("Checked out later, from the phone"),
    }[action]


def note_title(note: VisitNote, book: Playbook) -> str:
    """What a note is about."""
    if note.section is NoteSection.TALK:
        return next((skill.title for skill in book.skills if skill.key == note.subject), note.subject)
    return note.subject or note.text


def note_line(note: VisitNote) -> str:
    """The figures of a note, '' where it has none."""
    return " · ".join(_figures(note))


def _figures(note: VisitNote) -> Iterable[str]:
    section, count = note.section, note.count
    if section is NoteSection.TALK:
        yield _("Done") if count else _("Skipped")
        return
    if note.price is not None:
        per = note.weight or _TONNE
        unit = _("tonne") if per == _TONNE else _("%(weight)s kg bag", weight=money.format_kilograms(per))
        yield _("%(price)s per %(unit)s", price=money.show_yuan(note.price), unit=unit)
    elif note.weight is not None:
        yield f"{note.weight / 1000:,.10g} kg"
    if count is not None:
        if section is NoteSection.LIVESTOCK:
            yield _("%(number)s head", number=f"{count:,}")
        elif section is NoteSection.BRAND:
            yield _("%(share)s %% of what they sell", share=count)
        else:
            yield ngettext("%(number)s bag", "%(number)s bags", count, number=f"{count:,}")
    if note.on is not None:
        yield _("on %(day)s", day=note.on.isoformat())


def summary_of(notes: Iterable[VisitNote]) -> str:
    """What was noted, a line for each section: what a summary starts from."""
    said: dict[NoteSection, list[str]] = {}
    for note in notes:
        if note.section is NoteSection.TALK:
            continue
        words = [note.subject, note_line(note), note.text]
        said.setdefault(note.section, []).append(" ".join(word for word in words if word))
    joined = _("; ")
    return "\n".join(
        _("%(title)s: %(said)s", title=section_title(section), said=joined.join(said[section]))
        for section in SHOWN
        if section in said
    )
