"""How hard is a law tried? With a few examples in every run of the tests, with many times as many where somebody asks for it."""

import os


def tries(count: int) -> int:
    """Return how many examples a law is tried with: ``count``, times what ``make laws DEPTH=…`` asks for."""
    return count * int(os.environ.get("DEPTH", "1"))
