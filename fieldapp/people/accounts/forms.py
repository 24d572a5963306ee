"""What is typed about users: sign-in, passwords, preferences, and the administrators' form."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext, lazy_pgettext
from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from fieldapp.core.forms import Form, at_most, required
from fieldapp.core.i18n import LOCALES

from . import passwords, rules
from .models import Role, Theme
from .queries import UserFilter
from .regions import book

ROLES = [
    (Role.REP, lazy_gettext("Rep")),
    (Role.SUPERVISOR, lazy_gettext("Supervisor")),
    (Role.ADMIN, lazy_gettext("Administrator")),
]


def weak_password_text(reason: str) -> str:
    """Why a password is refused, and what to do."""
    return {
        "short": _(
            "Use at least %(count)s characters; three or four words are easy to remember.", count=passwords.SHORTEST
        ),
        "long": _("Use at most %(count)s characters.", count=passwords.LONGEST),
        "personal": _("Leave out your username, your name and the name of the app."),
        "common": _("This is guessed quickly. Put three or four unusual words together, for example with hyphens."),
    }[reason]


class SignInForm(Form):
    """Username, password, and where to go on."""

    username = StringField(lazy_gettext("Username"), [required(), at_most(64)])
    password = PasswordField(lazy_gettext("Password"), [required()])
    next = HiddenField()


class NewPasswordForm(Form):
    """A new password, typed twice."""

    password = PasswordField(lazy_gettext("New password"), [required()])
    again = PasswordField(lazy_gettext("New password, once more"), [required()])

    def validate_again(self, field: Any) -> None:
        """Both must be the same."""
        if field.data != self.password.data:
            raise ValidationError(_("The two are not the same. Type them again."))

    def refuse(self, error: passwords.WeakPasswordError) -> None:
        """Say why the password is refused."""
        self.password.errors = [*self.password.errors, weak_password_text(error.reason)]


class ChangePasswordForm(NewPasswordForm):
    """One's own password: the present one first."""

    current = PasswordField(lazy_gettext("Present password"), [required()])


class LanguageForm(Form):
    """A language, and the page to go back to."""

    locale = SelectField(choices=[SelectChoice(code, name) for code, name in LOCALES.items()])
    next = HiddenField()


class ThemeForm(Form):
    """How the screen looks."""

    theme = SelectField(choices=[SelectChoice(theme.value) for theme in Theme])


class UserForm(Form):
    """A user's name, role, patch and address. `seen`: the edition the administrator started from."""

    name = StringField(lazy_pgettext("person", "Name"), [required(), at_most(80)])
    role = SelectField(lazy_gettext("Role"), choices=[SelectChoice(role.value, name) for role, name in ROLES])
    regions = StringField(lazy_gettext("Patch"), [at_most(2000)])
    email = StringField(lazy_gettext("E-mail"), [at_most(254)])
    seen = HiddenField()

    def validate_regions(self, field: Any) -> None:
        """Every code must be a region."""
        codes = rules.region_codes(field.data)
        unknown = [code for code in codes if code not in book().names(codes)]
        if unknown:
            raise ValidationError(_("No such region: %(codes)s. Search for it by name.", codes=", ".join(unknown)))

    def validate_email(self, field: Any) -> None:
        """Empty, or an address."""
        if field.data and not rules.is_address(field.data):
            raise ValidationError(_("This is no e-mail address. Write it like name@example.com, or leave it empty."))

    @property
    def patch(self) -> list[str]:
        """The codes of the patch."""
        return rules.region_codes(self.regions.data or "")


class NewUserForm(UserForm):
    """The same, with the username, which never changes afterwards."""

    username = StringField(lazy_gettext("Username"), [required()])

    def validate_username(self, field: Any) -> None:
        """Letters, digits and a few signs."""
        if not rules.is_username(field.data):
            raise ValidationError(_("Use 2 to 64 letters, digits or . _ - @ +, without spaces."))


class UserFilterForm(Form):
    """How the list of users is narrowed, from the address; what makes no sense there is left out."""

    q = StringField(validators=[Optional(), at_most(100)])
    role = SelectField(choices=[SelectChoice(role.value, name) for role, name in ROLES], validators=[Optional()])
    active = SelectField(choices=[SelectChoice("yes"), SelectChoice("no")], validators=[Optional()])
    after = StringField(validators=[Optional(), at_most(64)])
    before = StringField(validators=[Optional(), at_most(64)])

    def wanted(self) -> UserFilter:
        """The valid part of it."""
        self.validate()
        given = {name: field.data for name, field in self._fields.items() if field.data and not field.errors}
        return UserFilter(
            text=given.get("q", ""),
            role=Role(given["role"]) if "role" in given else None,
            active={"yes": True, "no": False}.get(given.get("active", "")),
            after=given.get("after", ""),
            before=given.get("before", ""),
        )
