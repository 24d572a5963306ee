"""What a browser sends of a form that is edited: its fields name question, part and language, `q.price.zh`."""

from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from fieldapp.core.forms import clean
from fieldapp.fieldwork.surveys.drafts import KEY, LANGUAGES, MOST_CHOICES, MOST_WORDS, Change, Content, Flaw
from fieldapp.fieldwork.surveys.rules import MOST_QUESTIONS, Audience, QuestionKind


def read(given: MultiDict[str, str]) -> Content:
    """The content as typed, in the order of the page."""
    audience = given.get("audience", "")
    kinds = set(QuestionKind)
    rows: list[dict[str, Any]] = []
    for key in dict.fromkeys(given.getlist("q")[: MOST_QUESTIONS + 1]):
        if not KEY.fullmatch(key):
            continue
        head = f"q.{key}"
        kind = given.get(f"{head}.kind", "")
        row: dict[str, Any] = {
            "key": key,
            "kind": kind if kind in kinds else QuestionKind.SCORE.value,
            "words": _words(given, head),
            "required": given.get(f"{head}.required") == "y",
            "choices": [
                {"key": one, "words": _words(given, f"{head}.c.{one}")}
                for one in dict.fromkeys(given.getlist(f"{head}.c")[: MOST_CHOICES + 1])
                if KEY.fullmatch(one)
            ],
        }
        asked = given.get(f"{head}.when", "")
        if KEY.fullmatch(asked):
            # Ticked for another question than the one that is chosen now: those ticks say nothing.
            ticks = given.getlist(f"{head}.if.{asked}")
            row["when"] = {"question": asked, "answers": [one for one in ticks if len(one) <= 40]}
        rows.append(row)
    return {
        "audience": audience if audience in set(Audience) else Audience.DISTRIBUTOR.value,
        "title": _words(given, "title"),
        "questions": rows,
    }


def _words(given: MultiDict[str, str], head: str) -> dict[str, str]:
    return {language: str(clean(given.get(f"{head}.{language}"))) for language in LANGUAGES}


def flaw_text(flaw: Flaw) -> str:
    """What is wrong, and what to do."""
    return {
        Flaw.EMPTY: _("Write it in Chinese; English may follow later."),
        Flaw.LONG: _("Use at most %(max)d characters.", max=MOST_WORDS),
        Flaw.KEY: _("Give a short name of small letters a–z, digits and _, beginning with a letter."),
        Flaw.TAKEN: _("There is a form of this name already. Choose another."),
        Flaw.AUDIENCE: _("Choose who answers."),
        Flaw.NO_QUESTIONS: _("Add at least one question."),
        Flaw.MANY_QUESTIONS: _("Ask at most %(most)d questions.", most=MOST_QUESTIONS),
        Flaw.KIND: _("Choose one of the kinds."),
        Flaw.KIND_STAYS: _("The kind stays, so that its results go on. Remove the question and add a new one."),
        Flaw.FEW_CHOICES: _("Offer at least two answers."),
        Flaw.MANY_CHOICES: _("Offer at most %(most)d answers.", most=MOST_CHOICES),
        Flaw.LATER: _("It depends on a question that does not come before it. Move it down, or choose another."),
        Flaw.NO_ANSWER: _("Tick the answers after which it is asked."),
    }[flaw]


def change_text(change: Change, said: str) -> str:
    """What somebody did to a form; `said`: the words of the question."""
    return {
        "title": _("Title: %(words)s", words=said),
        "added": _("New: %(words)s", words=said),
        "removed": _("Removed: %(words)s", words=said),
        "changed": _("Changed: %(words)s", words=said),
        "moved": _("Questions moved"),
    }[change.what]
