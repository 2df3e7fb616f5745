"""How does a database of an earlier version become one of this version?

Migrations only go forward and equal ``data/tables.py``; a test compares the two. ``python -m data.migrations`` writes
the next one.
"""
