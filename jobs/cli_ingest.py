"""What comes of the files named on the command line?"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from data.connectors.registry import manifests
from data.ingest import ingest_path
from data.report import Report
from data.settings import Settings
from data.stock import settle_waiting
from jobs.cli_start import leave_on_signals, started
from jobs.faults import UserMistake, keep_traceback, one_line
from jobs.job import JobContext, utc_now
from models.findings import reason_text

# Reasons shown a file; the rest is in the dashboard and in --json.
_SHOWN_REASONS = 8
# What a list of stock has that is no fault, yet changes nothing for now.
_STOCK_NOTICES = {
    "parked": "行的商品编码未知，已暂存待对照 rows of unknown SKUs, parked until they are mapped",
    "older": "行早于已有数据，不改变现状 rows older than what is known, which change nothing that stands",
    "repeated": "行与前面重复，只计一次 rows said twice, counted once",
}


def ingest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="平台文件 files as the platforms give them")],
    shop: Annotated[str | None, typer.Option("--shop", metavar="ID", help="这些文件属于哪个店铺 the shop they are of")] = None,
    manifest: Annotated[str | None, typer.Option("--manifest", metavar="NAME", help="清单，默认按表头识别 else chosen by header")] = None,
    live: Annotated[bool, typer.Option("--live", help="实时数据，默认按补数处理 live, else back-fill")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="每个文件一行 JSON one object a file")] = False,
) -> None:
    """入库 put files into the database; per file: manifest, rows, accepted, refused with reasons."""
    _check(files)
    context = started()
    _check_manifest(manifest, settings=context.settings)
    leave_on_signals(context)
    nature = "live" if live else "backfill"
    refused, faults = False, 0
    for path in files:
        if context.leaving.is_set():
            raise KeyboardInterrupt
        try:
            reports = _ingested(context, path, shop=shop, manifest=manifest, nature=nature, quiet=as_json)
        except Exception as error:  # noqa: BLE001 - one file must not stop the others
            kept = keep_traceback(error, folder=context.settings.home / "logs", at=utc_now())
            typer.echo(f"{path}: {one_line(error)} (详见 see {kept})", err=True)
            faults += 1
            continue
        refused = refused or any(report.status == "refused" for report in reports)
        _say(reports, as_json=as_json, language=context.settings.language)
    if live:
        settle_waiting(context.engine, now=utc_now)
    if faults or refused:
        raise typer.Exit(1 if faults else 2)


def _check(files: list[Path]) -> None:
    for path in files:
        if path.is_dir():
            raise UserMistake(f"这是文件夹，请给出文件 this is a folder, name its files: {path}")
        if not path.is_file():
            raise UserMistake(f"没有这个文件 no such file: {path}")


def _check_manifest(name: str | None, *, settings: Settings) -> None:
    known = [manifest.name for manifest in manifests(settings.home / "manifests")]
    if name is not None and name not in known:
        raise UserMistake(f"没有这个清单 no such manifest: {name} (有 there are: {', '.join(known)})")


def _ingested(context: JobContext, path: Path, *, shop: str | None, manifest: str | None, nature: str, quiet: bool) -> list[Report]:
    with Progress(console=Console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task(path.name, total=None)
        return ingest_path(
            context.engine,
            path,
            settings=context.settings,
            shop=shop,
            manifest=manifest,
            nature=nature,
            as_of=utc_now(),
            progress=lambda rows: bar.update(task, completed=rows),
        )


def _say(reports: list[Report], *, as_json: bool, language: str) -> None:
    if as_json:
        for report in reports:
            _print_json(report.as_json(language=language))
        return
    console = Console()
    for report in reports:
        console.print(_table(report, language=language))


def _print_json(said: dict[str, Any]) -> None:
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(said, ensure_ascii=not utf8) + "\n")
    sys.stdout.flush()


def _table(report: Report, *, language: str) -> Table:
    status = {"ingested": "[green]已入库 ingested", "unchanged": "[cyan]无变化 unchanged", "refused": "[red]整份拒收 refused whole"}
    table = Table(title=report.file, title_justify="left", show_header=False)
    table.add_row("状态 status", status[report.status])
    table.add_row("清单 manifest", report.manifest or "—")
    table.add_row("行 rows", f"{report.rows:,} = {report.accepted:,} 收 accepted + {report.rows - report.accepted:,} 拒 refused")
    table.add_row("订单 orders", f"{report.orders:,}")
    table.add_row("明细 lines", f"{report.lines:,}")
    for name, count in report.notices.items():
        if name in _STOCK_NOTICES:
            table.add_row("提示 notice", f"{count:,} {_STOCK_NOTICES[name]}")
    if report.error:
        table.add_row("错误 error", report.error)
    if note := report.note(language=language):
        table.add_row("说明 note", note)
    for (field, code), count in Counter((finding.field, finding.code) for finding in report.refused).most_common(_SHOWN_REASONS):
        rows = ", ".join(str(finding.row) for finding in report.refused if (finding.field, finding.code) == (field, code))
        table.add_row(f"拒收 refused × {count}", f"{field}: {reason_text(code, language=language)} (行 row {rows[:80]})")
    return table
