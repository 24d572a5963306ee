"""How large a sheet may be. Checked before and while it is opened, so that a small file can't fill the
machine.
"""

FILE_BYTES = 60 * 1024 * 1024
ROWS = 1_000_000
COLUMNS = 200
CELL_CHARACTERS = 2_000
RECORD_CHARACTERS = 1_000_000  # one row of a CSV, quoted line breaks included

# A workbook is a ZIP of XML. 200,000 invoice lines are 80 MB of XML and some 160 MB in the parser; above the
# limits a workbook should come as CSV, which is read line by line whatever its length.
WORKBOOK_ENTRIES = 1_000
WORKBOOK_BYTES = 256 * 1024 * 1024
WORKBOOK_MEMORY = 280 * 1024 * 1024
WORKBOOK_SECONDS = 60
