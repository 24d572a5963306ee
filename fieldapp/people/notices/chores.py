"""What time brings for notices: they go out."""

from fieldapp.core.chores import Chore

from .delivery import deliver

CHORES = (Chore("notices", deliver),)
