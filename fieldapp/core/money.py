"""Money and weight: whole fen, whole grams, and the text a person reads or writes.

Money is `int` fen (¥1 = 100 fen), never float. A price per tonne is fen per tonne. A weight is `int` grams,
because files and screens take kilograms with up to three decimals. Rounding is half up, away from zero
(contract `deal-check.md`), the same for a negative amount.
"""

import re
from decimal import ROUND_HALF_UP, Decimal

GRAMS_PER_TONNE = 1_000_000
MAX_FEN = 10**15  # ¥10,000,000,000,000.00: far above any feed company's sales, far below 2**63
MAX_GRAMS = 10**15

# Commas only between groups of three: `3,150.00` is pasted from a spreadsheet, `3150,00` is somebody's decimal comma.
_WHOLE = r"[+-]?(\d{1,3}(,\d{3}){1,4}|\d{1,13})"
_YUAN = re.compile(_WHOLE + r"(\.\d{1,2})?")
_KILOGRAMS = re.compile(_WHOLE + r"(\.\d{1,3})?")


def round_half_up(value: Decimal) -> int:
    """The nearest whole number; a half goes away from zero."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def parse_yuan(text: str) -> int:
    """Yuan with at most two decimals, as a person or a file writes it → fen. ValueError when it is anything else.

    Thousands separators, a leading `¥` or `￥` and surrounding space are accepted: people paste them.
    """
    return int(_number(text.strip().lstrip("¥￥").strip(), _YUAN) * 100)


def format_yuan(fen: int) -> str:
    """Fen → yuan with two decimals and no separators, `"3190.00"`: the form of the JSON interface and of files."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def show_yuan(fen: int) -> str:
    """Fen → what a person reads: `¥3,190.00`, `-¥12.50`."""
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def parse_kilograms(text: str) -> int:
    """Kilograms with at most three decimals → grams. ValueError when it is anything else."""
    return int(_number(text.strip(), _KILOGRAMS) * 1000)


def _number(text: str, form: re.Pattern[str]) -> Decimal:
    plain = text.replace("，", ",")
    if not plain.isascii() or not form.fullmatch(plain):
        raise ValueError(text)
    return Decimal(plain.replace(",", ""))


def format_kilograms(grams: int) -> str:
    """Grams → kilograms without needless zeros: `"5000"`, `"12.5"`."""
    sign = "-" if grams < 0 else ""
    whole, rest = divmod(abs(grams), 1000)
    return f"{sign}{whole}" + (f".{rest:03d}".rstrip("0") if rest else "")


def format_tonnes(grams: int) -> str:
    """Grams → tonnes for reading, at most three decimals: `5`, `0.825`."""
    tonnes = Decimal(grams) / GRAMS_PER_TONNE
    return f"{tonnes:,.3f}".rstrip("0").rstrip(".")


def amount(grams: int, fen_per_tonne: int) -> int:
    """kg/1000 × price, rounded half up to the fen (contract: amount of a line)."""
    return round_half_up(Decimal(grams) * Decimal(fen_per_tonne) / GRAMS_PER_TONNE)
