"""Rows as the files an ERP might write: CSV in three encodings, XLSX with typed cells, headers in either language."""

import csv
import io
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import xlsxwriter

Row = Mapping[str, str]

# A Chinese label of each column, as the company's own exports have it.
LABELS: dict[str, dict[str, str]] = {
    "regions": {"code": "区划代码", "name": "名称"},
    "users": {
        "username": "用户名", "name": "姓名", "role": "角色", "regions": "负责区域",
        "locale": "语言", "active": "启用",
    },
    "products": {
        "code": "产品编码", "name": "产品名称", "line": "产品线", "stage": "阶段", "pack_kg": "包装规格",
        "standard_factor": "折标系数", "cost_per_tonne": "吨成本", "active": "启用",
    },
    "distributors": {
        "code": "经销商编码", "name": "经销商名称", "region": "区域", "tier": "价格等级", "rep": "业务员",
        "status": "状态", "since": "合作日期", "contact": "联系人", "phone": "电话", "address": "地址",
    },
    "areas": {
        "distributor": "经销商", "region": "区域", "line": "产品线", "valid_from": "生效日期", "valid_to": "失效日期",
        "shared": "共享",
    },
    "prices": {
        "product": "产品", "region": "区域", "tier": "价格等级", "valid_from": "生效日期", "valid_to": "失效日期",
        "list_price": "牌价", "floor_price": "底价", "retail_price": "建议零售价",
    },
    "rebates": {
        "code": "返利编码", "kind": "返利类型", "distributor": "经销商", "tier": "价格等级", "line": "产品线",
        "product": "产品", "per_tonne": "每吨返利", "percent": "返利比例", "valid_from": "生效日期",
        "valid_to": "失效日期",
    },
    "credit": {
        "distributor": "经销商", "grade": "信用等级", "limit": "授信额度", "term_days": "账期",
        "assessed_on": "评定日期", "valid_until": "有效期至", "frozen": "冻结",
    },
    "invoices": {
        "number": "发票号", "line_no": "行号", "distributor": "经销商", "ship_to": "送货区域", "date": "日期",
        "due": "到期日", "product": "产品", "kg": "数量", "amount": "金额",
    },
    "payments": {
        "number": "收款单号", "distributor": "经销商", "date": "日期", "amount": "金额", "invoice": "发票号",
        "payer": "付款人",
    },
    "targets": {"distributor": "经销商", "line": "产品线", "period": "期间", "tonnes": "目标吨数"},
}  # fmt: skip

DATES = {"valid_from", "valid_to", "date", "due", "since", "assessed_on", "valid_until"}
NUMBERS = {
    "list_price", "floor_price", "retail_price", "per_tonne", "percent", "limit", "term_days", "kg", "amount",
    "line_no", "pack_kg", "standard_factor", "cost_per_tonne", "tonnes",
}  # fmt: skip
CODES = {"code", "distributor", "product", "region", "number", "invoice", "username"}


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]], encoding: str = "utf-8", end: str = "\n") -> bytes:
    """A CSV file of these cells."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=end)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def write_csv(path: Path, header: Sequence[str], *rows: Sequence[str], encoding: str = "utf-8") -> Path:
    path.write_bytes(csv_bytes(header, rows, encoding))
    return path


def write_xlsx(
    path: Path, columns: Sequence[str], header: Sequence[str], rows: Iterable[Sequence[str]], typed: bool
) -> Path:
    """A workbook; when `typed`, dates are real date cells and numbers are numbers."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("数据")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, header)
        for y, row in enumerate(rows, 1):
            for x, (column, cell) in enumerate(zip(columns, row, strict=True)):
                text = cell.strip()
                if not text:
                    continue
                if typed and column in DATES:
                    sheet.write_datetime(y, x, date.fromisoformat(text), day)
                elif typed and (column in NUMBERS or (column in CODES and text.isdigit())):
                    sheet.write_number(y, x, float(Decimal(text)))
                else:
                    sheet.write_string(y, x, cell)
    return path


def write_rows(folder: Path, kind: str, rows: Sequence[Row], seed: int) -> Path:
    """One kind's file in a format that the seed chooses; the same rows whatever it is."""
    chance = random.Random(f"{seed} {kind}")
    columns = list(rows[0])
    chance.shuffle(columns)
    header = []
    for column in columns:
        label = chance.choice((column, LABELS[kind][column]))
        header.append(chance.choice((label, label, label.upper(), f" {label} ")))
    body = [[_spaced(column, row[column], chance) for column in columns] for row in rows]
    form = chance.choice(("utf-8", "utf-8-sig", "gb18030", "xlsx", "xlsx text"))
    if form.startswith("xlsx"):
        return write_xlsx(folder / f"{kind}.xlsx", columns, header, body, typed=form == "xlsx")
    path = folder / f"{kind}.csv"
    path.write_bytes(csv_bytes(header, body, form, chance.choice(("\n", "\r\n"))))
    return path


def _spaced(column: str, cell: str, chance: random.Random) -> str:
    """Codes and dates with the spaces that people leave around them."""
    if column in CODES | DATES and chance.random() < 0.1:
        return f" {cell}  "
    return cell
