"""What the page of a deal says: a worksheet in the words and numbers of its templates."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from uuid import UUID

from markupsafe import Markup, escape

from fieldapp.core import money
from fieldapp.core.db import uuid7
from fieldapp.core.findings import Finding, Verdict
from fieldapp.core.i18n import gettext as _
from fieldapp.core.i18n import language
from fieldapp.desk.approvals import queries as approvals
from fieldapp.desk.approvals.forms import ReasonForm
from fieldapp.desk.approvals.models import Approval
from fieldapp.desk.approvals.rules import to_cover
from fieldapp.desk.checks.presentation import ShownFindings, present, seeing_now
from fieldapp.desk.checks.queries import Evaluation
from fieldapp.desk.checks.reference import Reference
from fieldapp.desk.checks.rules import Terms
from fieldapp.network.playbook.book import TypePage, playbook
from fieldapp.people.accounts.viewer import Viewer

from . import forms, queries
from .forms import DealText, LineText
from .queries import Worksheet
from .rules import Unit, lowest_per_bag

# A page offers every product there is, so their options are made once and not by the template.
_VALUE = Markup('<option value="{}"')
_OPTION = Markup('<option value="{}">{} · {}</option>')
_GROUP = '<optgroup label="%s">%s</optgroup>'


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the deal as the page shows it. Money is fen; `index` counts from 0, `number` from 1.

    `product` is its code, `unit` what the price is for, `bag` the kilograms of a bag, `was` what this answer was made
    of, for the next request. The rest is None where the line is not part of a check: `price` per tonne, `net` what
    stays of it, `list_price`, `bags`.
    """

    index: int
    text: LineText
    product: str
    unit: str
    bag: str | None
    was: str
    price: int | None = None
    net: int | None = None
    list_price: int | None = None
    bags: str | None = None

    @property
    def number(self) -> int:
        """Its place, counted from 1."""
        return self.index + 1


@dataclass(frozen=True, slots=True)
class Screen:
    """One answer. `swapped`: only the verdict is sent, the inputs stay as they stand on the phone.

    `key` is the key of the check to be recorded: made anew with every answer, so that a double tap records one check
    and a changed deal records another. `standing` is the viewer's live request for exactly this deal. `fixes` are
    (number of a line, the lowest price that goes in fen for its unit).
    """

    sheet: Worksheet
    today: date
    lines: list[Line]
    swapped: bool = False
    came_back: bool = False
    findings: ShownFindings | None = None
    fixes: list[tuple[int, int]] = field(default_factory=list)
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

    def options(self) -> Markup:
        """The products to choose from: the usual ones, then every active one by line; and those in use."""
        usual, used = set(self.sheet.usual), {line.product for line in self.lines}
        options = self.sheet.known.reference.once(_options)
        groups = [(_("Bought most"), [options[code][2] for code in self.sheet.usual])]
        for line, codes in self.sheet.known.reference.once(_codes_by_line):
            listed = [options[code] for code in codes if code not in usual]
            groups.append((line, [text for code, active, text in listed if active or code in used]))
        return Markup("".join(_GROUP % (escape(name), "".join(texts)) for name, texts in groups if texts))  # noqa: S704

    def chosen(self, options: Markup, line: Line) -> Markup:
        """The same options with a line's product selected."""
        value = _VALUE.format(line.product)
        return Markup(str(options).replace(value, f"{value} selected", 1))  # noqa: S704  still as it was escaped

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
    evaluation, standing, findings = sheet.evaluation, None, None
    if evaluation is not None:
        findings = present(evaluation.result.findings, seeing_now(viewer, evaluation))
        if evaluation.result.verdict is Verdict.APPROVAL:
            standing = approvals.of_deal(viewer, evaluation, now)
    lines = [_line(sheet, index, text) for index, text in enumerate(sheet.text.lines)]
    return Screen(
        sheet=sheet,
        today=today,
        lines=lines,
        swapped=swapped,
        came_back=came_back,
        findings=findings,
        fixes=_fixes(sheet, lines, findings) if findings else [],
        standing=standing,
        standing_by=next(iter(approvals.names(standing.decided_by_id).values()), "") if standing else "",
        form=form,
    )


def _options(reference: Reference) -> dict[str, tuple[str, bool, Markup]]:
    return {
        product.code: (product.code, product.active, _OPTION.format(product.code, product.name, product.code))
        for product in reference.products.values()
    }


def _codes_by_line(reference: Reference) -> list[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for product in reference.products.values():
        groups.setdefault(product.line, []).append(product.code)
    return list(groups.items())


def _line(sheet: Worksheet, index: int, text: LineText) -> Line:
    product, evaluation = sheet.product(text), sheet.evaluation
    unit = forms.unit_of(sheet.text.unit, product)
    pack = product.pack_grams if product else None
    line = Line(
        index=index,
        text=text,
        product=product.code if product else text.product,
        unit=unit.value,
        bag=money.format_kilograms(pack) if pack else None,
        was=forms.was(text, unit),
    )
    if evaluation is None or index >= len(evaluation.deal.lines):
        return line
    asked, price = evaluation.deal.lines[index], evaluation.facts.lines[index].price
    return replace(
        line,
        price=asked.price,
        net=net_of(evaluation.result.findings, index + 1),
        list_price=price.list_price if price else None,
        bags=money.format_kilograms(asked.grams * 1000 // pack) if pack else None,
    )


def _fixes(sheet: Worksheet, lines: list[Line], findings: ShownFindings) -> list[tuple[int, int]]:
    found = []
    for finding in findings.wrong:
        if finding.set_price and finding.line:
            product, price = sheet.product(lines[finding.line - 1].text), finding.set_price
            if product is not None and product.pack_grams and lines[finding.line - 1].unit == Unit.BAG:
                price = lowest_per_bag(price, product.pack_grams)
            found.append((finding.line, price))
    return found


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
