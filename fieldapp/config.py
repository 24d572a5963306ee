"""Settings: one class reads the environment, names what is wrong, and refuses what production must not have."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parent.parent
PRODUCTION = "production"
LOCAL = "local"


class SettingsError(Exception):
    """A setting is missing or wrong; the message names it, its value and the remedy."""


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over. `tls`: encrypted from the first byte (smtps), else by STARTTLS where it is offered."""

    host: str
    port: int
    tls: bool
    sender: str
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Robot:
    """A robot of a group chat. `kind`: `wecom` or `dingtalk`. Its address holds the key to the group."""

    kind: str
    url: str = field(repr=False)
    secret: str = field(default="", repr=False)


ROBOT_HOSTS = {"qyapi.weixin.qq.com": "wecom", "oapi.dingtalk.com": "dingtalk"}


@dataclass(frozen=True)
class Settings:
    """What the environment says (contract/run.md, settings)."""

    env: str
    instance: Path
    database_url: str
    secret_key: str
    today: date | None
    mail: MailServer | None = None
    robot: Robot | None = None
    public_url: str = ""
    root: Path = ROOT

    @property
    def production(self) -> bool:
        """True in production: secure cookies, an explicit secret, no demo, no fixed date."""
        return self.env == PRODUCTION

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read the environment. Raises SettingsError, and makes the instance folder and its secret when absent."""
        environ = os.environ if environ is None else environ
        env = environ.get("FIELDAPP_ENV") or LOCAL
        if env not in {LOCAL, PRODUCTION}:
            raise SettingsError(f"FIELDAPP_ENV is {env!r}: use 'local' or 'production'")
        instance = Path(environ.get("FIELDAPP_INSTANCE") or ROOT / "instance").resolve()
        try:
            instance.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"FIELDAPP_INSTANCE is {str(instance)!r}: cannot be made ({error.strerror})") from None
        return cls(
            env=env,
            instance=instance,
            database_url=_database_url(environ.get("FIELDAPP_DATABASE_URL"), instance),
            secret_key=_secret(environ.get("FIELDAPP_SECRET_KEY"), env, instance),
            today=_today(environ.get("FIELDAPP_TODAY"), env),
            mail=_mail(environ.get("FIELDAPP_SMTP_URL"), environ.get("FIELDAPP_MAIL_FROM")),
            robot=_robot(environ, env),
            public_url=_public_url(environ.get("FIELDAPP_PUBLIC_URL")),
        )

    def as_flask(self) -> dict[str, Any]:
        """The same as Flask's config keys."""
        return {
            "ENV_NAME": self.env,
            "PRODUCTION": self.production,
            "INSTANCE": self.instance,
            "MIGRATIONS": self.root / "migrations",
            "STATIC": self.root / "static",
            "SECRET_KEY": self.secret_key,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "TODAY": self.today,
            "MAIL": self.mail,
            "ROBOT": self.robot,
            "PUBLIC_URL": self.public_url,
            "MAX_CONTENT_LENGTH": 64 * 1024 * 1024,
            "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
            "MAX_FORM_PARTS": 2000,
            "SESSION_COOKIE_NAME": "__Host-fieldapp" if self.production else "fieldapp",
            "SESSION_COOKIE_SECURE": self.production,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_REFRESH_EACH_REQUEST": False,
            "WTF_CSRF_CHECK_DEFAULT": False,  # the concern checks it, after access (design/reliability.md, trap 4)
            "WTF_CSRF_TIME_LIMIT": None,  # lives as long as the session (trap 3)
            "WTF_CSRF_SSL_STRICT": self.production,
            "BABEL_DEFAULT_LOCALE": "zh",
            "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
            "BABEL_TRANSLATION_DIRECTORIES": str(self.root / "fieldapp" / "translations"),
            "COMPRESS_MIMETYPES": ["text/html", "application/json", "text/csv"],
            "COMPRESS_ALGORITHM": ["br", "gzip"],
            "COMPRESS_BR_LEVEL": 6,  # 200 bytes less than 5 for 0.1 ms: the first response stays under 14 kB
            "COMPRESS_STREAMS": False,
        }


