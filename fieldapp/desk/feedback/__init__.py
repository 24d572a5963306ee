"""Pages of feedback: taking a remark down, answering it, telling the answer back, the month by themes."""
