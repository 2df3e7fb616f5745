"""What we believe about orders (no tables here, see ``data/tables.py``).

Records, rules and judgements live here as pure functions: frames and records in, frames and records out.
No input or output, no clock, no SQL.
"""
