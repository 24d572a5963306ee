"""The answers as they are tapped and typed, a note, a decision, and which part of the list is asked for.

    /distributors/…/grade/new?years=best&arrears=unknown&focus=best&focus_percent=55

Answers travel in the address, so that reload and Back find them; the sensitive ones never do: they come in a body with
the consent to them, and nothing keeps them until the proposal is made. An answer that is filled in counts until another
option is tapped; a sensitive one counts only with the tick that the person agreed.

    residence=best&residence_agreed=y&residence_how=spoken&residence_by=<contact>
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import TextAreaField
from wtforms.validators import DataRequired

from fieldapp.core.forms import Form, at_most, clean

from .actions import TEXT_LENGTH, Decision
from .consents import Consent, Person
from .models import ConsentHow
from .prefill import Known
from .queries import Asked, Due, cursor
from .scoring import SENSITIVE, Answer, GradingPolicy, Indicator, Option, option_of, percent_typed

UNKNOWN = "unknown"
REFUSED = "refused"  # of a sensitive question: not answered either
PERCENT, WAS = "focus_percent", "focus_was"


@dataclass(frozen=True, slots=True)
class Draft:
    """A rating under way. `chosen`: indicator → option, `unknown`, or "" where nothing was tapped and nothing is known.

    `percent`: the share of the largest supplier as typed; `problem`: why it cannot be. `agreed`: the consents to the
    sensitive answers that count; `ticked`: of the others, too, what the tick and its fields are to show.
    """

    answers: dict[Indicator, Answer]
    chosen: dict[Indicator, str]
    percent: str = ""
    problem: str = ""
    tapped: frozenset[Indicator] = field(default_factory=frozenset)
    agreed: dict[Indicator, Consent] = field(default_factory=dict)
    ticked: dict[Indicator, dict[str, str]] = field(default_factory=dict)

    @property
    def options(self) -> dict[Indicator, Option]:
        """The answers alone."""
        return {indicator: answer.option for indicator, answer in self.answers.items()}

    @property
    def was(self) -> str:
        """What a page carries along, to tell which of share and option is changed next."""
        return f"{self.percent}:{self.chosen[Indicator.FOCUS]}"

    def query(self) -> dict[str, str]:
        """The arguments that bring this draft back, without what no address may carry."""
        shown = {str(one): self.chosen[one] for one in self.chosen if one in self.tapped and one not in SENSITIVE}
        return shown | ({PERCENT: self.percent} if self.percent else {})


def read(
    given: Mapping[str, str], known: Known, policy: GradingPolicy, who: str, on: date, people: Sequence[Person] = ()
) -> Draft:
    """The answers given, and for the rest what is known. What cannot be read counts as not given.

    `people`: who may have agreed to a sensitive answer; where the body names none, the first of them.
    """
    chosen = {indicator: _option(given.get(str(indicator), ""), indicator) for indicator in policy.asked}
    tapped = frozenset(indicator for indicator, option in chosen.items() if option)
    percent, share, problem = _share(given)
    focus = chosen[Indicator.FOCUS]
    if share is not None:
        derived = option_of(Indicator.FOCUS, share, policy)
        was_percent, _sep, was_option = clean(given.get(WAS, "")).partition(":")
        if was_option and was_percent == percent and focus != was_option:
            percent, share = "", None  # the option was tapped last: it counts
        else:
            chosen[Indicator.FOCUS] = derived.value
    ticked = {indicator: _ticked(given, indicator, people) for indicator in policy.asked if indicator in SENSITIVE}
    agreed = {indicator: consent for indicator, tick in ticked.items() if (consent := _consent(tick, people))}
    answers = {}
    for indicator in policy.asked:
        filled, option = known.answers.get(indicator), chosen[indicator]
        if not option and filled is not None:
            chosen[indicator] = option = filled.option.value
        if not option or option in (UNKNOWN, REFUSED) or (indicator in SENSITIVE and indicator not in agreed):
            continue
        if filled is not None and filled.option.value == option:
            answers[indicator] = filled
        else:
            value = share if indicator is Indicator.FOCUS else None
            answers[indicator] = Answer(Option(option), value, {"kind": "asked", "by": who}, on)
    agreed = {indicator: consent for indicator, consent in agreed.items() if indicator in answers}
    return Draft(answers, chosen, percent, problem, tapped, agreed, ticked)


def _option(text: str, indicator: Indicator) -> str:
    if text == REFUSED:
        return text if indicator in SENSITIVE else ""
    return text if text == UNKNOWN or text in set(Option) else ""


def _ticked(given: Mapping[str, str], indicator: Indicator, people: Sequence[Person]) -> dict[str, str]:
    first = str(people[0].id) if people else ""
    return {
        "agreed": given.get(f"{indicator}_agreed", ""),
        "how": given.get(f"{indicator}_how", ""),
        "by": given.get(f"{indicator}_by", "") or first,
    }


def _consent(tick: Mapping[str, str], people: Sequence[Person]) -> Consent | None:
    """None without the tick, without how, or of somebody who is no contact there."""
    by = next((person.id for person in people if str(person.id) == tick["by"]), None)
    if not tick["agreed"] or tick["how"] not in set(ConsentHow) or by is None:
        return None
    return Consent(by, ConsentHow(tick["how"]))


def _share(given: Mapping[str, str]) -> tuple[str, Decimal | None, str]:
    """(as typed, percent, what is wrong)."""
    text = str(clean(given.get(PERCENT, "")))[:20]
    try:
        return text, percent_typed(text), ""
    except ValueError:
        return text, None, _("Give a percentage from 0 to 100, such as 45.")


class NoteForm(Form):
    """What the proposer wants the supervisor to know."""

    note = TextAreaField(validators=[at_most(TEXT_LENGTH)])


class ConfirmForm(Form):
    """A word with a confirmation."""

    reason = TextAreaField(validators=[at_most(TEXT_LENGTH)])


class ReturnForm(Form):
    """Why a proposal goes back."""

    reason = TextAreaField(
        validators=[
            DataRequired(lazy_gettext("Say why it goes back: the proposer needs it to do better.")),
            at_most(TEXT_LENGTH),
        ]
    )


def read_decision(given: MultiDict[str, str]) -> Decision | None:
    """What was decided; None when nothing, or nothing known, was pressed."""
    decision = given.get("decision", "")
    return Decision(decision) if decision in set(Decision) else None


def read_list(given: MultiDict[str, str]) -> Asked:
    """Which part of the re-rating list, from where on."""
    part = given.get("part", "")
    return Asked(Due(part) if part in set(Due) else Due.DUE, cursor(given.get("after", "")))


def read_key(text: str | None) -> UUID | None:
    """The key of a proposal, made when its page was; None when it is none."""
    try:
        return UUID(text or "")
    except ValueError:
        return None
