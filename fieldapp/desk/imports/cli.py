"""`flask import KIND FILE`: the errors one by one to stderr, the summary last."""

import os
import sys
from pathlib import Path
from uuid import UUID

import click
from flask import Flask
from flask_babel import force_locale

from fieldapp.core import clock
from fieldapp.core.sheets import SheetError

from .engine import Order, Outcome, follow_up, read
from .registry import kinds
from .runs import perform


@click.command("import")
@click.argument("kind", type=click.Choice(list(kinds())))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
@click.option("--partial", is_flag=True, help="Take the good rows; write the others to FILE.rejected.csv.")
def import_file(kind: str, file: Path, dry_run: bool, partial: bool) -> None:
    """Read a file: CSV (UTF-8 or GB18030) or XLSX of the ERP, GeoJSON of boundaries. Exit code 0 only if every row
    was taken."""
    rejected_to = file.with_name(f"{file.name}.rejected.csv")
    order = Order(
        kinds()[kind],
        file,
        file.name,
        actor_id=None,
        at=clock.now(),
        dry_run=dry_run,
        partial=partial,
        rejected_to=rejected_to,
    )
    with force_locale("en"):
        try:
            outcome = _read_with_bar(order)
        except SheetError as error:
            click.echo(f"{file}: {error}", err=True)
            sys.exit(1)
        _summarise(order, outcome)
        follow_up(order.kind, outcome, clock.now(), clock.today())
    sys.exit(0 if outcome.taken else 1)


def _read_with_bar(order: Order) -> Outcome:
    """A bar on a terminal, where it is of use; nothing of it in a log."""
    with click.progressbar(length=1000, label=order.filename, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def progress(share: float) -> None:
            bar.update(int(share * 1000) - bar.pos)

        return read(order, lambda error: click.echo(str(error), err=True), progress)


def _summarise(order: Order, outcome: Outcome) -> None:
    if outcome.unknown:
        click.echo(f"Unknown columns, not read: {', '.join(outcome.unknown)}", err=True)
    for remark in outcome.remarks:
        click.echo(f"Look at {remark}", err=True)
    if outcome.remark_count > len(outcome.remarks):
        click.echo(f"… and {outcome.remark_count - len(outcome.remarks)} more to look at", err=True)
    unit = "features" if order.kind.reader else "rows"
    click.echo(
        f"{outcome.kind}: {outcome.rows} {unit}: {outcome.created} created, {outcome.updated} updated,"
        f" {outcome.unchanged} unchanged, {outcome.rejected} rejected"
    )
    if order.dry_run:
        click.echo("Dry run: nothing was written.")
    elif not outcome.written and order.partial:
        click.echo(f"No row is good: nothing was written. The rows with their reasons are in {order.rejected_to}")
    elif not outcome.written and order.kind.reader:
        click.echo("Nothing was written. Correct the file.")
    elif not outcome.written:
        click.echo("Nothing was written. Correct the file, or take the good rows with --partial.")
    elif outcome.rejected:
        click.echo(f"The rejected rows are in {order.rejected_to}")


@click.command("import-run", hidden=True)
@click.argument("run_id", type=click.UUID)
def import_run(run_id: UUID) -> None:
    """Read a file that was sent through the page; the page starts this, at a lower priority."""
    os.nice(10)
    perform(run_id)


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(import_file)
    app.cli.add_command(import_run)
