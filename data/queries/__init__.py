"""Reads: one function, one question, one statement.

Every function takes a connection first and a ``Scope`` by keyword, and returns what that person may see. Pages reach
them through ``data/reads.py``. Nothing here writes, and nothing here asks what time it is.
"""
