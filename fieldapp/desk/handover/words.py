"""How hand-overs read in the user's language."""

from typing import Any

from flask_babel import pgettext

from fieldapp.core.i18n import gettext as _
from fieldapp.core.i18n import ngettext
from fieldapp.desk.surveys.words import purpose_name
from fieldapp.fieldwork.conflicts.words import kind_name as conflict_name
from fieldapp.fieldwork.feedback.policy import kind_name as remark_name
from fieldapp.fieldwork.remediation.words import kind_name as ticket_name
from fieldapp.fieldwork.tasks.rules import TaskKind
from fieldapp.network.dossier.words import outlet_name

from .queries import Said
from .rules import Kind, Matter, Refusal, State, Why


def kind_name(kind: Kind) -> str:
    """From whom to whom."""
    return _("From distributor to distributor") if kind is Kind.AREA else _("From rep to rep")


def state_name(state: State) -> str:
    """Where it stands."""
    return {
        State.COMING: _("To come"),
        State.DONE: pgettext("handover", "Carried out"),
        State.CALLED_OFF: _("Called off"),
    }[state]


def state_tone(state: State) -> str:
    """The tone of its badge."""
    return {State.COMING: "info", State.DONE: "ok", State.CALLED_OFF: "neutral"}[state]


def matter_name(matter: Matter) -> str:
    """Rows of a matter, as a heading."""
    return {
        Matter.DISTRIBUTOR: _("Distributors"),
        Matter.CUSTOMER: _("Outlets and farms"),
        Matter.TICKET: _("Open tickets"),
        Matter.SURVEY: _("Open surveys"),
        Matter.REMARK: _("Open remarks"),
        Matter.TASK: _("Promises and tasks"),
        Matter.PLAN: _("Planned visits"),
        Matter.CONFLICT: _("Conflicts"),
    }[matter]


def counted(matter: Matter, number: int) -> str:
    """`3 open tickets`."""
    return {
        Matter.DISTRIBUTOR: lambda: ngettext("%(num)d distributor", "%(num)d distributors", number),
        Matter.CUSTOMER: lambda: ngettext("%(num)d outlet or farm", "%(num)d outlets and farms", number),
        Matter.TICKET: lambda: ngettext("%(num)d open ticket", "%(num)d open tickets", number),
        Matter.SURVEY: lambda: ngettext("%(num)d open survey", "%(num)d open surveys", number),
        Matter.REMARK: lambda: ngettext("%(num)d open remark", "%(num)d open remarks", number),
        Matter.TASK: lambda: ngettext("%(num)d promise or task", "%(num)d promises and tasks", number),
        Matter.PLAN: lambda: ngettext("%(num)d planned visit", "%(num)d planned visits", number),
        Matter.CONFLICT: lambda: ngettext("%(num)d conflict", "%(num)d conflicts", number),
    }[matter]()


def why_text(why: Why | None) -> str:
    """Why something stays."""
    if why is None:
        return ""
    return {
        Why.OWN: _("It concerns the old distributor itself."),
        Why.CARVED: _("Its town is an area of its own, which is not handed over."),
        Why.NOWHERE: _("The file names no region for it. Fill that in, and it goes along."),
        Why.OTHER_LINE: _("It is about a product line that is not handed over."),
        Why.NO_LINE: _("It names no product, and the old distributor goes on serving this customer."),
        Why.OUTSIDE: _("The new rep's patch does not reach there. An administrator can widen it first."),
        Why.NOT_HIS: _("Another rep looks after that distributor."),
        Why.MONEY: _("Money was approved for the old distributor: it is carried out there."),
        Why.MERGED: _("It is answered with the remark into which it was merged, which stays."),
        Why.BOTH: _("Stands in both files: the old distributor goes on serving it with other lines."),
    }[why]


def refusal_text(refusal: Refusal) -> str:
    """Why it cannot be, and what to do."""
    return {
        Refusal.SAME: _("Both are the same. Choose another one to hand over to."),
        Refusal.NOT_THEIRS: _(
            "On the day before, the old distributor does not have all of this. Choose another day or line."
        ),
        Refusal.BEGINS: _(
            "The area begins on this day or later. Take it back on its page, and assign it to the new one."
        ),
        Refusal.HAS_IT: _(
            "The new distributor has this region and line already. Give the old one's area a last day instead."
        ),
        Refusal.ENDED: _("We do not sell through the new distributor any more. Choose another one."),
        Refusal.INACTIVE: _("The new rep may not sign in any more. Choose another one."),
        Refusal.NOTHING: _(
            "No distributor would go along: the old rep has none here that lies in the new rep's patch."
        ),
    }[refusal]


def problem_text(problem: Refusal) -> str:
    """Why it was not carried out on its day, and what to do."""
    if problem is Refusal.NOT_THEIRS:
        return _(
            "The new distributor no longer has the area on this day. Assign it again, and what is open goes along; or"
            " call it off, and the areas stay as they are now."
        )
    return refusal_text(problem)


def said(matter: Matter, row: Said) -> tuple[str, str]:
    """(title, what stands below it) of a row, without its place."""
    day = row.on.isoformat() if row.on is not None else ""
    if matter is Matter.TICKET:
        return f"T-{int(row.text):06d}", f"{ticket_name(row.kind)} · {row.of}"
    if matter is Matter.CONFLICT:
        return f"C-{int(row.text):06d}", f"{conflict_name(row.kind)} · {row.of}"
    if matter is Matter.CUSTOMER:
        return row.text, f"{outlet_name(row.kind)} · {row.of}"
    if matter is Matter.DISTRIBUTOR:
        return row.text, row.of
    title: dict[Matter, Any] = {
        Matter.SURVEY: lambda: purpose_name(row.kind),
        Matter.REMARK: lambda: remark_name(row.kind),
        Matter.TASK: lambda: _("Promise") if row.kind is TaskKind.PROMISE else _("Promotion"),
        Matter.PLAN: lambda: _("Visit"),
    }
    return title[matter](), f"{row.of} · {day}" if day else row.of
