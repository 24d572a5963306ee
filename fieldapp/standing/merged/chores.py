"""What time brings: looking for merged accounts, once a night when the data have changed."""

from fieldapp.core.chores import Chore

from .actions import look

CHORES = (Chore("merged accounts", look),)
