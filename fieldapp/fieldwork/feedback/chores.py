"""What time brings for feedback: overdue remarks."""

from fieldapp.core.chores import Chore

from .actions import warn_of_overdue

CHORES = (Chore("feedback", warn_of_overdue),)
