"""Are we as fast as was promised? ``python -m tests.bench [TOPIC…]`` prints a JSON line a figure; on what, under which load, to stderr."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from jobs.logs import open_log
from tests.bench import (
    attribution,
    delay_risk,
    delay_risk_olist,
    delay_risk_queue,
    first_run,
    ingest,
    inventory,
    inventory_pages,
    mapping,
    pages,
    reconciliation,
    rollup,
    workbench,
)
from tests.bench.figure import Figure
from tests.bench.scale import Scale
from tests.bench.table import write_table

TOPICS: Mapping[str, tuple[Callable[[Scale], Iterator[Figure]], ...]] = {
    "ingest": (ingest.figures, mapping.figures, first_run.figures),
    "rollup": (rollup.figures, attribution.figures),
    "pages": (pages.figures,),
    "reconciliation": (reconciliation.figures,),
    "inventory": (inventory.figures, inventory_pages.figures),
    "delay_risk": (delay_risk_olist.figures, delay_risk_queue.figures, delay_risk.figures),
    "workbench": (workbench.figures,),
}


def main(
    topics: Annotated[list[str] | None, typer.Argument(metavar="[TOPIC]…", help="; ".join(TOPICS))] = None,
    orders: Annotated[int, typer.Option(help="fewer for a quick look; the goals are meant for a million")] = 1_000_000,
    write: Annotated[bool, typer.Option("--write", help="keep the table in docs/benchmarks.md")] = False,
) -> None:
    """Run the benchmarks of some topics, or all."""
    if unknown := set(topics or ()) - set(TOPICS):
        raise typer.BadParameter(f"no such topic: {', '.join(sorted(unknown))} (there are: {', '.join(TOPICS)})")
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="orderhub-bench-") as folder:
        Path(folder).chmod(0o711)  # the server runs as a user of its own where we are root
        open_log(Path(folder))
        for topic in topics or TOPICS:
            for measure in TOPICS[topic]:
                for figure in measure(Scale(orders, Path(folder))):
                    print(figure.as_json(), flush=True)
                    print(f"  {figure.measured_on}; load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
                    found.append(figure)
    if write:
        write_table(found, on=datetime.now(UTC).date())
    if not all(figure.holds for figure in found):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
