"""Pure decisions about sign-in: how long a guesser waits, where it may lead, what a username and a patch may be."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

FREE_ATTEMPTS = 5
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15))
REMEMBERED = timedelta(hours=24)

ADDRESS_ATTEMPTS = 50
ADDRESS_WINDOW = timedelta(minutes=15)

SESSION_LIFE = timedelta(days=30)
LINK_LIFE = timedelta(hours=72)

_USERNAME = re.compile(r"[\w.@+-]{2,64}")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_BETWEEN_CODES = re.compile(r"[\s;,；，、]+")


def account_wait(failures: Sequence[datetime], now: datetime) -> timedelta:
    """How long an account is closed to further attempts.

    `failures` — instants of its failed sign-ins since the last good one, of the last 24 hours, in any order. Five are
    free; then each one closes the account for longer: 1, 2, 4, 8, and at most 15 minutes, so that an owner who is
    being guessed at is never locked out for long, while a guesser gets about 100 attempts a day.
    """
    if len(failures) < FREE_ATTEMPTS:
        return timedelta(0)
    wait = WAITS[min(len(failures) - FREE_ATTEMPTS, len(WAITS) - 1)]
    return max(max(failures) + wait - now, timedelta(0))


def address_wait(failures: Sequence[datetime], now: datetime) -> timedelta:
    """How long an address waits: until fewer than 50 of its failures lie in the last 15 minutes."""
    recent = sorted(at for at in failures if at > now - ADDRESS_WINDOW)
    if len(recent) < ADDRESS_ATTEMPTS:
        return timedelta(0)
    return recent[-ADDRESS_ATTEMPTS] + ADDRESS_WINDOW - now


def local_path(target: str | None) -> str | None:
    """`target` if it is a path of this app, else None.

    Browsers read `//host`, `/\\host` and paths with control characters in them as other sites.
    """
    if not target or not target.startswith("/") or len(target) > 2000:
        return None
    if target.startswith("//") or "\\" in target or any(ord(sign) < 33 or ord(sign) == 127 for sign in target):
        return None
    return target


def username_key(username: str) -> str:
    """By what a username is found: case and surrounding space do not matter."""
    return username.strip().casefold()


def is_username(text: str) -> bool:
    """2 to 64 letters (of any script), digits and `. _ - @ +`."""
    return _USERNAME.fullmatch(text) is not None and len(username_key(text)) <= 64


def is_address(text: str) -> bool:
    """An e-mail address as mail servers everywhere take it: plain letters, one `@`, a domain with a dot."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None


def masked_address(address: str | None) -> str | None:
    """`w…@example.com`: enough to see that it was changed."""
    if not address:
        return None
    name, _at, domain = address.partition("@")
    return f"{name[:1]}…@{domain}"


def in_short(names: Sequence[str], between: str, shown: int = 2) -> str:
    """The first names, and how many more there are: "河南省 · 郑州市, 湖北省, … +5". One too many is named as well."""
    if len(names) <= shown + 1:
        return between.join(names)
    return between.join([*names[:shown], f"… +{len(names) - shown}"])


def region_codes(text: str) -> list[str]:
    """The codes of a patch as typed, `"41; 4201"`, each once, in their order."""
    return list(dict.fromkeys(code for code in _BETWEEN_CODES.split(text) if code))
