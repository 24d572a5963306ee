"""Who changed what, and that sensitive values are not told."""

import json

from tests.network.dossier.conftest import ACCOUNT, Audit, File, Visit


def test_each_change_is_told_with_who_and_both_values(file: File, visit: Visit) -> None:
    rep, boss = visit("rep"), visit("boss")
    file.save(boss, "company", file.open(boss, "company"), capital="100")
    file.save(rep, "company", file.open(rep, "company"), capital="200", name="New name")
    text = rep.get(f"{file.url}/history").text
    for told in ("Boss", "Rep", "¥100.00", "¥200.00", "New name", "郑州丰禾饲料有限公司"):
        assert told in text, told
    only = rep.get(f"{file.url}/history?field=company/capital").text
    assert "¥200.00" in only
    assert "¥100.00" in only
    assert "Company name" not in only


def test_sensitive_values_are_masked_for_everybody_and_never_stored(file: File, visit: Visit, audit: Audit) -> None:
    admin = visit("admin")
    file.save(admin, "company", file.open(admin, "company"), bank_account="8888777766665555", legal_person="李秘密")
    part = f"contacts/{file.contact_id}"
    file.save(
        admin,
        part,
        file.open(admin, part),
        phone="13987654321",
        birthday="1980-05-17",
        wechat="wxsecret",
        name="钱秘密",
    )
    file.add(admin, "outlets", kind="farm", name="场", contact="孙秘密", phone="13712345678", active="y")
    secrets = (ACCOUNT, "8888777766665555", "秘密", "139876", "1980", "05-17", "wxsecret", "137123")
    stored = json.dumps([entry.changes for entry in audit()], ensure_ascii=False)
    for who in ("rep", "admin"):
        text = visit(who).get(f"{file.url}/history").text
        for secret in secrets:
            assert secret not in text, secret
        assert "5555" in text
    for secret in secrets:
        assert secret not in stored, secret


def test_long_histories_are_paged(file: File, visit: Visit) -> None:
    rep = visit("rep")
    for number in range(23):
        file.save(rep, "company", file.open(rep, "company"), capital=str(1000 + number))
    first = rep.get(f"{file.url}/history").text
    assert "¥1,022.00" in first
    assert "¥1,001.00" not in first
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "¥1,001.00" in rep.get(following).text


def test_nothing_yet(file: File, visit: Visit) -> None:
    assert "No change yet" in visit("rep").get(f"{file.url}/history").text
    assert visit("colleague").get(f"{file.url}/history").status_code == 404
