"""What a change of policy would have done to the deals checked last: each is replayed from its stored facts.

Both policies see the same facts, so that what differs is the policy's doing alone; the stored verdict, made under the
policy of its day, is not looked at.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import url_for

from fieldapp.core.clock import today as business_day
from fieldapp.core.db import db
from fieldapp.core.findings import Finding, Level, Verdict
from fieldapp.core.i18n import gettext as _
from fieldapp.core.i18n import ngettext
from fieldapp.core.money import show_yuan
from fieldapp.people.accounts.viewer import Viewer
from fieldapp.people.policy.sections import Settings
from fieldapp.people.policy.trials import MOST_EXAMPLES, Example, Group, Progress, ShownExample, Trial, TrialResult

from . import presentation, reference
from .actions import as_json
from .models import DealCheck
from .queries import Owner
from .replay import NotReplayableError, restore
from .rules import CheckResult, DealPolicy, check

MOST_CHECKS = 500


def latest() -> sa.Select[tuple[DealCheck]]:
    """The checks recorded last, the newest first; whoever made them."""
    return sa.select(DealCheck).order_by(DealCheck.id.desc()).limit(MOST_CHECKS)


def size() -> int:
    """How many checks will be looked at."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(latest().subquery())) or 0


def run(before: Settings, after: Settings, _today: date, progress: Progress) -> TrialResult:
    """Replay the latest checks under both policies' complete settings."""
    old, new = (DealPolicy.from_settings(settings["deal_check"]) for settings in (before, after))
    groups: Counter[tuple[str, str]] = Counter()
    examples: list[Example] = []
    looked_at = touched = unreadable = 0
    for number, stored in enumerate(db.session.scalars(latest()), start=1):
        progress(number / MOST_CHECKS)
        try:
            deal, facts = restore(stored)
        except NotReplayableError:
            unreadable += 1
            continue
        looked_at += 1
        was, would_be = check(deal, facts, old), check(deal, facts, new)
        if was.verdict != would_be.verdict:
            groups[was.verdict.value, would_be.verdict.value] += 1
            if len(examples) < MOST_EXAMPLES:
                examples.append(_example(stored, was, would_be))
        elif _kinds(was) != _kinds(would_be):
            touched += 1
    return TrialResult(
        looked_at,
        groups.total(),
        tuple(Group(*words, count) for words, count in groups.most_common()),
        tuple(examples),
        touched,
        unreadable,
    )


def _kinds(result: CheckResult) -> list[tuple[str, str]]:
    return [(finding.code, finding.level.value) for finding in result.findings]


def _example(stored: DealCheck, was: CheckResult, would_be: CheckResult) -> Example:
    """The findings stand in the same order under any policy, one for each question that the check asks."""
    changed = [
        [as_json(one), as_json(other)]
        for one, other in zip(was.findings, would_be.findings, strict=True)
        if (one.code, one.level) != (other.code, other.level)
    ]
    return Example(was.verdict.value, would_be.verdict.value, {"check": str(stored.id), "changed": changed})


def headline(result: TrialResult) -> str:
    """The number, and of how many."""
    if not result.looked_at:
        return _("There is no recorded check yet that can be replayed.")
    return ngettext(
        "%(num)s check was looked at: %(changed)s would get another answer.",
        "Of the last %(num)s checks, %(changed)s would get another answer.",
        result.looked_at,
        changed=result.changed,
    )


def aside(touched: int) -> str:
    """What of the others."""
    return ngettext(
        "%(num)s more has the same answer for other reasons.",
        "%(num)s more have the same answer for other reasons.",
        touched,
    )


def word(verdict: str) -> tuple[str, str]:
    """A verdict in a word, and its tone."""
    return {
        Verdict.GO: (_("Go"), "ok"),
        Verdict.APPROVAL: (_("Needs approval"), "warn"),
        Verdict.STOP: (_("Stop"), "stop"),
    }[Verdict(verdict)]


def show(viewer: Viewer, examples: Sequence[Example]) -> list[ShownExample]:
    """Each example with its check, and the findings that changed as this viewer may see them."""
    keys = [UUID(example.data["check"]) for example in examples]
    checks = {one.id: one for one in db.session.scalars(sa.select(DealCheck).where(DealCheck.id.in_(keys)))}
    floor = viewer.role in reference.read()[0].policy_on(business_day()).floor_roles
    return [
        _shown(viewer, floor, checks[key], example)
        for key, example in zip(keys, examples, strict=True)
        if key in checks
    ]


def _shown(viewer: Viewer, floor: bool, stored: DealCheck, example: Example) -> ShownExample:
    owners = {key: Owner(**owner) for key, owner in stored.facts["owners"].items()}
    seeing = presentation.Seeing(viewer, floor, owners)
    many = len(stored.inputs["lines"]) > 1
    return ShownExample(
        title=stored.facts["name"],
        subtitle=" · ".join((stored.on.isoformat(), show_yuan(stored.amount))),
        href=url_for("deals.show", check_id=stored.id),
        before=example.before,
        after=example.after,
        changes=[_change(seeing, many, one, other) for one, other in example.data["changed"]],
    )


def _change(seeing: presentation.Seeing, many: bool, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """`Line 1: Price holds → Price too low. Net ¥3,110.00/t needs approval. …`"""
    was, would_be = presentation.restore(before), presentation.restore(after)
    names = [presentation.title(finding.code) for finding in (was, would_be)]
    if was.code == would_be.code:
        names = [f"{names[0]} ({_level(finding)})" for finding in (was, would_be)]
    place = _("Line %(number)s", number=was.line) + " · " if many and was.line else ""
    said = presentation.message(would_be, seeing)
    return _("%(place)s%(before)s → %(after)s: %(said)s", place=place, before=names[0], after=names[1], said=said)


def _level(finding: Finding) -> str:
    return {
        Level.OK: _("OK"),
        Level.INFO: _("Note only"),
        Level.APPROVAL: _("Needs approval"),
        Level.STOP: _("Stops the deal"),
    }[finding.level]


TRIALS = (Trial("deal_checks", lambda: _("Deal checks"), size, run, headline, aside, word, show),)
