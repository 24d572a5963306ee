"""What time brings for surveys: unanswered ones end, words are forgotten when they were promised to be."""

from fieldapp.core.chores import Chore
from fieldapp.fieldwork.surveys.actions import expire, forget

CHORES = (Chore("surveys_expire", expire), Chore("surveys_forget", forget))
