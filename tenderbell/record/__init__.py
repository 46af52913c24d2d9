"""The record: what the adverts of a year, or of a body, show. Figures by SQL, each with its denominator and its rows.

Facts only: how many of how many. What follows from them is for people to judge. Every figure names the rows of the open
data that it was counted from (`tenderbell.record.queries`), so that anybody can count again.
"""
