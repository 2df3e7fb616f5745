"""The separate process that fills the database: one file a job, the clock, the runner, the command line.

A job is driven by files and watermarks, never by the time at which it happens to run. No page imports anything here.
"""
