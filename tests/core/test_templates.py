"""Templates speak the language of their reader, also where a text has placeholders."""

from flask import Flask
from flask_babel import force_locale

from fieldapp.core.templates import environment


def test_each_language_keeps_its_own_words(app: Flask) -> None:
    source = (
        '{{ _("Search") }} {{ _("%(km)s km", km=3) }} {{ ngettext("%(num)d day overdue", "%(num)d days overdue", 2) }}'
    )
    said = {}
    for language in ("zh", "en", "zh"):
        with app.test_request_context(), force_locale(language):
            said[language] = environment().from_string(source).render()
    assert said == {"zh": "搜索 3 公里 逾期 2 天", "en": "Search 3 km 2 days overdue"}
