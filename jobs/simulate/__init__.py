"""A seeded merchant, and the files that the platforms he sells on would write of him.

Nothing here touches a table: the demo runs through the very connectors that real files use. ``dice``, ``merchant``,
``handling``, ``queues``, ``life`` and ``story`` say what happens; ``platforms`` and ``wangdian`` how it is written;
``history`` and ``live`` when.
"""

from jobs.simulate.history import History, write_history
from jobs.simulate.live import write_live

__all__ = ["History", "write_history", "write_live"]
