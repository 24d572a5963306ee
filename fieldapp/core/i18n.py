"""Two languages, Chinese and English, and how numbers and dates read in them."""

from datetime import date, datetime
from typing import Any

from flask import Flask, has_request_context, request, session
from flask_babel import Babel, format_date, format_datetime, get_locale
from flask_babel import gettext as _
from flask_login import current_user

from . import money

LOCALES = {"zh": "中文", "en": "English"}
babel = Babel()


def choose_locale() -> str:
    """The signed-in user's language; else the one chosen on the sign-in page; else the browser's; else Chinese."""
    if not has_request_context():  # a command: its words are English, as are its arguments
        return "en"
    if current_user and current_user.is_authenticated:
        return str(current_user.locale)
    chosen = session.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    # `zh-CN`, `zh-Hans`, `zh` are one catalogue here, `en-GB` and `en` another.
    for tag, _quality in request.accept_languages:
        head = tag.split("-")[0].lower()
        if head in LOCALES:
            return head
    return "zh"


def html_lang() -> str:
    """The lang attribute of the page."""
    return "zh-CN" if str(get_locale()) == "zh" else "en"


def _day(value: date | None) -> str:
    return format_date(value, "yyyy-MM-dd") if value else "—"


def _moment(value: datetime | None) -> str:
    return format_datetime(value, "yyyy-MM-dd HH:mm") if value else "—"


def _tonnes(grams: int) -> str:
    return _("%(number)s t", number=money.format_tonnes(grams))


def _or_dash(show: Any) -> Any:
    return lambda value: "—" if value is None else show(value)


def init_app(app: Flask) -> None:
    """Bind the languages and the display filters."""
    babel.init_app(app, locale_selector=choose_locale)
    app.jinja_env.globals.update(html_lang=html_lang, locales=LOCALES)
    app.jinja_env.filters.update(
        yuan=_or_dash(money.show_yuan),
        plain_yuan=_or_dash(money.format_yuan),
        kg=_or_dash(money.format_kilograms),
        tonnes=_or_dash(_tonnes),
        day=_day,
        moment=_moment,
    )
