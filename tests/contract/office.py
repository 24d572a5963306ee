"""A small company whose every number is known, for questions about one thing at a time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .installation import PASSWORD, Inside, Ran, Reply, ask

FILES = {
    "regions": "code,name\n91,省\n9101,市\n910101,县\n9102,二市\n92,外省\n9201,外市\n",
    "products": "code,name,line\nP1,乳猪料,pig\nP2,鱼料,aqua\n",
    "users": "username,name,role,regions\nrep,业务员,rep,9101\nsup,主管,supervisor,91\ngone,离职,rep,91\n",
    "distributors": "code,name,region,tier,status\nD1,甲,910101,S,active\nD2,乙,9201,S,active\nD3,丙,910101,A,active\n",
    "areas": (
        "distributor,region,line,valid_from,shared\nD1,910101,*,2026-01-01,no\nD1,9102,*,2026-01-01,yes\n"
        "D2,9102,*,2026-01-01,yes\n"
    ),
    "prices": "product,region,tier,valid_from,list_price,floor_price\nP1,91,*,2026-01-01,3200,3150\n",
    "rebates": "code,kind,distributor,tier,line,product,per_tonne,valid_from\nR1,month,D1,*,*,P1,40,2026-01-01\n",
    "credit": "distributor,grade,limit\nD1,A,100000\nD2,A,100000\n",
    "invoices": (
        "number,line_no,distributor,ship_to,date,due,product,kg,amount\n"
        "N1,1,D1,910101,2026-11-01,2026-12-01,P1,1000,3000.00\n"
    ),
    "payments": "number,distributor,date,amount,invoice\nY1,D1,2026-11-02,1000.00,N1\n",
}


class Office:
    """The company in an installation of its own."""

    def __init__(self, installation: Inside, folder: Path) -> None:
        self.installation = installation
        self.folder = folder
        installation.flask(
            "users", "create", "boss", "--name", "B", "--role", "admin", "--password-stdin", given=PASSWORD + "\n"
        )
        for kind, text in FILES.items():
            read = self.read(kind, text)
            assert read.code == 0, read
        self.tokens = {
            name: installation.flask("users", "token", name).out.strip() for name in ("boss", "rep", "sup", "gone")
        }
        installation.flask("users", "deactivate", "gone")

    def read(self, kind: str, text: str | bytes, *options: str, name: str = "") -> Ran:
        """Import a file of this content."""
        return self.installation.flask("import", kind, str(self.file(name or f"{kind}.csv", text)), *options)

    def file(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def ask(self, user: str | None = "boss", **changes: Any) -> Reply:
        """The contract's example with changes; `...` takes a field away."""
        body: dict[str, Any] = {
            "distributor": "D1",
            "on": "2026-11-23",
            "terms": "credit",
            "lines": [{"product": "P1", "kg": "5000", "price": "3150.00"}],
            **changes,
        }
        said = {name: value for name, value in body.items() if value is not ...}
        return ask(self.installation, said, self.tokens.get(user, user) if user else None)

    def facts(self, prefix: str, user: str = "boss", **changes: Any) -> Mapping[str, Any]:
        """`code` and facts of the first finding whose code starts so."""
        reply = self.ask(user, **changes)
        assert reply.status == 201, reply
        finding = next(finding for finding in reply.json()["findings"] if finding["code"].startswith(prefix))
        return {"code": finding["code"], **finding["facts"]}

    def knows_product(self, code: str) -> bool:
        """Whether the product can be named in a deal."""
        reply = self.ask(lines=[{"product": code, "kg": "1", "price": "1"}])
        assert reply.status in {201, 422}, reply
        return reply.status == 201
