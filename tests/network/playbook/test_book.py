"""The playbook's data: whole, in both languages, and every item of the training's eight types and four skills in it."""

import copy
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from fieldapp.network.playbook import book
from fieldapp.network.playbook.book import LANGUAGES, PlaybookError, build, playbook
from fieldapp.network.playbook.rules import CustomerType, SkillKey

FILE = files("fieldapp.network.playbook") / "data" / "playbook.toml"
DATA: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8"))
# Counted by hand in the deck 客户有效管理培训, slides 客户的八种类型: 特征, 行为(表现), 如何应对.
COUNTS = {
    "friendly": (5, 7, 7),
    "cautious": (5, 7, 7),
    "strong-willed": (6, 5, 6),
    "expert": (3, 7, 8),
    "debater": (7, 8, 9),
    "constructive": (9, 5, 7),
    "quiet": (6, 5, 6),
    "traditional": (8, 6, 4),
}
# 与客户交往应注意的问题: 讲述 has seven items, 发问 four before the text breaks off; 倾听 and 了解 are only named.
SKILLS = {"tell": 7, "ask": 4, "listen": 0, "understand": 0}
# The deck's terms, in its order (一)–(八).
TERMS = [
    "友善外向型",
    "优柔寡断型",
    "顽强型",
    "万事通型",
    "强词夺理型",
    "思想积极型",
    "不声不响型",
    "消极主义型",
]
# What the deck says of people that nobody wants to read about himself.
HURTFUL = [
    "不太聪明",
    "吹牛",
    "强词夺理",
    "威胁你",
    "人身攻击",
    "自吹自擂",
    "顽固",
    "多疑",
    "僵化",
    "嘲讽",
    "易怒",
    "缺乏信心",
    "无感情",
    "吹毛求疵",
    "消极",
    "优柔寡断",
    "摆出",
]


def own_words(entry: dict[str, Any], *blocks: str) -> list[str]:
    """The deck's own words in some blocks of a type."""
    return [line["deck"] for block in blocks for line in entry[block] if "deck" in line]


def deck() -> dict[str, list[list[str]]]:
    """The deck's text of the eight types, cut at its punctuation: type → items of its three blocks."""
    lines = (Path(__file__).parent / "deck.txt").read_text(encoding="utf-8").splitlines()
    items: dict[str, list[list[str]]] = {}
    for line in lines:
        head, colon, rest = line.partition(": ")
        if not colon:
            blocks = items.setdefault(head, [])
        else:
            blocks.append([item for item in re.split(r"[;,、。\s]+", rest) if item])
    return items


def test_the_eight_types_and_four_skills_stand_in_the_deck_s_order() -> None:
    assert list(DATA["types"]) == list(CustomerType) == list(COUNTS)
    assert [entry["deck"] for entry in DATA["types"].values()] == TERMS
    assert [entry["deck"] for entry in DATA["skills"].values()] == ["讲述", "发问", "倾听", "了解"]
    assert list(DATA["skills"]) == list(SkillKey) == list(SKILLS)


@pytest.mark.parametrize("kind", COUNTS)
def test_a_type_has_every_item_of_the_deck_and_marks_what_is_ours(kind: str) -> None:
    entry = DATA["types"][kind]
    held = [own_words(entry, "traits"), own_words(entry, "behaviours"), own_words(entry, "works", "avoid")]
    assert tuple(map(len, held)) == COUNTS[kind]
    assert [sorted(words) for words in held] == [sorted(words) for words in deck()[kind]]
    assert all("deck" in line for line in (*entry["traits"], *entry["behaviours"], *entry["works"])), (
        "ours is avoid only"
    )
    shown = playbook("zh").types[CustomerType(kind)]
    ours = [line.text for line in shown.avoid if line.ours]
    assert ours == [line["zh"] for line in entry["avoid"] if "deck" not in line]
    assert len(ours) <= 1


@pytest.mark.parametrize("key", SKILLS)
def test_a_skill_has_every_item_of_the_deck_and_the_rest_is_ours(key: str) -> None:
    points = DATA["skills"][key]["points"]
    assert sum("deck" in line for line in points) == SKILLS[key]
    assert len(points) >= 6
    shown = {skill.key: skill for skill in playbook("en").skills}[SkillKey(key)]
    assert [line.ours for line in shown.points] == [False] * SKILLS[key] + [True] * (len(points) - SKILLS[key])


