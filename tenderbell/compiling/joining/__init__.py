"""Joining: one opportunity for each process, however many places advertise it (rulings 18 to 20).

`sides` says what a process shows of itself, `likeness` compares titles, `judging` decides about two processes, `groups`
keeps the decisions in `public.db` and says which processes are one. What the operator decided stands in `archive.db`
(`tenderbell.compiling.joining.choices`).
"""
