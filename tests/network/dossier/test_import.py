"""Reading `distributors` from a file keeps files up to date, and remarks on new rows that look like others."""

from pathlib import Path

import pytest
from click.testing import Result

from fieldapp.network.distributors.models import Distributor
from fieldapp.network.dossier.models import Dossier
from tests.network.dossier.conftest import ACCOUNT, Audit, File, Visit

HEAD = "code,name,region,contact,phone,bank_account,address\n"
ROWS = (
    "D001,郑州丰禾饲料有限公司,410102,Wang,13800000000,,\n"  # itself
    f"D002,大江农牧,410102,Li,13900000001,{ACCOUNT},\n"  # the account of D001
    "D003,武汉秘密饲料,420106,Zhou,13900000002,,\n"  # nobody
)


def run(file: File, arguments: list[str]) -> Result:
    with file.app.app_context():
        return file.app.test_cli_runner().invoke(args=arguments)


@pytest.mark.parametrize("dry", [True, False], ids=["dry", "written"])
def test_new_rows_that_look_like_others_are_named_and_taken(file: File, tmp_path: Path, dry: bool) -> None:
    path = tmp_path / "d.csv"
    path.write_text(HEAD + ROWS, encoding="utf-8")
    order = ["import", "distributors", str(path)]
    done = run(file, order + ["--dry-run"] * dry)
    assert done.exit_code == 0, done.output
    said = done.stderr.splitlines()
    assert [line for line in said if line.startswith("Look at")] == [
        f"Look at line 3, column bank_account: {ACCOUNT} — looks like D001 郑州丰禾饲料有限公司: same bank account"
    ]
    assert "2 created" in done.stdout
    assert len(file.rows(Distributor)) == (1 if dry else 3)
    if not dry:
        assert all(row.percent and row.name_key for row in file.rows(Dossier))
        assert "Look at" not in run(file, order).stderr


def test_what_a_file_changes_stands_in_the_history_field_by_field(
    file: File, tmp_path: Path, visit: Visit, audit: Audit
) -> None:
    path = tmp_path / "d.csv"
    path.write_text(
        HEAD + f"D001,郑州丰禾集团,410102,Wang,13811112222,{ACCOUNT},\nD009,新店,410102,Xu,13900000009,,\n",
        encoding="utf-8",
    )
    done = run(file, ["import", "distributors", str(path)])
    assert done.exit_code == 0, done.output
    rep = visit("rep")
    text = rep.get(f"{file.url}/history").text
    for told in ("read from a file of the ERP", "郑州丰禾饲料有限公司", "郑州丰禾集团", "中原路 1 号", "2222"):
        assert told in text, told
    assert "郑州丰禾集团" in rep.get(f"{file.url}/history?field=company/name").text
    assert "138111" not in text + str([entry.changes for entry in audit()]), "phones are masked"

    told = [entry for entry in audit() if entry.action == "dossier.import"]
    assert [entry.subject_id for entry in told] == [str(file.id)], "none of the row that is new"
    assert run(file, ["import", "distributors", str(path)]).exit_code == 0
    assert len([entry for entry in audit() if entry.action == "dossier.import"]) == 1, "the same file again is none"
