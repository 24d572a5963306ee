"""Templates in a language, made cheap: what is known when a template is compiled is not asked again for every page.

One environment per language. In it `_("…")` is its translation already, a macro of `ui` with constant arguments is its
HTML already, and the frame around a page is kept (frame.py). A deal check page had 100 macro calls and 80 translations;
together they were more than half of its time (docs/adr/0007).
"""

import re
from collections.abc import Callable
from types import CodeType, FunctionType, MethodType
from typing import Any

from babel.support import NullTranslations
from flask import Flask, current_app, request
from flask import url_for as any_url_for
from flask.templating import Environment
from jinja2 import BytecodeCache, Template, nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator
from jinja2.runtime import Context, Macro
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from .frame import keep_frame
from .i18n import LOCALES, language, translations

_ENVIRONMENTS = "fieldapp.environments"
_ABOUT_THE_REQUEST = "fieldapp.about_the_request"
_to_escape = re.compile("[&<>\"']").search


def shown(value: Any) -> str:
    """A value as HTML. The same as `escape`, with less to do for what is printed most: markup and plain texts."""
    kind = type(value)
    if kind is Markup or (kind is str and not _to_escape(value)):
        return value
    return escape(value)


class _Generator(CodeGenerator):
    """Prints by `shown`."""

    def _output_child_pre(self, node: nodes.Expr, frame: Any, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.shown(")
        else:
            super()._output_child_pre(node, frame, finalize)


class _Context(Context):
    """Calls macros, functions and methods at once; Jinja asks of all that is called whether it wants the context."""

    def call(self, what: Any, /, *args: Any, **kwargs: Any) -> Any:
        kind = type(what)
        if kind is not Macro and kind is not MethodType and (kind is not FunctionType or what.__dict__):
            return super().call(what, *args, **kwargs)
        if kwargs:
            kwargs.pop("_block_vars", None)
            kwargs.pop("_loop_vars", None)
        return what(self.eval_ctx, *args, **kwargs) if kind is Macro else what(*args, **kwargs)


class _Template(Template):
    """Imports a template's macros without looking for globals that the importing one alone was given: there are none.

    That look took 150 calls for each `{% import %}`.
    """

    def _get_default_module(self, ctx: Context | None = None) -> Any:  # noqa: ARG002
        return super()._get_default_module()


class _Compiled(BytecodeCache):
    """Templates compiled once a process: a process that makes many apps (the tests) would compile them for each.

    `of` is what goes into the code besides a template's own source: the language, and what macros are made from.
    """

    held: dict[tuple[Any, ...], CodeType] = {}  # noqa: RUF012  shared on purpose

    def __init__(self, of: tuple[Any, ...]) -> None:
        self._of = of

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.held.get((self._of, bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self.held[self._of, bucket.key, bucket.checksum] = bucket.code


class LanguageEnvironment(Environment):
    """Flask's environment, and its copies that hold a language's translations and macros."""

    code_generator_class = _Generator
    context_class = _Context
    template_class = _Template
    shown = staticmethod(shown)
    translations: NullTranslations | None = None
    macros: Any = None

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if self.translations is None:
            return tree
        svg: Any = self.globals["svg"]
        return _Fold(self.translations, self.macros, svg).visit(tree)


class _Fold(NodeTransformer):
    """Replaces what is known: a translation, and an icon or a macro of `ui` with constant arguments.

    Translations are marked safe, as newstyle gettext marks them: texts are ours, not input. What goes into their
    placeholders is escaped when it goes there.
    """

    def __init__(self, translations: NullTranslations, macros: Any, svg: Callable[..., Markup]) -> None:
        self._translations = translations
        self._macros = macros
        self._svg = svg
        self._with_body: set[int] = set()

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:  # noqa: N802  jinja2's name
        self._with_body.add(id(node.call))  # its body is known only when it is called
        return self.generic_visit(node)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  jinja2's name
        self.generic_visit(node)
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            return node
        called = node.node
        if isinstance(called, nodes.Name) and called.name in ("_", "gettext"):
            return self._translated(node)
        if isinstance(called, nodes.Name) and called.name == "svg":
            return self._called(node, self._svg)
        if isinstance(called, nodes.Getattr) and isinstance(called.node, nodes.Name) and called.node.name == "ui":
            return self._called(node, getattr(self._macros, called.attr, None))
        return node

    def _translated(self, node: nodes.Call) -> nodes.Node:
        text = node.args[0]
        if len(node.args) != 1 or not (isinstance(text, nodes.Const) and isinstance(text.value, str)):
            return node
        translated = Markup(self._translations.ugettext(text.value))  # noqa: S704
        if not node.kwargs:
            return nodes.Const(translated % {}, lineno=node.lineno)
        pairs = [nodes.Pair(nodes.Const(given.key), given.value, lineno=node.lineno) for given in node.kwargs]
        filled = nodes.Dict(pairs, lineno=node.lineno)
        return nodes.Mod(nodes.Const(translated, lineno=node.lineno), filled, lineno=node.lineno)

    def _called(self, node: nodes.Call, macro: Any) -> nodes.Node:
        if (
            macro is None
            or id(node) in self._with_body
            or not all(map(_known, [*node.args, *(given.value for given in node.kwargs)]))
        ):
            return node
        made = macro(*(arg.as_const() for arg in node.args), **{k.key: k.value.as_const() for k in node.kwargs})
        return nodes.Const(made, lineno=node.lineno)


def _known(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) or (
        isinstance(node, nodes.List | nodes.Tuple | nodes.Dict | nodes.Pair)
        and all(map(_known, node.iter_child_nodes()))
    )


def url_for(endpoint: str, **values: Any) -> str:
    """Flask's `url_for`; an address without values is made once."""
    if values or endpoint.startswith("."):
        return any_url_for(endpoint, **values)
    made = _plain_urls()
    key = request.script_root, endpoint
    if key not in made:
        made[key] = any_url_for(endpoint)
    return made[key]


def _plain_urls() -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = current_app.extensions.setdefault("fieldapp.plain_urls", {})
    return found


def environment() -> LanguageEnvironment:
    """The environment of the request's language."""
    made = current_app.extensions[_ENVIRONMENTS]
    code = language()
    if code not in made:
        made[code] = _make(current_app._get_current_object(), code)  # type: ignore[attr-defined]
    found: LanguageEnvironment = made[code]
    return found


def render(template: str, **context: Any) -> str:
    """A whole template in the request's language."""
    found = environment().get_template(template)
    return "".join(found.root_render_func(found.new_context(_about_the_request() | context)))


def render_part(template: str, block: str, **context: Any) -> str:
    """One block of a template in the request's language."""
    found = environment().get_template(template)
    return "".join(found.blocks[block](found.new_context(_about_the_request() | context)))


def _about_the_request() -> dict[str, Any]:
    about: dict[str, Any] = current_app.extensions[_ABOUT_THE_REQUEST]()
    return about


def _make(app: Flask, code: str) -> LanguageEnvironment:
    base: Any = app.jinja_env
    made = base.overlay()
    made.globals = dict(base.globals, url_for=url_for)
    made.translations = translations(code)
    # Not made.install_gettext_translations: an overlay inherits that method bound to the base environment, and would
    # put this language's calls with placeholders there, for the next language to copy.
    made.extensions["jinja2.ext.InternationalizationExtension"]._install(made.translations, newstyle=True)
    made.bytecode_cache = _Compiled((code, _what_macros_are_made_of(base)))
    # The macros of every page; imported by name they would not be seen by a block that is rendered alone.
    made.macros = made.globals["ui"] = made.get_template("components/ui.html").module
    keep_frame(made.get_template("base.html"))
    return made


def _what_macros_are_made_of(base: Environment) -> tuple[Any, ...]:
    """Calls of `ui` with constant arguments are folded into a template: its own source does not tell what they gave."""
    source, _name, _fresh = base.loader.get_source(base, "components/ui.html")  # type: ignore[union-attr]
    urls: dict[str, str] = base.globals["static"].__self__  # type: ignore[attr-defined]
    return source, tuple(urls.items())


def init_app(app: Flask) -> None:
    """To be called before anything asks for `app.jinja_env`."""
    app.jinja_environment = LanguageEnvironment
    app.extensions[_ENVIRONMENTS] = {}


def prepare(app: Flask, about_the_request: Callable[[], dict[str, Any]]) -> None:
    """Make the environments now, so that the first visitor need not wait for them.

    `about_the_request` gives what every template may use besides what its view names.
    """
    app.extensions[_ABOUT_THE_REQUEST] = about_the_request
    with app.app_context():
        for code in LOCALES:
            app.extensions[_ENVIRONMENTS][code] = _make(app, code)
