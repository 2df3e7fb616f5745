"""Which manifests are there?"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from data.connectors.manifest import Manifest

SHIPPED = Path(__file__).parent / "manifests"


class ManifestProblem(ValueError):
    """A manifest is wrong; the message names its file and key."""


def load_manifest(path: Path) -> Manifest:
    """Read and check one manifest; ``ManifestProblem`` names file and key."""
    try:
        return Manifest.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ManifestProblem(f"{path.name}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ManifestProblem(f"{path.name}: {key or 'manifest'}: {first['msg']}") from error


@dataclass(frozen=True)
class MoneySource:
    """A statement source and the money it tells of; of sources of the same ``money`` the one with the lowest ``preference`` counts."""

    source: str
    money: str
    preference: int


def money_sources(own: Path | None = None) -> tuple[MoneySource, ...]:
    """Give every statement source with the money it tells of, for several may tell the same."""
    return tuple(
        MoneySource(manifest.source(table), table.entry.money or manifest.source(table), table.entry.preference)
        for manifest in manifests(own)
        if manifest.kind == "settlement"
        for table in manifest.tables
        if table.entry is not None
    )


def manifests(own: Path | None = None) -> tuple[Manifest, ...]:
    """Give all manifests by name: those shipped, then those of the folder ``own``, which replace shipped ones of their name."""
    found = {manifest.name: manifest for manifest in _shipped()}
    if own is not None:
        found |= {manifest.name: manifest for manifest in _of(own)}
    return tuple(found[name] for name in sorted(found))


@cache
def _shipped() -> tuple[Manifest, ...]:
    return _of(SHIPPED)


def _of(folder: Path) -> tuple[Manifest, ...]:
    return tuple(load_manifest(path) for path in sorted(folder.glob("*.toml")))
