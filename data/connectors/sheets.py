"""Which sheet of a workbook is the one to take, where several tell of the same money, and does the other one agree?"""

from collections.abc import Iterable, Sequence

from data.connectors.amounts import major
from data.connectors.choose import Choice, NoChoice, ShapeProblem, choose
from data.connectors.manifest import Manifest
from data.connectors.mapping import Mapper
from data.connectors.readers import Entry, Preview, preview, read
from data.connectors.statement_problems import ControlSum

# Sheets looked through for a statement.
MAX_SHEETS = 20


def look(entry: Entry, manifests: Iterable[Manifest], *, named: str | None = None) -> tuple[Preview, Choice | NoChoice | ShapeProblem]:
    """Preview a file and choose its table; of a workbook of several sheets the one that another is only the summary of.

    A workbook whose first sheet is known and no statement is taken as ever: by its first sheet.
    """
    known = tuple(manifests)
    first = preview(entry)
    choice = choose(first, known, named=named)
    settled = isinstance(choice, Choice) and choice.table.entry is None
    if len(first.sheets) < 2 or settled:
        return first, choice
    found = [(first, choice)]
    for sheet in first.sheets[:MAX_SHEETS]:
        if sheet != first.sheet:
            seen = preview(entry, sheet=sheet)
            found.append((seen, choose(seen, known, named=named)))
    fitting = [(seen, other) for seen, other in found if isinstance(other, Choice) and other.table.entry is not None]
    summaries = {(other.manifest.name, other.table.entry.summary) for _, other in fitting if other.table.entry is not None}
    best = [(seen, other) for seen, other in fitting if (other.manifest.name, other.table.name) not in summaries]
    return best[0] if best else found[0]


def summary_sums(entry: Entry, seen: Preview, choice: Choice, mapper: Mapper) -> Sequence[ControlSum]:
    """Hold the rows of a statement against the sheet of the same workbook that sums them up, where there is one."""
    summary = choice.table.entry.summary if choice.table.entry is not None else ""
    if not summary or mapper.entries is None or not seen.sheets:
        return ()
    only = _of_one_table(choice.manifest, summary)
    for sheet in seen.sheets[:MAX_SHEETS]:
        if sheet == seen.sheet:
            continue
        other = preview(entry, sheet=sheet)
        found = choose(other, (only,))
        if isinstance(found, Choice):
            beside = mapper.beside(found.table)
            for _ in beside.batches(read(entry, other, header_row=found.header_row, columns=found.table.mapped_columns)):
                pass
            assert beside.entries is not None
            stated, computed = beside.entries.net_minor, mapper.entries.net_minor
            total = ControlSum(
                sheet,
                major(stated, decimals=mapper.decimals),
                major(computed, decimals=mapper.decimals),
                holds=stated == computed,
            )
            return (total,)
    return ()


def _of_one_table(manifest: Manifest, name: str) -> Manifest:
    """Give a manifest that knows one of its tables alone."""
    return manifest.model_copy(update={"tables": (manifest.table(name),)})