def _database_url(given: str | None, instance: Path) -> str:
    if not given:
        return f"sqlite:///{instance / 'fieldapp.db'}"
    try:
        url = sa.make_url(given)
        backend = url.get_backend_name()
    except sa.exc.ArgumentError:
        raise SettingsError("FIELDAPP_DATABASE_URL is not a database URL: use postgresql+psycopg://…") from None
    if backend not in {"sqlite", "postgresql"}:
        raise SettingsError(f"FIELDAPP_DATABASE_URL names {backend!r}: use sqlite:/// or postgresql+psycopg://")
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def _secret(given: str | None, env: str, instance: Path) -> str:
    if given:
        if len(given) < 32:
            raise SettingsError(
                "FIELDAPP_SECRET_KEY is shorter than 32 characters: make one with `openssl rand -hex 32`"
            )
        return given
    if env == PRODUCTION:
        raise SettingsError(
            "FIELDAPP_SECRET_KEY is missing: production needs an explicit secret of 32 characters or more"
        )
    path = instance / "secret"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    # Two processes may start at once: each writes its own file, the first link wins, both read the winner.
    draft = instance / f"secret.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="ascii").strip()


def _today(given: str | None, env: str) -> date | None:
    if not given:
        return None
    if env == PRODUCTION:
        raise SettingsError("FIELDAPP_TODAY is set: it is for demos and tests and is refused in production; unset it")
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise SettingsError(f"FIELDAPP_TODAY is {given!r}: use an ISO date such as 2026-11-23") from None


def _mail(url: str | None, sender: str | None) -> MailServer | None:
    """The mail server; None: no mail is sent. What is wrong is said without the address, which holds a password."""
    if not url:
        return None
    remedy = "use smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingsError(f"FIELDAPP_SMTP_URL is not an address of a mail server: {remedy}") from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise SettingsError(f"FIELDAPP_SMTP_URL is not an address of a mail server: {remedy}")
    if not sender or "@" not in sender or any(sign in sender for sign in "\r\n"):
        raise SettingsError(
            f"FIELDAPP_MAIL_FROM is {sender or ''!r}: give the address that mail comes from (FIELDAPP_SMTP_URL is set)"
        )
    tls = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname,
        port=port or (465 if tls else 587),
        tls=tls,
        sender=sender,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _robot(environ: Mapping[str, str], env: str) -> Robot | None:
    """The robot of a group chat. No message here repeats the address: who knows it can write into the group."""
    url = environ.get("FIELDAPP_ROBOT_URL")
    if not url:
        return None
    hosts = " or ".join(ROBOT_HOSTS)
    remedy = f"copy the webhook of the group's robot (https, {hosts})"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise SettingsError(f"FIELDAPP_ROBOT_URL is not an address: {remedy}") from None
    ours = env != PRODUCTION and host in {"127.0.0.1", "localhost"}  # a robot to try things out with
    if not ours and (parts.scheme != "https" or host not in ROBOT_HOSTS or parts.username is not None):
        raise SettingsError(f"FIELDAPP_ROBOT_URL is not the webhook of a robot that is known here: {remedy}")
    if ours and parts.scheme not in {"http", "https"}:
        raise SettingsError(f"FIELDAPP_ROBOT_URL is not an address: {remedy}")
    kind = environ.get("FIELDAPP_ROBOT_KIND") or ROBOT_HOSTS.get(host, "")
    if kind not in ROBOT_HOSTS.values() or ROBOT_HOSTS.get(host, kind) != kind:
        raise SettingsError(
            f"FIELDAPP_ROBOT_KIND is {kind!r}: give the kind of robot that the address is of, wecom or dingtalk"
        )
    return Robot(kind, url, environ.get("FIELDAPP_ROBOT_SECRET") or "")


def _public_url(given: str | None) -> str:
    """Where people reach the app, for links in messages; without a slash at its end."""
    if not given:
        return ""
    try:
        parts = urlsplit(given)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise SettingsError(
            f"FIELDAPP_PUBLIC_URL is {given!r}: give the app's address, such as https://field.example.com"
        )
    return given.rstrip("/")
