"""Users, sign-in and sessions: who acts."""
