"""What a row of `distributors` means, and how other sheets name a distributor."""

from fieldapp.core.sheets import N_, Message, cells, kinds
from fieldapp.network.territory.imports import A_REGION
from fieldapp.people.accounts.models import User

from .actions import reindex
from .models import Contact, Distributor
from .rules import Status

A_DISTRIBUTOR = kinds.Reference(Distributor.code_key, Distributor.id, Message(N_("no such distributor")))
_A_USER = kinds.Reference(User.username_key, User.id, Message(N_("no such user")))


def _finish(written: kinds.Written) -> None:
    reindex(written.subjects)


DISTRIBUTORS = kinds.Kind(
    "distributors",
    Message(N_("Distributors")),
    columns=(
        kinds.own_code("code"),
        kinds.text("name", 200, required=True, default=kinds.NEEDED),
        kinds.reference("region", "region_code", A_REGION),
        kinds.code("tier"),
        kinds.reference("rep", "rep_id", _A_USER, form=Message(N_("a username"))),
        kinds.choice("status", Status, default=Status.ACTIVE),
        kinds.day("since"),
        kinds.text("contact", 80, part=1, into="name"),
        kinds.Attribute("phone", cells.phone, part=1, into="phone", form=Message(N_("a phone number"))),
        kinds.text("address", 300),
        kinds.degrees("lat", 90),
        kinds.degrees("lng", 180),
        kinds.Attribute("credit_code", cells.digits_text(32), into="credit_code", form=Message(N_("text"))),
        kinds.Attribute("bank_account", cells.digits_text(64), into="bank_account", form=Message(N_("text"))),
        kinds.text("legal_person", 80),
    ),
    parts=(
        kinds.Part(Distributor, ("code_key",), touch=lambda at: {"updated_at": at}),
        kinds.Part(
            Contact,
            ("distributor_id", "main"),
            parent="distributor_id",
            only="main",
            fixed={"main": True},
            optional=True,
        ),
    ),
    subject=(0, "id"),
    finish=_finish,
)
