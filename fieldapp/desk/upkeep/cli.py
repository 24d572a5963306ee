"""`flask backup`, `flask restore` and `flask doctor`.

What they need is loaded when they run: Alembic, the demo's tables and a driver would weigh on every worker.
"""

import sys
from pathlib import Path

import click
import sqlalchemy as sa
from flask import Flask
from flask.cli import with_appcontext

from fieldapp.core import clock

_FILE = click.Path(path_type=Path)


@click.command("backup")
@click.argument("file", type=_FILE)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@with_appcontext
def backup_to(file: Path, force: bool) -> None:
    """Write one file with the database and what users uploaded, consistent while the app runs."""
    from .archive import UpkeepError
    from .backup import backup

    try:
        made = backup(file, clock.now(), force=force)
    except UpkeepError as error:
        raise click.ClickException(str(error)) from None
    except sa.exc.SQLAlchemyError as error:
        raise _silent(error) from None
    click.echo(f"{file}: {file.stat().st_size >> 10} kB, {made.database}, schema {made.schema}, fieldapp {made.app}")


@click.command("restore")
@click.argument("file", type=_FILE)
@click.option("--force", is_flag=True, help="Replace what is here; it is kept as *.before-restore (SQLite and files).")
@with_appcontext
def restore_from(file: Path, force: bool) -> None:
    """Put a backup in the place of the database and the stored files. Stop the app first."""
    from .archive import UpkeepError
    from .restore import restore

    try:
        done = restore(file, clock.now(), force=force)
    except UpkeepError as error:
        raise click.ClickException(str(error)) from None
    except sa.exc.SQLAlchemyError as error:
        raise _silent(error) from None
    click.echo(f"Restored the backup of {done.manifest.made_at}: the database and {done.files} files.")
    if done.migrated:
        click.echo(f"Its schema {done.manifest.schema} was migrated to this app's.")
    for path in done.kept:
        click.echo(f"What was here before is in {path}")
    ended = ", ".join(f"{count} {name}" for name, count in done.ended.items())
    click.echo(f"Ended: {ended}. Everybody signs in again; make tokens anew with `flask users token USERNAME`.")
    click.echo("Users deactivated since that backup are active again: see `flask users list`. Then run `flask doctor`.")


@click.command("doctor")
@click.option("--ledger", is_flag=True, help="Compute every balance again, not a sample (nightly).")
@click.option("--mend", is_flag=True, help="First make balances that differ from their rows equal to them.")
@with_appcontext
def examine(ledger: bool, mend: bool) -> None:
    """Check the settings, the database, the schema and the disk; exit 0 only if all is well."""
    from . import doctor

    if mend:
        try:
            click.echo(f"{doctor.mend_ledger(clock.now())} balances mended")
        except sa.exc.SQLAlchemyError as error:
            raise _silent(error) from None
    bad = 0
    for finding in doctor.examine(whole_ledger=ledger):
        click.echo(str(finding))
        bad += not finding.ok
    sys.exit(1 if bad else 0)


def _silent(error: sa.exc.SQLAlchemyError) -> click.ClickException:
    said = " ".join(str(getattr(error, "orig", None) or error).split())
    return click.ClickException(f"database: {said} — check FIELDAPP_DATABASE_URL; `flask doctor` says more")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(backup_to)
    app.cli.add_command(restore_from)
    app.cli.add_command(examine)
