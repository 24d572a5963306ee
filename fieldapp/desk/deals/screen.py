"""What the page of a deal says: a worksheet in the words and numbers of its templates."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from fieldapp.core import money
from fieldapp.core.db import uuid7
from fieldapp.core.findings import Finding, Verdict
from fieldapp.core.i18n import gettext as _
from fieldapp.core.i18n import language
from fieldapp.desk.approvals import queries as approvals
from fieldapp.desk.approvals.forms import ReasonForm
from fieldapp.desk.approvals.models import Approval
from fieldapp.desk.approvals.rules import to_cover
from fieldapp.desk.checks.presentation import Shown, present, seeing_now, worst_first
from fieldapp.desk.checks.queries import Evaluation
from fieldapp.desk.checks.reference import ProductRow
from fieldapp.desk.checks.rules import Terms
from fieldapp.network.playbook.book import TypePage, playbook
from fieldapp.people.accounts.viewer import Viewer

from . import forms, queries
from .forms import DealText, LineText
from .queries import Worksheet
from .rules import Unit, lowest_per_bag

Options = list[tuple[str, list[tuple[str, str]]]]


@dataclass(frozen=True, slots=True)
class Screen:
    """One answer. `swapped`: only the verdict is sent, the inputs stay as they stand on the phone.

    `key` is the key of the check to be recorded: made anew with every answer, so that a double tap records one check
    and a changed deal records another. `standing` is the viewer's live request for exactly this deal.
    """

    sheet: Worksheet
    today: date
    swapped: bool = False
    came_back: bool = False
    findings: list[Shown] = field(default_factory=list)
    standing: Approval | None = None
    standing_by: str = ""
    form: ReasonForm | None = None
    key: UUID = field(default_factory=uuid7)

    @property
    def text(self) -> DealText:
        """The deal as typed."""
        return self.sheet.text

    @property
    def evaluation(self) -> Evaluation | None:
        """The check, when there is one."""
        return self.sheet.evaluation

    @property
    def advice(self) -> TypePage | None:
        """How to talk with the main contact, in the reader's language."""
        kind = self.sheet.known.main_contact
        return playbook(language()).types[kind] if kind else None

    @property
    def many(self) -> bool:
        """More than one line, so that a finding has to name its line."""
        return self.evaluation is not None and len(self.evaluation.deal.lines) > 1

    @property
    def available(self) -> int:
        """Fen available before the deal."""
        return (self.sheet.known.credit.limit or 0) - self.sheet.known.ledger.outstanding

    @property
    def after(self) -> int:
        """Fen available after it; cash is paid at once and leaves it as it is."""
        if self.evaluation is None or self.evaluation.deal.terms is Terms.CASH:
            return self.available
        return self.available - self.evaluation.result.amount

    @property
    def weight(self) -> int:
        """Grams of all lines."""
        return sum(line.grams for line in self.evaluation.deal.lines) if self.evaluation else 0

    @property
    def seen(self) -> str:
        """The findings shown that an approval would have to name."""
        return fingerprint(self.evaluation.result.findings) if self.evaluation else ""

    @property
    def first_problem(self) -> str:
        """What to do next where there is no verdict yet."""
        where, message = next(iter(self.sheet.problems.items()), ("", ""))
        number = where.split(".")[1] if where.startswith("lines.") else ""
        if number.isdigit() and len(self.text.lines) > 1:
            return _("Line %(number)s: %(message)s", number=int(number) + 1, message=message)
        return message

    @property
    def problem_links(self) -> list[tuple[str, str]]:
        """(anchor of the field, what is wrong with it)."""
        return [(f"#{field_id(where)}", message) for where, message in self.sheet.problems.items()]

    def problem(self, name: str, index: int | None = None) -> str | None:
        """What is wrong with a field that came back; while typing only the verdict says so."""
        if not self.came_back:
            return None
        return self.sheet.problems.get(name if index is None else f"lines.{index}.{name}")

    def product(self, line: LineText) -> ProductRow | None:
        """The product of a line."""
        return self.sheet.product(line)

    def unit(self, line: LineText) -> Unit:
        """What the price of a line is for."""
        return forms.unit_of(self.text.unit, self.product(line))

    def was(self, line: LineText) -> str:
        """What this answer was made of, for the next request."""
        return forms.was(line, self.unit(line))

    def checked(self, index: int) -> bool:
        """Is this line part of the check?"""
        return self.evaluation is not None and index < len(self.evaluation.deal.lines)

    def price(self, index: int) -> int | None:
        """Fen per tonne that a line was checked with."""
        return self.evaluation.deal.lines[index].price if self.evaluation else None

    def list_price(self, index: int) -> int | None:
        """Fen per tonne on the list for a line, None without one."""
        row = self.evaluation.facts.lines[index].price if self.evaluation else None
        return row.list_price if row else None

    def net(self, index: int) -> int | None:
        """Fen per tonne that stays of a line's price."""
        return net_of(self.evaluation.result.findings, index + 1) if self.evaluation else None

    def bags(self, index: int) -> str | None:
        """How many bags a line is, None where the bag is not known."""
        if self.evaluation is None:
            return None
        pack = self.evaluation.products[index].pack_grams
        return money.format_kilograms(self.evaluation.deal.lines[index].grams * 1000 // pack) if pack else None

    def lowest(self, finding: Shown) -> int:
        """The lowest price that goes, in fen for the line's unit."""
        index = (finding.line or 1) - 1
        line = self.text.lines[index]
        product = self.product(line)
        price = finding.set_price or 0
        if product is not None and product.pack_grams and self.unit(line) is Unit.BAG:
            price = lowest_per_bag(price, product.pack_grams)
        return price

    def options(self) -> Options:
        """(group, [(code, text)]) of the products to choose from."""
        return [
            (group or _("Bought most"), [(product.code, f"{product.name} · {product.code}") for product in products])
            for group, products in queries.choices(self.sheet)
        ]

    def places(self) -> list[tuple[str, str]]:
        """(code, path) of where the goods may go: the place chosen, the distributor's own, those searched for."""
        regions, known = self.sheet.known.regions, self.sheet.known
        own = known.distributor.region_code
        codes = [known.ship_to, *([own] if own else []), *queries.search_places(self.text.place)]
        return [(code, regions.path(code)) for code in dict.fromkeys(codes)]

    @property
    def place_name(self) -> str:
        """Where the goods go."""
        return self.sheet.known.regions.path(self.sheet.known.ship_to)


def screen(
    viewer: Viewer,
    sheet: Worksheet,
    today: date,
    now: datetime,
    *,
    swapped: bool = False,
    came_back: bool = False,
    form: ReasonForm | None = None,
) -> Screen:
    """The page of a worksheet; where approval is needed, with the viewer's live request for exactly this deal."""
    evaluation, standing = sheet.evaluation, None
    if evaluation is not None and evaluation.result.verdict is Verdict.APPROVAL:
        standing = approvals.of_deal(viewer, evaluation, now)
    return Screen(
        sheet=sheet,
        today=today,
        swapped=swapped,
        came_back=came_back,
        findings=_findings(viewer, evaluation) if evaluation else [],
        standing=standing,
        standing_by=next(iter(approvals.names(standing.decided_by_id).values()), "") if standing else "",
        form=form,
    )


def _findings(viewer: Viewer, evaluation: Evaluation) -> list[Shown]:
    return worst_first(present(evaluation.result.findings, seeing_now(viewer, evaluation)))


def fingerprint(findings: Iterable[Finding]) -> str:
    """The findings that an approval has to name, as one text."""
    return " ".join(sorted(f"{code}:{line or ''}" for code, line in to_cover(tuple(findings))))


def net_of(findings: Iterable[Finding], line: int) -> int | None:
    """The net price (fen per tonne) in the findings of a 1-based line."""
    return next((f.facts["net"] for f in findings if f.line == line and f.code.startswith("price.")), None)


def field_id(where: str) -> str:
    """The id of the input that a problem's field is shown as: `lines.0.price` → `price-0`."""
    parts = where.split(".")
    return f"{parts[2]}-{parts[1]}" if len(parts) == 3 else f"f-{where}"
