"""A seeded merchant, and the files that the platforms he sells on would write of him.

Nothing here touches a table: the demo runs through the very connectors that real files use. ``markets``, ``dice``,
``merchant``, ``handling``, ``queues``, ``life`` and ``story`` say what happens, ``terms``, ``movements``, ``money_faults`` and ``purses``
what that means in money, ``stockroom`` and ``counters`` what lies in the warehouses and what is offered of it; ``platforms``,
``wangdian``, ``statements``, ``bank`` and ``stock_lists`` how it is written; ``history``, ``live`` and ``stock_play`` when.
"""

from jobs.simulate.history import History, Statements, write_history
from jobs.simulate.live import write_live

__all__ = ["History", "Statements", "write_history", "write_live"]
