"""How feedback reads in the user's language."""

from datetime import datetime

from fieldapp.core.i18n import gettext as _
from fieldapp.fieldwork.feedback.policy import kind_name
from fieldapp.fieldwork.feedback.rules import (
    EffectResult,
    Refusal,
    RemarkKind,
    RemarkState,
    StepKind,
    TellWay,
    Theme,
)

ICONS = {
    RemarkKind.PRAISE: "circle-check",
    RemarkKind.SUGGESTION: "message-square-text",
    RemarkKind.COMPLAINT: "triangle-alert",
    RemarkKind.EFFECT: "package",
}


def theme_name(theme: Theme | None) -> str:
    """What a remark is about."""
    if theme is None:
        return _("No theme")
    return {
        Theme.PRICE: _("Prices"),
        Theme.QUALITY: _("Quality"),
        Theme.DELIVERY: _("Delivery"),
        Theme.PACKAGING: _("Packaging"),
        Theme.SERVICE: _("Service"),
        Theme.PROMOTION: _("Promotion"),
        Theme.PAYMENT: _("Payment"),
        Theme.OTHER: _("Something else"),
    }[theme]


def kinds() -> list[tuple[str, str]]:
    """(value, name) of each kind."""
    return [(kind.value, kind_name(kind)) for kind in RemarkKind]


def themes() -> list[tuple[str, str]]:
    """(value, name) of each theme."""
    return [(theme.value, theme_name(theme)) for theme in Theme]


def result_name(result: EffectResult) -> str:
    """How animals did."""
    return {EffectResult.BETTER: _("Better"), EffectResult.SAME: _("The same"), EffectResult.WORSE: _("Worse")}[result]


def results() -> list[tuple[str, str]]:
    """(value, name) of each result."""
    return [(result.value, result_name(result)) for result in EffectResult]


def way_name(way: TellWay) -> str:
    """How a customer was told."""
    return {TellWay.VISIT: _("At a visit"), TellWay.PHONE: _("By phone"), TellWay.WECHAT: _("By WeChat")}[way]


def ways() -> list[tuple[str, str]]:
    """(value, name) of each way."""
    return [(way.value, way_name(way)) for way in TellWay]


def state_name(state: RemarkState) -> str:
    """How far a remark is."""
    return {
        RemarkState.OPEN: _("To be answered"),
        RemarkState.ANSWERED: _("To be told"),
        RemarkState.CLOSED: _("Told"),
    }[state]


def state_tone(state: RemarkState, due_at: datetime, now: datetime) -> str:
    """The tone of its badge: what is overdue stands out."""
    if state is RemarkState.CLOSED:
        return "ok"
    return "stop" if due_at < now else "warn" if state is RemarkState.ANSWERED else "info"


def step_text(step: StepKind, to: str | None) -> str:
    """What somebody, or time, did."""
    if step is StepKind.MADE and to:
        return _("took it down; %(name)s answers", name=to)
    if step is StepKind.HANDED_OVER:
        return _("handed it over to %(name)s", name=to or "—")
    return {
        StepKind.MADE: _("took it down"),
        StepKind.ANSWERED: _("answered"),
        StepKind.TOLD: _("told the customer"),
        StepKind.REOPENED: _("opened it again"),
        StepKind.MERGED: _("merged it with another remark"),
        StepKind.SEPARATED: _("separated it again"),
        StepKind.OVERDUE: _("It was overdue; whoever answers was told"),
        StepKind.ESCALATED: _("It was still overdue; the supervisors were told"),
    }[step]


def refusal_text(against: Refusal) -> str:
    """Why something was not done, with what to do."""
    return {
        Refusal.NOT_YOURS: _("Whoever answers it, or a supervisor of its patch, does this."),
        Refusal.NOT_ANSWERED: _("It is not answered yet: there is nothing to tell."),
        Refusal.CLOSED: _("The customer was told meanwhile, so it is closed. Open it again if he is not content."),
        Refusal.NOT_CLOSED: _("It is still open."),
        Refusal.MERGED: _("It was merged with another remark: go on there."),
        Refusal.NOT_MERGED: _("It is not merged with another one."),
    }[against]
