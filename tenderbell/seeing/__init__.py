"""Seeing how Tenderbell does: figures for a monitoring program, events for a log, and how well the site answered.

`measures` (what `/metrics` says), `counting` (requests), `access` (who may read it), `standing` (what the files say),
`log` and `events` (one line an event), `asking` and `uptime` (was the site there, and how fresh is it).
"""
