"""Passwords: hashing, and which ones are too easily guessed."""

import hmac
import re
import secrets
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
LONGEST = 128

# OWASP's second choice for Argon2id: 19 MiB, two passes. 64 concurrent sign-ins stay under 1.3 GB.
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

APP_WORDS = ("fieldapp", "field-app", "fengliao", "siliao")

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "abcdefghijklmnopqrstuvwxyz", "1qaz2wsx3edc4rfv5tgb6yhn")
_PHONE = re.compile(r"(86)?1[3-9]\d{9}")
_BIRTHDAY = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])?([0-2]\d|3[01])?|(0[1-9]|1[0-2])([0-2]\d|3[01])")
_IDENTITY = re.compile(r"\d{17}[\dx]")
_ONE_WORD = re.compile(r"[a-z]*\d{0,4}|\d{1,4}[a-z]*|\d+")
_EDGES = " !@#$%^&*.,?~_-+="


class WeakPasswordError(ValueError):
    """A password that is refused; `reason` is 'short', 'long', 'personal' or 'common'."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def normal(password: str) -> str:
    """NFKC: a password typed with full-width letters is the same password."""
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    """Argon2id of a password that `refuse_weak` has let through. Slow on purpose: hold no lock meanwhile."""
    return hasher.hash(normal(password))


def verify(password: str, stored: str | None) -> bool:
    """Is it the password? Takes as long for an account that does not exist (`stored` None) as for one that does."""
    if len(password) > LONGEST * 4:
        password = ""  # nobody's; a megabyte is not worth normalising
    try:
        hasher.verify(stored or _nobodys_hash(), normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def outdated(stored: str) -> bool:
    """Was it hashed with other parameters than today's?"""
    return hasher.check_needs_rehash(stored)


@cache
def _nobodys_hash() -> str:
    return hasher.hash(secrets.token_hex())


def refuse_weak(password: str, *personal: str) -> None:
    """Raise WeakPasswordError for a password that a guesser tries early.

    `personal` — username and name; the password may not contain them, nor the app's name. Length is what counts: no
    rule asks for digits or signs. A password is common when it falls into at most two pieces that are each common:
    `woaini` + `1314`, `Zhang` + `19880808`.
    """
    password = normal(password)
    if len(password) < SHORTEST:
        raise WeakPasswordError("short")
    if len(password) > LONGEST:
        raise WeakPasswordError("long")
    folded = password.casefold()
    for word in (*personal, *APP_WORDS):
        word = normal(word).casefold().strip()
        # A name of one or two letters would stand in half of all words.
        if len(word) >= (2 if not word.isascii() else 4) and word in folded:
            raise WeakPasswordError("personal")
        if len(word) >= 2 and hmac.compare_digest(folded.strip("0123456789" + _EDGES).encode(), word.encode()):
            raise WeakPasswordError("personal")
    if is_common(folded):
        raise WeakPasswordError("common")


def is_common(folded: str) -> bool:
    """Is a case-folded password among the known ones, or put together from two of them?"""
    bare = folded.strip(_EDGES)
    if len(set(bare)) < 5 or _PHONE.fullmatch(bare) or _IDENTITY.fullmatch(bare):
        return True
    if len(bare) < 14 and _ONE_WORD.fullmatch(bare):
        return True  # a dictionary word with a year behind it, a date, a telephone or QQ number: tried in an hour
    if _is_piece(bare[::2]) and _is_piece(bare[1::2]):
        return True  # 1a2b3c4d5e
    return _is_piece(bare) or any(
        _is_piece(bare[:cut].rstrip(_EDGES)) and _is_piece(bare[cut:].lstrip(_EDGES)) for cut in range(1, len(bare))
    )


def _is_piece(text: str) -> bool:
    if len(text) <= 1 or text in _common_words() or _BIRTHDAY.fullmatch(text):
        return True
    if _is_run(text) or len(set(text)) == 1:
        return True
    return any(len(text) % size == 0 and text == text[:size] * (len(text) // size) for size in (1, 2, 3, 4))


def _is_run(text: str) -> bool:
    """Along the keyboard, the digits or the alphabet, in either direction."""
    return len(text) >= 3 and any(text in row or text[::-1] in row for row in _ROWS)


@cache
def _common_words() -> frozenset[str]:
    lines = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
