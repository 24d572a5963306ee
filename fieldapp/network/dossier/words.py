"""What the parts of a file are called, and why each item matters; in the reader's language."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import pgettext

from fieldapp.network.distributors.rules import Channel, ContactRole

from .alike import Reason
from .rules import AttachmentKind, OutletKind, SiteKind, VehicleKind


def section_name(section: str) -> str:
    """The title of a section."""
    return {
        "company": _("Company"),
        "contacts": _("Contacts"),
        "place": _("Addresses"),
        "network": _("Sales network"),
        "brands": _("Brands carried"),
        "means": _("Vehicles and warehouses"),
        "papers": _("Attachments"),
    }[section]


def item_name(code: str) -> str:
    """What an item of the completeness is called."""
    return {
        "legal_person": _("Legal person"),
        "credit_code": _("Credit code"),
        "bank_account": _("Bank account"),
        "capital": _("Capital"),
        "business_since": _("In business since"),
        "since": _("Customer since"),
        "main_contact": _("Main contact with phone"),
        "owner": _("Owner"),
        "address": _("Address"),
        "location": _("Location"),
        "outlets": _("Outlets and farms"),
        "brands": _("Brands with their shares"),
        "vehicles": _("Vehicles"),
        "warehouse": _("Warehouse"),
        "licence": _("Business licence"),
    }[code]


def item_names(codes: Iterable[str]) -> str:
    """Several items in one line."""
    return _(", ").join(item_name(code) for code in codes)


def item_reason(code: str) -> str:
    """Why an item matters: one sentence."""
    return {
        "legal_person": _("He signs contracts and answers for what is owed."),
        "credit_code": _("It tells one company from another of the same name, and opens the public registers."),
        "bank_account": _("Payments are matched by it, and a refund needs it."),
        "capital": _("It says how much credit the business can carry."),
        "business_since": _("The credit grade asks how many years it has been in business."),
        "since": _("New and long-standing customers get different terms."),
        "main_contact": _("Without a number nobody can be reached when a delivery or a payment is late."),
        "owner": _("Who decides has to be known before there is something to decide."),
        "address": _("Goods and letters go there."),
        "location": _("The visit finds the store, and nearby customers are planned together."),
        "outlets": _("If the distributor is lost, its network shows whom to supply at once."),
        "brands": _("Our share in the store shows what there is to win."),
        "vehicles": _("They say how far and how fast it can deliver."),
        "warehouse": _("Its size limits what can be ordered ahead."),
        "licence": _("A contract needs a copy of it."),
    }[code]


def field_name(part: str, field: str) -> str:
    """What a field is called, in forms and in the history."""
    names: dict[str, Any] = {
        "name": {
            "company": _("Company name"),
            "contacts": pgettext("person", "Name"),
            "brands": _("Brand"),
        }.get(part, _("Name")),
        "legal_person": _("Legal person"),
        "credit_code": _("Credit code"),
        "bank_account": _("Bank account"),
        "capital": _("Capital"),
        "business_since": _("In business since"),
        "since": _("Customer since") if part == "company" else _("Supplied since"),
        "role": _("Position"),
        "phone": _("Phone"),
        "wechat": _("WeChat"),
        "birthday": _("Birthday"),
        "channel": _("Best reached by"),
        "main": _("Main contact"),
        "kind": _("Kind"),
        "address": _("Address"),
        "lat": _("Latitude"),
        "lng": _("Longitude"),
        "region_code": _("Region"),
        "contact": _("Contact"),
        "monthly_grams": _("Feed a month"),
        "head": _("Animals"),
        "active": _("Supplied now"),
        "ours": _("Our brand"),
        "percent": _("Share"),
        "as_of": _("As of"),
        "count": _("How many"),
        "grams": _("Carries each") if part == "vehicles" else _("Holds"),
        "square_metres": _("Floor area"),
        "filename": _("File"),
        "reason": _("Reason"),
        "code": _("Code"),
        "checked": _("Still right"),
    }
    return str(names.get(field, field))


def part_name(part: str) -> str:
    """One entry of a part: `Contact`, `Vehicle`."""
    return {
        "company": _("Company"),
        "place": _("Address and location"),
        "contacts": _("Contact"),
        "sites": _("Address"),
        "outlets": _("Outlet or farm"),
        "brands": _("Brand"),
        "vehicles": _("Vehicle"),
        "warehouses": _("Warehouse"),
        "papers": _("Attachment"),
    }[part]


def new_name(part: str) -> str:
    """The title of the form of a new entry."""
    return {
        "contacts": _("New contact"),
        "sites": _("New address"),
        "outlets": _("New outlet or farm"),
        "brands": _("New brand"),
        "vehicles": _("New vehicle"),
        "warehouses": _("New warehouse"),
    }[part]


def role_name(role: str) -> str:
    """What somebody is at a distributor's."""
    return {
        ContactRole.OWNER: _("Owner"),
        ContactRole.SPOUSE: _("Owner's spouse"),
        ContactRole.MANAGER: _("Manager"),
        ContactRole.BUYER: _("Buyer"),
        ContactRole.ACCOUNTANT: _("Accountant"),
        ContactRole.WAREHOUSE: _("Warehouse keeper"),
        ContactRole.OTHER: pgettext("person", "Other"),
    }[ContactRole(role)]


def channel_name(channel: str) -> str:
    """How somebody likes to be reached."""
    return {
        Channel.PHONE: _("Phone call"),
        Channel.WECHAT: _("WeChat"),
        Channel.MESSAGE: _("Text message"),
        Channel.VISIT: _("Visit"),
    }[Channel(channel)]


def site_name(kind: str) -> str:
    """What an address is for."""
    return {
        SiteKind.REGISTERED: _("Registered office"),
        SiteKind.STORE: _("Store"),
        SiteKind.WAREHOUSE: _("Warehouse"),
    }[SiteKind(kind)]


def outlet_name(kind: str) -> str:
    """A retailer or a farm."""
    return {OutletKind.RETAILER: _("Retailer"), OutletKind.FARM: _("Farm")}[OutletKind(kind)]


def vehicle_name(kind: str) -> str:
    """A kind of vehicle."""
    return {
        VehicleKind.TRUCK: _("Truck"),
        VehicleKind.VAN: _("Van"),
        VehicleKind.TRICYCLE: _("Motor tricycle"),
        VehicleKind.BOAT: _("Boat"),
        VehicleKind.OTHER: pgettext("vehicle", "Other"),
    }[VehicleKind(kind)]


def paper_name(kind: str) -> str:
    """What a document shows."""
    return {
        AttachmentKind.LICENCE: _("Business licence"),
        AttachmentKind.CONTRACT: _("Contract"),
        AttachmentKind.PHOTO: _("Photo"),
        AttachmentKind.OTHER: pgettext("document", "Other"),
    }[AttachmentKind(kind)]


def reason_name(reason: str) -> str:
    """What speaks for two distributors being one."""
    return {
        Reason.CREDIT_CODE: _("same credit code"),
        Reason.BANK_ACCOUNT: _("same bank account"),
        Reason.PHONE: _("same phone"),
        Reason.NAME: _("same name but for place and trade"),
        Reason.SIMILAR_NAME: _("similar name"),
        Reason.ADDRESS: _("same address"),
        Reason.SIMILAR_ADDRESS: _("similar address"),
    }[Reason(reason)]


def reason_names(reasons: Iterable[str]) -> str:
    """Several of them in one line."""
    return _(", ").join(reason_name(reason) for reason in reasons)
