"""Which server settings suit this machine?"""

import os
import shutil
from pathlib import Path

import psutil

MEGABYTE = 1024 * 1024
CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def server_options(base: Path) -> dict[str, str]:
    """Return PostgreSQL settings for the memory, cores and disk at hand."""
    memory = usable_memory_bytes()
    disk = shutil.disk_usage(base).free
    return {
        "shared_buffers": _megabytes(memory / 8, least=64, most=512),
        "effective_cache_size": _megabytes(memory / 2, least=128, most=16_384),
        "work_mem": _megabytes(memory / 256, least=8, most=64),
        "maintenance_work_mem": _megabytes(memory / 32, least=64, most=256),
        "max_wal_size": _megabytes(disk / 8, least=256, most=4_096),
        "min_wal_size": "128MB",
        "checkpoint_timeout": "15min",
        "wal_level": "minimal",  # no replica reads it; a bulk load into a new table skips it
        "max_wal_senders": "0",
        "jit": "off",  # costs more than it saves on queries of milliseconds
        "random_page_cost": "1.1",
        "max_connections": "100",
        "dynamic_shared_memory_type": "posix" if _roomy_shm() else "mmap",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # personal data never reaches logs: no statements, no values, only what befalls the server
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
    }


def usable_memory_bytes() -> int:
    """Return the machine's memory, or the container's limit where that is less."""
    limits = [psutil.virtual_memory().total]
    for file in CGROUP_LIMITS:
        try:
            limits.append(int(file.read_text()))
        except (OSError, ValueError):  # "max", or no such controller
            continue
    return min(limits)


def _roomy_shm() -> bool:
    """Whether /dev/shm holds a parallel hash join; containers often give it 64 MB."""
    try:
        shm = os.statvfs("/dev/shm")
    except OSError:
        return False
    return shm.f_bavail * shm.f_frsize >= 256 * MEGABYTE


def _megabytes(wanted: float, *, least: int, most: int) -> str:
    return f"{int(min(max(wanted / MEGABYTE, least), most))}MB"
