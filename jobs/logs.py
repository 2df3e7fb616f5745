"""Where do the jobs write what they do? JSON lines, without personal data: names, counts and codes only."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

import structlog

_MAX_BYTES = 10_000_000
_KEPT_FILES = 5


def open_log(folder: Path, *, name: str = "jobs") -> None:
    """Send every log line of this process to ``<folder>/<name>.log``, rotated at 10 MB, five kept."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / f"{name}.log", maxBytes=_MAX_BYTES, backupCount=_KEPT_FILES, encoding="utf-8")
    logger = logging.getLogger("orderhub")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        # whoever logs, of whatever folder, writes into this one file
        logger_factory=lambda *_: logger,
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def log() -> structlog.stdlib.BoundLogger:
    """Return the process's logger."""
    return structlog.stdlib.get_logger("orderhub")