def shape(of: book.Playbook) -> Any:
    """All but the texts."""
    return (
        [
            (key, [[(x.sign, x.ours, x.top) for x in block] for block in (p.traits, p.behaviours, p.works, p.avoid)])
            for key, p in of.types.items()
        ],
        [(skill.key, [(line.ours, line.top) for line in skill.points]) for skill in of.skills],
        [[key for key, _text in theme.signs] for theme in of.themes],
        list(of.signs),
    )


def test_both_languages_hold_the_same() -> None:
    assert shape(playbook("zh")) == shape(playbook("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_there_and_in_its_language(language: str) -> None:
    of = playbook(language)
    texts = [theme.title for theme in of.themes] + list(of.signs.values())
    for part in of.types.values():
        texts += [part.title, part.summary]
        texts += [line.text for block in (part.traits, part.behaviours, part.works, part.avoid) for line in block]
    for skill in of.skills:
        texts += [skill.title, skill.summary, *(line.text for line in skill.points)]
    assert len(texts) > 250
    for text in texts:
        assert text == text.strip() != ""
        assert bool(re.search("[\u4e00-\u9fff]", text)) == (language == "zh"), text
        assert not re.search("[,;:]", text) or language == "en", f"half-width punctuation in {text}"


def test_nothing_that_is_shown_hurts() -> None:
    of = playbook("zh")
    for kind in of.types.values():
        for text in (kind.title, kind.summary, *(x.text for x in (*kind.traits, *kind.behaviours, *kind.works))):
            assert not [word for word in HURTFUL if word in text], text
    assert [old for _new, old in of.renamed] == ["优柔寡断型", "强词夺理型", "消极主义型"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picker_shows_every_sign_once_and_no_type_in_a_row(language: str) -> None:
    of = playbook(language)
    shown = [key for theme in of.themes for key, _text in theme.signs]
    assert sorted(shown) == sorted(set(shown)) == sorted({key for signs in of.profiles.values() for key in signs})
    assert len(shown) == 92, "49 traits and 50 behaviours, seven of them named twice"
    assert len({text for theme in of.themes for _key, text in theme.signs}) == 92, "two rows that read the same"
    for theme in of.themes:
        owners = [{kind for kind, signs in of.profiles.items() if key in signs} for key, _text in theme.signs]
        assert not any(a & b & c & d for a, b, c, d in zip(owners, owners[1:], owners[2:], owners[3:], strict=False))


def test_a_card_has_two_lines_to_do_and_one_to_avoid() -> None:
    for language in LANGUAGES:
        for kind in playbook(language).types.values():
            assert (len(kind.do), len(kind.dont)) == (2, 1)


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda data: data["types"]["quiet"]["traits"][0].pop("en"), "quiet.traits 1: no en"),
        (lambda data: data["types"]["quiet"]["traits"][0].update(en=" "), "quiet.traits 1: no en"),
        (lambda data: data["types"]["quiet"]["traits"][0].pop("key"), "a sign has a key"),
        (lambda data: data["types"]["quiet"].update(avoid=[]), "quiet.avoid: nothing there"),
        (lambda data: data["types"]["quiet"]["works"][0].pop("top"), "mark 2 lines"),
        (lambda data: data["types"]["quiet"]["traits"][0].update(theme="weather"), "one theme of"),
        (lambda data: data["types"]["quiet"]["traits"][5].update(theme="you"), "silent: one theme"),
        (lambda data: data["types"].pop("expert"), "types: expected"),
        (lambda data: data["skills"].pop("listen"), "skills: expected"),
        (lambda data: data["skills"]["listen"]["summary"].pop("en"), "listen: no en"),
    ],
)
def test_a_file_that_is_not_whole_stops_the_start(break_it: Any, told: str) -> None:
    data = copy.deepcopy(DATA)
    break_it(data)
    with pytest.raises(PlaybookError, match=re.escape(told)):
        build(data, "en")
