"""Reading `distributors` from a file keeps files up to date, and remarks on new rows that look like others."""

from pathlib import Path

import pytest
from click.testing import Result

from fieldapp.network.distributors.models import Distributor
from fieldapp.network.dossier.models import Dossier
from tests.network.dossier.conftest import ACCOUNT, File

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
