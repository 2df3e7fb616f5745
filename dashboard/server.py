"""With which server settings does the web app run?"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.api import Settings

CHECKOUT = Path(__file__).resolve().parents[1]
CONFIG = CHECKOUT / "streamlit_config.toml"
SCRIPT = Path(__file__).resolve().parent / "app.py"
LOOPBACK = "127.0.0.1"
LOOPBACK_NAMES = (LOOPBACK, "localhost", "::1")


def server_config(settings: Settings) -> dict[str, Any]:
    """Return the file's options by dotted name, bound to this machine alone and to the port of the settings."""
    with CONFIG.open("rb") as file:
        options = flattened(tomllib.load(file))
    # In the demo one chooses who one is, so that no web page elsewhere may reach it through a name of its own.
    hosts = {"server.allowedHosts": list(LOOPBACK_NAMES)} if settings.demo else {}
    return options | hosts | {"server.address": LOOPBACK, "server.port": settings.port}


def flattened(table: Mapping[str, Any], *, prefix: str = "") -> dict[str, Any]:
    """Return nested tables as one table of dotted names.

    >>> flattened({"theme": {"light": {"textColor": "#111"}}, "server": {"headless": True}})
    {'theme.light.textColor': '#111', 'server.headless': True}
    """
    found: dict[str, Any] = {}
    for name, value in table.items():
        found |= flattened(value, prefix=f"{prefix}{name}.") if isinstance(value, Mapping) else {prefix + name: value}
    return found
