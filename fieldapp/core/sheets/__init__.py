"""Sheets: CSV and XLSX in and out, without a word of business in them.

with Sheet(path) as sheet:
    layout = locate(sheet.header, columns)
    read = row_reader(layout, errors.append)
    for line, cells in sheet.rows():
        values = read(line, cells)
"""

from .books import Book, Styles, sheet_name, xlsx_cell
from .books import Column as BookColumn
from .columns import Column, Layout, locate, row_reader
from .errors import N_, CellError, Message, Refused, SheetError
from .reading import Sheet
from .writing import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, csv_field, csv_pieces, write_csv, write_xlsx

__all__ = [
    "CSV_TYPE",
    "N_",
    "XLSX_TYPE",
    "Book",
    "BookColumn",
    "Cell",
    "CellError",
    "Column",
    "Layout",
    "Message",
    "Refused",
    "Sheet",
    "SheetError",
    "Styles",
    "csv_chunks",
    "csv_field",
    "csv_pieces",
    "locate",
    "row_reader",
    "sheet_name",
    "write_csv",
    "write_xlsx",
    "xlsx_cell",
]
