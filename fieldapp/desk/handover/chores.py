"""What time brings for hand-overs: their day comes."""

from fieldapp.core.chores import Chore

from .actions import carry_out_due

CHORES = (Chore("handovers", carry_out_due),)
