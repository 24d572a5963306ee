"""Sheets: CSV and XLSX in and out, without a word of business in them.

with Sheet(path) as sheet:
    layout = locate(sheet.header, columns)
    read = row_reader(layout, errors.append)
    for line, cells in sheet.rows():
        values = read(line, cells)
"""

from .columns import Column, Layout, locate, row_reader
from .errors import N_, CellError, Message, Refused, SheetError
from .reading import Sheet
from .writing import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, write_csv, write_xlsx

__all__ = [
    "CSV_TYPE",
    "N_",
    "XLSX_TYPE",
    "Cell",
    "CellError",
    "Column",
    "Layout",
    "Message",
    "Refused",
    "Sheet",
    "SheetError",
    "csv_chunks",
    "locate",
    "row_reader",
    "write_csv",
    "write_xlsx",
]
