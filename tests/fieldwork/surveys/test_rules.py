"""Forms and answers: the shipped forms are whole, what is not asked is dropped, what is wrong is named."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldapp.fieldwork.surveys import book
from fieldapp.fieldwork.surveys.rules import (
    RANGES,
    SENT,
    Audience,
    Fault,
    Form,
    FormError,
    QuestionKind,
    check_answers,
    low,
    read_form,
    say,
)

FORMS = {key: read_form(content) for key, content in book.shipped().items()}
WORDS = {"zh": "X"}


def form(*questions: dict[str, Any]) -> Form:
    return read_form({"title": WORDS, "audience": "farmer", "questions": questions})


def question(key: str, kind: str = "score", **values: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "words": WORDS, **values}


def test_a_form_for_every_audience_and_the_remedy_comes_with_the_app() -> None:
    assert list(FORMS) == [*Audience, book.REMEDY]
    assert [one.key for one in FORMS["remedy"].questions] == ["solved", "satisfaction"]
    assert [one.key for one in FORMS["remedy"].questions[0].choices] == ["yes", "partly", "no"]
    for one in FORMS.values():
        said = [one.title, *(q.words for q in one.questions), *(c.words for q in one.questions for c in q.choices)]
        assert all(words.get(language) for words in said for language in book.LANGUAGES)


def test_words_fall_back_to_chinese() -> None:
    assert say({"zh": "X", "en": "Y"}, "en") == "Y"
    assert say({"zh": "X", "en": ""}, "en") == say({"zh": "X"}, "en") == "X"


def test_a_question_hangs_on_an_earlier_score_or_choice() -> None:
    farmer = FORMS["farmer"]
    low = check_answers(
        farmer, {"effect": ["worse"], "trouble": ["cost", "growth"], "overall": ["2"], "reason": [" a "]}
    )
    assert low.answers == {"effect": "worse", "trouble": ["growth", "cost"], "overall": 2, "reason": "a"}
    assert low.faults == {}
    assert check_answers(farmer, {"effect": ["worse"], "overall": ["3"]}).faults == {"trouble": Fault.MISSING}
    high = check_answers(farmer, {"effect": ["same"], "trouble": ["cost"], "overall": ["3"], "reason": ["a"]})
    assert high.answers == {"effect": "same", "overall": 3}
    assert high.faults == {}


def test_what_hangs_on_a_dropped_question_falls_with_it() -> None:
    chain = form(
        question("a"),
        question("b", when={"question": "a", "at_most": 2}),
        question("c", when={"question": "b", "answers": ["1"]}),
    )
    assert check_answers(chain, {"a": ["5"], "b": ["1"], "c": ["1"]}).answers == {"a": 5}
    assert check_answers(chain, {"a": ["1"], "b": ["1"], "c": ["1"]}).answers == {"a": 1, "b": 1, "c": 1}


@pytest.mark.parametrize(
    ("kind", "sent", "fault"),
    [
        ("score", ["0"], Fault.RANGE),
        ("score", ["6"], Fault.RANGE),
        ("score", ["\u0663"], Fault.RANGE),
        ("score", ["-1"], Fault.RANGE),
        ("score", ["1", "2"], Fault.MANY),
        ("nps", ["11"], Fault.RANGE),
        ("nps", ["ten"], Fault.RANGE),
        ("single", ["q"], Fault.CHOICE),
        ("single", ["x", "y"], Fault.MANY),
        ("multiple", ["x", "q"], Fault.CHOICE),
        ("text", ["a" * 1001], Fault.LONG),
        ("text", ["  "], Fault.MISSING),
    ],
)
def test_wrong_answers_are_named(kind: str, sent: list[str], fault: Fault) -> None:
    choices = [{"key": key, "words": WORDS} for key in "xy"] if kind in ("single", "multiple") else []
    checked = check_answers(form(question("a", kind, required=True, choices=choices)), {"a": sent})
    assert checked.faults == {"a": fault}
    assert checked.answers == {}


@pytest.mark.parametrize(
    "questions",
    [
        [],
        [question("a"), question("a")],
        [question("A b")],
        [question("a", "guess")],
        [question("a", words={"en": "Y"})],
        [question("a", "single")],
        [question("a", choices=[{"key": "x", "words": WORDS}])],
        [question("a", when={"question": "b", "at_most": 2}), question("b")],
        [question("a"), question("b", when={"question": "a"})],
        [question("a"), question("b", when={"question": "a", "answers": ["6"]})],
        [question("a", "text"), question("b", when={"question": "a", "answers": ["x"]})],
        [question(f"a{n}") for n in range(31)],
    ],
)
def test_a_form_that_is_not_whole_is_refused(questions: list[dict[str, Any]]) -> None:
    with pytest.raises(FormError):
        form(*questions)


@given(st.data())
def test_whatever_is_sent_only_offered_answers_of_asked_questions_are_kept(data: st.DataObject) -> None:
    one = FORMS[data.draw(st.sampled_from(list(FORMS)))]
    texts = st.sampled_from(["", "0", "1", "3", "5", "10", "11", "worse", "cost", "yes", "x"]) | st.text(max_size=5)
    keys = [q.key for q in one.questions]
    sent = data.draw(st.dictionaries(st.sampled_from(keys), st.lists(texts, max_size=3)))
    checked = check_answers(one, sent)
    assert not checked.answers.keys() & checked.faults.keys()
    for q in one.questions:
        asked = q.when is None or q.when.holds(checked.answers.get(q.when.question))
        if not asked:
            assert q.key not in checked.answers | checked.faults
        elif q.required:
            assert q.key in checked.answers | checked.faults
        value = checked.answers.get(q.key)
        if q.kind in RANGES and value is not None:
            assert isinstance(value, int)
            assert RANGES[q.kind][0] <= value <= RANGES[q.kind][1]
        if q.kind is QuestionKind.MULTIPLE and value is not None:
            assert set(value) <= {choice.key for choice in q.choices}


def test_a_photo_is_there_or_missing_and_nothing_hangs_on_it() -> None:
    asked = form(question("shelf", "photo", required=True), question("clean"))
    assert check_answers(asked, {"clean": ["3"]}).faults == {"shelf": Fault.MISSING}
    assert check_answers(asked, {"shelf": [SENT]}).answers == {"shelf": SENT}
    with pytest.raises(FormError):
        form(question("shelf", "photo"), question("clean", when={"question": "shelf", "answers": [SENT]}))


@pytest.mark.parametrize(("score", "found"), [(1, ["a"]), (2, ["a"]), (3, []), (5, [])])
def test_a_score_of_two_or_less_is_low(score: int, found: list[str]) -> None:
    asked = form(question("a"), question("b", "nps"), question("c", "text"))
    assert [one.key for one in low(asked, {"a": score, "b": 0, "c": "1"})] == found
