"""Two languages, Chinese and English, and how numbers and dates read in them."""

from datetime import date, datetime
from typing import Any

from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_request_context, request, session
from flask_babel import Babel, get_locale
from flask_login import current_user

from . import money
from .clock import SHANGHAI

LOCALES = {"zh": "中文", "en": "English"}
babel = Babel()


def choose_locale() -> str:
    """The signed-in user's language; else the one chosen on the sign-in page; else the browser's; else Chinese."""
    if not has_request_context():  # a command: its words are English, as are its arguments
        return "en"
    viewer: Any = current_user._get_current_object()
    if viewer and viewer.is_authenticated:
        return str(viewer.locale)
    chosen = session.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    # `zh-CN`, `zh-Hans`, `zh` are one catalogue here, `en-GB` and `en` another.
    for tag, _quality in request.accept_languages:
        head = tag.split("-")[0].lower()
        if head in LOCALES:
            return head
    return "zh"


_words: dict[tuple[str, str], NullTranslations] = {}


def language() -> str:
    """`zh` or `en`: what the reader of this request, or of this command, reads."""
    return _spoken()[1]


def translations(code: str) -> NullTranslations:
    """All our texts in a language; read once."""
    folder: str = current_app.config["BABEL_TRANSLATION_DIRECTORIES"]
    if (folder, code) not in _words:
        _words[folder, code] = Translations.load(folder, [code])
    return _words[folder, code]


def gettext(text: str, **values: Any) -> str:
    """The same as Flask-Babel's, for sentences that are made with every key press: that one takes 50 calls to find the
    language each time."""
    said: str = _spoken()[2].ugettext(text)
    return said % values if values else said


def ngettext(one: str, many: str, num: int, **values: Any) -> str:
    """The same for a text that depends on a number."""
    said: str = _spoken()[2].ungettext(one, many, num)
    return said % {"num": num, **values}


def _spoken() -> tuple[Any, str, NullTranslations]:
    """(Flask-Babel's locale, its code, our texts in it), kept as long as Flask-Babel keeps that locale."""
    here = g._get_current_object().__dict__
    babel = here.get("_flask_babel")
    spoken: tuple[Any, str, NullTranslations] | None = here.get("spoken")
    if spoken is None or babel is None or babel.__dict__.get("babel_locale") is not spoken[0]:
        locale = get_locale()
        code = str(locale)
        spoken = here["spoken"] = locale, code, translations(code)
    return spoken


def html_lang() -> str:
    """The lang attribute of the page."""
    return "zh-CN" if language() == "zh" else "en"


def _day(value: date | None) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(SHANGHAI).date()
    return value.isoformat() if value else "—"


def _moment(value: datetime | None) -> str:
    return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if value else "—"


def _tonnes(grams: int) -> str:
    return gettext("%(number)s t", number=money.format_tonnes(grams))


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
