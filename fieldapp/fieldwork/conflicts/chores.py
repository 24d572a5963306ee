"""What time brings to conflicts: reminders."""

from fieldapp.core.chores import Chore

from .actions import remind

CHORES = (Chore("recall promises", remind),)
