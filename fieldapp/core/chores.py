"""Chores: what time brings and no request does (an escalation, a survey that falls due, mail that waits).

`flask chores` does them all; a timer runs it every few minutes (docs/production.md). Each concern declares its own, and
each is written so that it can be run again at any moment, or twice at once, and does every piece of work once.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from . import clock
from .db import begin_writing, db
from .logs import log

_CHORES = "fieldapp.chores"


@dataclass(frozen=True, slots=True)
class Chore:
    """`run(now, today)` → how much there was to do. It runs in a transaction that is committed after it; one that needs
    several commits by itself."""

    name: str
    run: Callable[[datetime, date], int]


def declare(app: Flask, chores: Iterable[Chore]) -> None:
    """Add a concern's chores; they run in the order in which they were declared."""
    held: list[Chore] = app.extensions.setdefault(_CHORES, [])
    held.extend(chores)


def run_all(now: datetime, today: date) -> tuple[dict[str, int], list[str]]:
    """({chore: how much was done}, chores that failed). One that fails is rolled back and stops no other."""
    done: dict[str, int] = {}
    failed: list[str] = []
    held: list[Chore] = current_app.extensions.get(_CHORES, [])
    for chore in held:
        begin_writing()
        try:
            done[chore.name] = chore.run(now, today)
            db.session.commit()
        except Exception:
            db.session.rollback()
            failed.append(chore.name)
            log.exception("chore_failed", chore=chore.name)
    return done, failed


@click.command("chores")
@with_appcontext
def chores() -> None:
    """Do what time brings: escalate, remind, send what waits. Exit 1 when one failed; its fault is in the log."""
    done, failed = run_all(clock.now(), clock.today())
    click.echo(", ".join(f"{name}: {count}" for name, count in done.items()) or "Nothing to do.")
    if failed:
        click.echo(f"Failed: {', '.join(failed)}", err=True)
        sys.exit(1)


def init_app(app: Flask) -> None:
    """Register the command."""
    app.cli.add_command(chores)
