"""Which manifest fits a file, by its header and never by its name, and if none does, what is missing?"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from data.connectors.json_paths import has_path
from data.connectors.manifest import Manifest, Table
from data.connectors.readers import Preview, clean_names

HEADER_ROWS = 40
# A table fits when it knows at least this share of the file's own columns: a cut-down list is not a short report.
KNOWN_SHARE = 0.5
# A known table with a column gone: this share of its required columns is there, and it knows this share of the file's.
SHAPE_SHARE = 0.6
NEAREST = 3


@dataclass(frozen=True)
class Choice:
    """The table to read a file with; ``header_row`` as a spreadsheet counts, ``records_path`` for JSON.

    ``missing`` are mapped columns that this file does not have (not required ones).
    """

    manifest: Manifest
    table: Table
    header_row: int = 0
    header: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    records_path: str = ""

    @property
    def kind(self) -> str:
        """What the file is: a master among order files is reference."""
        return self.manifest.kind_of(self.table)

    @property
    def source(self) -> str:
        """The name under which runs, claims and events know this table."""
        return self.manifest.source(self.table)


@dataclass(frozen=True)
class Nearest:
    """A table that did not fit, how far it was met, and what it lacks."""

    source: str
    missing: tuple[str, ...]
    matched: int


@dataclass(frozen=True)
class NoChoice:
    """No table fits, or several equally well (``ambiguous`` names them)."""

    nearest: tuple[Nearest, ...] = ()
    ambiguous: tuple[str, ...] = ()

    def message(self, *, language: str = "zh") -> str:
        """Say in one line what to do."""
        if self.ambiguous:
            names = "、".join(self.ambiguous)
            return (
                f"多个 manifest 同样符合：{names}，请用 --manifest 指定"
                if language == "zh"
                else f"several manifests fit: {names}; name one with --manifest"
            )
        near = "; ".join(f"{each.source} ({'、'.join(each.missing)})" for each in self.nearest)
        if language == "zh":
            return "没有符合的 manifest" + (f"，最接近的及其缺少的列：{near}" if near else "")
        return "no manifest fits" + (f"; nearest, and what each lacks: {near}" if near else "")


@dataclass(frozen=True)
class ShapeProblem:
    """A known table with required columns gone; ``fits`` names, where one is known or near, the column that took its place."""

    manifest: Manifest
    table: Table
    missing: tuple[str, ...]
    fits: Mapping[str, str] = field(default_factory=dict)
    header_row: int = 0

    @property
    def kind(self) -> str:
        """What the file should have been."""
        return self.manifest.kind_of(self.table)

    @property
    def source(self) -> str:
        """The table it should have been."""
        return self.manifest.source(self.table)

    def message(self, *, language: str = "zh") -> str:
        """Say in one line which column is gone and which rename fits."""
        gone = "、".join(f"{name}（可能改名为 {self.fits[name]}）" if name in self.fits else name for name in self.missing)
        if language == "zh":
            return f"{self.source} 缺少必需列：{gone}"
        gone = ", ".join(f"{name} (perhaps renamed {self.fits[name]})" if name in self.fits else name for name in self.missing)
        return f"{self.source} lacks required columns: {gone}"


@dataclass(frozen=True)
class _Trial:
    """One table held against one header (or one record)."""

    manifest: Manifest
    table: Table
    row: int
    names: tuple[str, ...]
    path: str
    present: frozenset[str]

    @property
    def missing(self) -> tuple[str, ...]:
        gone = tuple(name for name in self.table.required if name not in self.present)
        return gone if self.present.intersection(self.table.one_of) else gone + self.table.one_of[:1]

    @property
    def matched(self) -> int:
        return len(self.present)

    @property
    def distance(self) -> tuple[float, int]:
        """How far a file is from the table: the share of required columns gone, then how few are known at all."""
        return self.missing_share, -self.matched

    @property
    def missing_share(self) -> float:
        """Say which share of what must be there is gone; ``one_of`` counts as one column."""
        return len(self.missing) / (len(self.table.required) + bool(self.table.one_of))

    @property
    def known_share(self) -> float:
        named = [name for name in self.names if name]
        return len(self.present & set(named)) / len(named) if named else 1.0

    @property
    def fits(self) -> bool:
        return not self.missing and (self.table.format == "json" or self.known_share >= KNOWN_SHARE)

    @property
    def nearly(self) -> bool:
        return 1 - self.missing_share >= SHAPE_SHARE and (self.table.format == "json" or self.known_share >= SHAPE_SHARE)

    def _has(self, name: str) -> bool:
        """Say whether the file has a column; of a JSON path only its top counts, deeper down records differ."""
        if self.table.format == "rows":
            return name in self.present
        return not self.names or name in self.names or name.split(".")[0].removesuffix("[]") in self.names

    def choice(self) -> Choice:
        absent = tuple(name for name in self.table.mapped_columns if not self._has(name))
        return Choice(self.manifest, self.table, self.row, self.names, absent, self.path)

    def problem(self) -> ShapeProblem:
        free = [name for name in self.names if name and name not in self.present]
        fits = {name: found for name in self.missing if (found := _taken_place(name, free=free, renames=self.table.renames))}
        return ShapeProblem(self.manifest, self.table, self.missing, fits, self.row)


def choose(preview: Preview, manifests: Iterable[Manifest], *, named: str | None = None) -> Choice | NoChoice | ShapeProblem:
    """Choose the table whose required columns a file has; ``named`` (``taobao`` or ``taobao.orders``) limits the choice.

    Among several that fit, the one that knows most of the file's columns wins; of two tables of one manifest that know as many the
    first, between manifests a tie is ambiguous.
    """
    known = tuple(manifests)
    trials = list(_json_trials(preview, known, named=named) if preview.format == "json" else _row_trials(preview, known, named=named))
    fitting = [trial for trial in trials if trial.fits]
    if fitting:
        most = max(trial.matched for trial in fitting)
        best = [trial for trial in fitting if trial.matched == most]
        if len({trial.manifest.name for trial in best}) == 1:
            return best[0].choice()
        return NoChoice(ambiguous=tuple(sorted({trial.manifest.source(trial.table) for trial in best})))
    broken = sorted((trial for trial in trials if trial.nearly), key=lambda trial: (len(trial.missing), -trial.matched, trial.row))
    if broken:
        return broken[0].problem()
    if preview.format == "json":  # records at a path that nobody expects are still like some
        trials = list(_json_trials(preview, known, named=named, anywhere=True))
    return NoChoice(nearest=_nearest(trials))


def _row_trials(preview: Preview, manifests: Iterable[Manifest], *, named: str | None) -> Iterator[_Trial]:
    tables = list(_tables(manifests, form="rows", named=named))
    for row, cells in enumerate(preview.rows[:HEADER_ROWS], start=1):
        names = clean_names(cells)
        there = frozenset(names)
        for manifest, table in tables:
            yield _Trial(manifest, table, row, names, "", there & table.known_columns)


def _json_trials(preview: Preview, manifests: Iterable[Manifest], *, named: str | None, anywhere: bool = False) -> Iterator[_Trial]:
    for manifest, table in _tables(manifests, form="json", named=named):
        for path, first in preview.first_records.items():
            # only a bank's own reader gives the records of a bank's message
            if path in table.records or (anywhere and manifest.kind != "bank"):
                empty = not first and path != "" and path in table.records
                present = (name for name in table.known_columns if empty or has_path(first, name))
                yield _Trial(manifest, table, 1, tuple(first), path, frozenset(present))


def _tables(manifests: Iterable[Manifest], *, form: str, named: str | None) -> Iterator[tuple[Manifest, Table]]:
    for manifest in manifests:
        for table in manifest.tables:
            if table.format == form and named in (None, manifest.name, manifest.source(table)):
                yield manifest, table


def _taken_place(name: str, *, free: Sequence[str], renames: Mapping[str, str]) -> str | None:
    for old, new in renames.items():
        if (name == old and new in free) or (name == new and old in free):
            return new if name == old else old
    near = difflib.get_close_matches(name, free, n=1, cutoff=0.6)
    return near[0] if near else None


def _nearest(trials: Sequence[_Trial]) -> tuple[Nearest, ...]:
    best: dict[str, _Trial] = {}
    for trial in trials:
        source = trial.manifest.source(trial.table)
        if trial.matched and (source not in best or trial.distance < best[source].distance):
            best[source] = trial
    ranked = sorted(best.items(), key=lambda item: item[1].distance)
    return tuple(Nearest(source, trial.missing, trial.matched) for source, trial in ranked[:NEAREST])
