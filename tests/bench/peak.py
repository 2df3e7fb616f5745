"""How much memory has this very process held at most?"""

from pathlib import Path

_KIBIBYTE = 1_024


def peak_bytes() -> int:
    """Return the largest resident size since the process began its program; ``ru_maxrss`` would count that of its parent, too."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * _KIBIBYTE
