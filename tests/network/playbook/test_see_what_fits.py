"""What did you see? Ticks, and the types that fit them."""

import re
from uuid import uuid4

from tests.network.playbook.conftest import Talk


def offered(page: str) -> list[tuple[str, str]]:
    """(type, percent) of the ranked types."""
    buttons = re.findall(r'class="button button-\w+ ranked"[^>]*value="([\w-]+)".*?(\d+) %', page, re.S)
    return [(kind, percent) for kind, percent in buttons]


def ticked(page: str) -> list[str]:
    """The signs that are ticked."""
    return re.findall(r'type="checkbox" name="seen" value="([\w-]+)" checked', page)


def test_every_sign_is_there_once_and_nothing_is_ranked_before_a_tick(talk: Talk) -> None:
    page = talk.picker()
    signs = re.findall(r'type="checkbox" name="seen" value="([\w-]+)"', page)
    assert len(signs) == len(set(signs)) == 92
    assert ticked(page) == offered(page) == []
    assert "Tick two or three things" in page
    assert "Wang" in page
    assert "the contact may read it" in page


def test_the_types_are_ranked_with_their_reasons(talk: Talk) -> None:
    page = talk.picker(ticked=1, seen=["silent", "evades", "serious"])
    assert offered(page) == [("quiet", "100"), ("cautious", "20")]
    quiet = page[page.index('value="quiet"') :]
    reasons = re.search(r"<small[^>]*>(.*?)</small>", quiet, re.S)
    assert reasons is not None
    assert reasons[1] == "Serious · Talks little · Avoids answering questions"
    assert sorted(ticked(page)) == ["evades", "serious", "silent"], "without JavaScript they stay"


def test_types_that_fit_equally_say_so(talk: Talk) -> None:
    assert "Several fit equally" in talk.picker(ticked=1, seen=["silent"])
    assert "Several fit equally" not in talk.picker(ticked=1, seen=["serious"])


def test_at_most_three_are_offered(talk: Talk) -> None:
    page = talk.picker(ticked=1, seen=["warm", "shy", "bargains", "serious", "wise"])
    assert len(offered(page)) == 3
    assert page.count('name="type"') == 3 + 8 + 1, "all eight and none can be chosen without ticking"


def test_htmx_gets_the_ranking_alone_and_an_address_to_come_back_to(talk: Talk) -> None:
    answer = talk.as_("rep").fragment(f"/contacts/{talk.wang}/type?ticked=1&seen=serious&seen=shy")
    assert "<html" not in answer.text
    assert "checkbox" not in answer.text
    assert offered(answer.text) == [("cautious", "50"), ("quiet", "50")]
    address = answer.headers["HX-Replace-Url"]
    assert ticked(talk.as_("rep").get(address).text) == ["shy", "serious"]


def test_ticks_that_nobody_knows_count_for_nothing(talk: Talk) -> None:
    page = talk.picker(ticked=1, seen=["serious", "serious", "invented", "<b>"])
    assert offered(page) == [("quiet", "100")]
    assert "invented" not in page


def test_what_was_ticked_last_time_is_ticked_until_it_is_taken_away(talk: Talk) -> None:
    talk.set("quiet", "serious", "silent")
    assert sorted(ticked(talk.picker())) == ["serious", "silent"]
    assert offered(talk.picker(ticked=1)) == []
    assert ticked(talk.picker(ticked=1)) == []


def test_outside_the_patch_there_is_no_such_contact(talk: Talk) -> None:
    for who in ("colleague", "stranger"):
        assert talk.as_(who).get(f"/contacts/{talk.wang}/type").status_code == 404
        assert talk.as_(who).fragment(f"/contacts/{talk.wang}/type?ticked=1&seen=serious").status_code == 404
    assert talk.as_("boss").get(f"/contacts/{talk.wang}/type").status_code == 200
    assert talk.as_("rep").get(f"/contacts/{uuid4()}/type").status_code == 404


def test_a_contact_without_a_name_goes_by_its_phone(talk: Talk) -> None:
    talk.rename(None)
    assert "13800000000" in talk.picker()
    assert talk.set("quiet").status_code == 303
    assert "Saved for 13800000000: Quiet." in talk.page()
