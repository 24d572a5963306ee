"""Templates in a language: one environment per language, in which the translations are part of the compiled template.

A page asks for 70 to 80 translated strings, and each look-up went through the request's context to find the language:
a fifth of the page's time. Here `_("…")` with a plain text becomes that text in the language when the template is
compiled, so it costs nothing; a call with placeholders keeps its call.
"""

from typing import Any

from babel.support import NullTranslations, Translations
from flask import Flask, current_app
from flask.templating import Environment
from flask_babel import get_locale
from jinja2 import nodes
from jinja2.visitor import NodeTransformer
from jinja2_fragments import render_block
from markupsafe import Markup

from .i18n import LOCALES

_ENVIRONMENTS = "fieldapp.environments"


class LanguageEnvironment(Environment):
    """Flask's environment, and its copies that hold a language's translations."""

    translations: NullTranslations | None = None

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        return _Fold(self.translations).visit(tree) if self.translations is not None else tree


class _Fold(NodeTransformer):
    """Replaces `_("text")` by its translation. Marked safe, as newstyle gettext marks it: texts are ours, not input."""

    def __init__(self, translations: NullTranslations) -> None:
        self._translations = translations

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  jinja2's name
        self.generic_visit(node)
        plain = len(node.args) == 1 and not (node.kwargs or node.dyn_args or node.dyn_kwargs)
        if plain and isinstance(node.node, nodes.Name) and node.node.name in ("_", "gettext"):
            text = node.args[0]
            if isinstance(text, nodes.Const) and isinstance(text.value, str):
                translated = self._translations.ugettext(text.value) % {}
                return nodes.Const(Markup(translated), lineno=node.lineno)  # noqa: S704
        return node


def environment() -> Environment:
    """The environment of the request's language."""
    made = current_app.extensions[_ENVIRONMENTS]
    language = str(get_locale())
    if language not in made:
        made[language] = _make(current_app._get_current_object(), language)  # type: ignore[attr-defined]
    return made[language]


def render(template: str, **context: Any) -> str:
    """A whole template in the request's language."""
    current_app.update_template_context(context)
    return environment().get_template(template).render(context)


def render_part(template: str, block: str, **context: Any) -> str:
    """One block of a template in the request's language."""
    current_app.update_template_context(context)
    return render_block(environment(), template, block, context)


def _make(app: Flask, language: str) -> Environment:
    base: Any = app.jinja_env
    made = base.overlay()
    made.globals = dict(base.globals)
    made.translations = Translations.load(app.config["BABEL_TRANSLATION_DIRECTORIES"], [language])
    # Not made.install_gettext_translations: an overlay inherits that method bound to the base environment, and would
    # put this language's calls with placeholders there, for the next language to copy.
    made.extensions["jinja2.ext.InternationalizationExtension"]._install(made.translations, newstyle=True)
    # The macros of every page; imported by name they would not be seen by a block that is rendered alone.
    made.globals["ui"] = made.get_template("components/ui.html").module
    return made


def init_app(app: Flask) -> None:
    """To be called before anything asks for `app.jinja_env`."""
    app.jinja_environment = LanguageEnvironment
    app.extensions[_ENVIRONMENTS] = {}


def prepare(app: Flask) -> None:
    """Make the environments now, so that the first visitor need not wait for them."""
    for language in LOCALES:
        app.extensions[_ENVIRONMENTS][language] = _make(app, language)
