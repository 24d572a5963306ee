"""What a browser would send of a page's form."""

from html.parser import HTMLParser

from werkzeug.test import TestResponse

Fields = list[tuple[str, str]]


class _Reader(HTMLParser):
    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.within, self.select = form, False, ""
        self.fields: Fields = []
        self.first = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.within = held.get("id") == self.form
        if not self.within:
            return
        name = held.get("name", "")
        if tag == "input" and name and name != "csrf_token":
            if held.get("type") not in {"checkbox", "radio"} or "checked" in held:
                self.fields.append((name, held.get("value", "")))
        elif tag == "select":
            self.select, self.first = name, True
        elif tag == "option" and self.select:
            if self.first:
                self.fields.append((self.select, held["value"]))
            elif "selected" in held:
                self.fields[-1] = (self.select, held["value"])
            self.first = False

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.within = False
        elif tag == "select":
            self.select = ""


def fields_of(response: TestResponse, form: str = "editor") -> Fields:
    """(name, value) of a form's fields, in the order of the page."""
    reader = _Reader(form)
    reader.feed(response.text)
    return reader.fields
