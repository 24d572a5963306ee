"""What time brings to conflicts: reminders."""

from fieldapp.core.chores import Chore

from .reminders import remind

CHORES = (Chore("recall promises", remind),)
