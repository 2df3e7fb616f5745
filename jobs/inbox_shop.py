"""Whose files lie in this folder of the inbox?"""

from pathlib import Path

from data.connectors.choose import Choice, choose
from data.connectors.readers import UnreadableFile, open_entries, preview
from data.connectors.registry import manifests
from data.queries.shops import is_shop
from jobs.job import JobContext

MASTERS = "masters"


def shop_of(context: JobContext, path: Path, *, folder: str) -> str | None:
    """Name the shop a file is given for: its folder's name, where that is a shop or a platform's file makes it one.

    A warehouse's or a master's file names the shops in its rows, whatever its folder is called.
    """
    if folder in ("", MASTERS):
        return None
    with context.engine.connect() as connection:
        if is_shop(connection, shop_id=folder):
            return folder
    return folder if _is_platform_file(path, own=context.settings.home / "manifests") else None


def _is_platform_file(path: Path, *, own: Path) -> bool:
    known = manifests(own)
    try:
        choices = [choose(preview(entry), known) for entry in open_entries(path)]
    except UnreadableFile:
        return False
    return any(isinstance(choice, Choice) and choice.table.role == "platform" for choice in choices)
