"""`flask demo`: a believable company of any size in an empty database."""

import sys

import click
from flask import Flask, current_app

from fieldapp.core import clock


@click.command("demo")
@click.option("--distributors", default=300, show_default=True, type=click.IntRange(1), help="How many distributors.")
@click.option("--products", default=60, show_default=True, type=click.IntRange(1), help="How many products.")
@click.option("--seed", default=1, show_default=True, help="The same seed and day give the same company.")
@click.option("--sales", default=200, show_default=True, type=click.IntRange(0), help="Mean invoice lines of one.")
def demo(distributors: int, products: int, seed: int, sales: int) -> None:
    """Demo data: China's real regions, realistic names and prices, two years of sales, a case for every finding."""
    # Only now: the catalogue of names weighs 3 MB, which every worker would carry.
    from .actions import DemoError, describe_accounts, load
    from .company import build

    if current_app.config["PRODUCTION"]:
        raise click.ClickException("FIELDAPP_ENV is 'production': demo accounts have a known password; use 'local'")
    try:
        company = build(distributors, products, seed, today=clock.today(), sales=sales)
        with click.progressbar(length=1000, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

            def progress(kind: str, share: float) -> None:
                if share == 0 or bar.label != kind:
                    bar.label, bar.pos = kind, 0
                bar.update(int(share * 1000) - bar.pos)

            load(company, clock.now(), progress)
    except (DemoError, ValueError) as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(describe_accounts(), nl=False)


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(demo)
