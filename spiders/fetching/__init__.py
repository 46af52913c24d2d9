"""Fetching: how any source is asked politely, what happens when it is busy or gone, and what was walked already."""
