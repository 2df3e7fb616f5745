"""Which commands are there? Thin over the jobs; exit status 0 on success, 2 on a user's mistake, 1 on a fault."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from data.backup import backup as write_backup
from data.backup import restore as read_backup
from data.engine import migrate as migrate_database
from data.job_lock import is_connection_lost
from data.queries.ledger import last_runs
from data.writes.job_ledger import note_stop
from data.writes.retention import erase_contact
from jobs.backfill import backfill_of
from jobs.cli_evaluate import evaluations
from jobs.cli_ingest import ingest
from jobs.cli_models import models
from jobs.cli_people import people
from jobs.cli_simulate import simulate
from jobs.cli_start import asked_by, business_time, instant, leave_on_signals, said_in_one_line, started
from jobs.cli_stock import stock
from jobs.clock import Clock
from jobs.faults import UserMistake, one_line
from jobs.job import Job, JobContext, utc_now
from jobs.logs import log
from jobs.registry import job_named, jobs_of
from jobs.runner import RunResult, run_job

# A transaction under way is given this long after SIGTERM; what is not done by then is rolled back and done again later.
LEAVE_SECONDS = 20.0

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="订单中枢的任务 OrderHub's jobs")
app.command("ingest")(ingest)
app.add_typer(people, name="people")
app.add_typer(models, name="models")
app.add_typer(simulate, name="simulate")
app.add_typer(evaluations, name="evaluate")
app.add_typer(stock, name="stock")

JobName = Annotated[str, typer.Argument(metavar="NAME", help="任务名 name of the job, see list")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; every error becomes one line on standard error and an exit status."""
    for stream in (sys.stdout, sys.stderr):
        # a terminal that lacks a character shows its code rather than ending the command
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    with said_in_one_line() as status:
        status.code = int(app(args=None if arguments is None else list(arguments), prog_name="python -m jobs", standalone_mode=False) or 0)
    return status.code


@app.command("list")
def list_jobs() -> None:
    """列出任务 every job: schedule, zone, last run, next run, why it exists."""
    context = started()
    with context.engine.connect() as connection:
        runs = last_runs(connection)
    table = Table(*("任务 job", "时间表 schedule", "时区 zone", "上次 last", "下次 next", "用途 why"))
    for job in jobs_of(context.settings):
        run = runs.get(job.name)
        due = job.next_due(after=run.planned_for if run else None, as_of=utc_now())
        last = f"{business_time(run.started_at, context.settings)} {run.status}" if run else "—"
        row = (job.name, job.schedule.text(), job.zone, last, business_time(due, context.settings), f"{job.why_zh}\n{job.why_en}")
        table.add_row(*row)
    # whoever reads it through a pipe gets whole lines
    Console(width=None if Console().is_terminal else 220).print(table)


@app.command()
def run(name: JobName, as_of: Annotated[str | None, typer.Option("--as-of", metavar="T", help="截至此刻 as of, ISO 8601")] = None) -> None:
    """立即运行一次 one run, now."""
    context = started()
    job, moment = _job(context, name), instant(as_of, settings=context.settings, latest=utc_now()) if as_of else None
    leave_on_signals(context)
    _tell(run_job(job, context=context, now=utc_now, as_of=moment, requested_by=asked_by()), name=name)


@app.command()
def serve() -> None:
    """运行时钟 the clock: runs every job when it is due, until Ctrl-C or SIGTERM."""
    context = started()
    leave_on_signals(context)
    clock = Clock(jobs_of(context.settings), context=context, now=utc_now)
    typer.echo("任务进程已启动 the jobs process is up")
    clock.serve()
    _note_stop(context)
    if not clock.close(within_seconds=LEAVE_SECONDS):
        clock.leave_at_once()


def _note_stop(context: JobContext) -> None:
    """Write down that somebody stopped the jobs; a database that has gone first must not hold anybody up."""
    try:
        with context.engine.begin() as connection:
            note_stop(connection, by=asked_by(), at=utc_now())
    except Exception as error:
        if not is_connection_lost(error):
            raise
        log().warning("stop not noted", error=one_line(error))


@app.command()
def backfill(
    name: JobName,
    since: Annotated[str, typer.Option("--from", metavar="T", help="从 from, inclusive")],
    until: Annotated[str, typer.Option("--to", metavar="T", help="到 to, exclusive")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只说明将做什么 only say what would be done")] = False,
) -> None:
    """补数 do a span again; idempotent, so that nothing is doubled."""
    context = started()
    now = utc_now()
    start, end = (instant(value, settings=context.settings, latest=now) for value in (since, until))
    if start >= end:
        raise UserMistake("--from 必须早于 --to: --from must be before --to")
    job = _job(context, name)
    work = backfill_of(job, since=start, until=end, dry_run=dry_run)
    leave_on_signals(context)
    if dry_run:
        typer.echo(work.run(context, as_of=now).message)
        return
    _tell(run_job(work, context=context, now=utc_now, requested_by=asked_by()), name=name)


@app.command()
def migrate() -> None:
    """把数据库升级到本版本 bring the database to this version's tables."""
    context = started()
    migrate_database(context.engine, context.settings)
    typer.echo("数据库已是本版本 the database is at this version")


@app.command()
def erase(shop: Annotated[str, typer.Argument(metavar="SHOP")], order_no: Annotated[str, typer.Argument(metavar="ORDER_NO")]) -> None:
    """按订单删除买家信息 erase a buyer's contact by order, for good."""
    context = started()
    with context.engine.begin() as connection:
        found = erase_contact(connection, shop_id=shop, order_no=order_no, person_id=asked_by(), at=utc_now())
    if not found:
        raise UserMistake(f"没有这个订单 no such order: {shop} {order_no}")
    typer.echo("买家信息已删除 the contact is erased")


@app.command()
def backup(path: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """备份数据库 write a backup (pg_dump, custom format)."""
    written = write_backup(started().settings, path)
    typer.echo(f"已备份到 backed up to {written}")


@app.command()
def restore(
    path: Annotated[Path, typer.Argument(metavar="FILE")],
    force: Annotated[bool, typer.Option("--force", help="替换已有的数据 replace the data that is there")] = False,
) -> None:
    """恢复数据库 put a backup in the database's place."""
    if not path.is_file():
        raise UserMistake(f"没有这个文件 no such file: {path}")
    read_backup(started().settings, path, force=force)
    typer.echo(f"已从备份恢复 restored from {path}")


def _job(context: JobContext, name: str) -> Job:
    job = job_named(name, settings=context.settings)
    if job is None:
        known = ", ".join(job.name for job in jobs_of(context.settings))
        raise UserMistake(f"没有这个任务 no such job: {name} (有 there are: {known})")
    return job


def _tell(result: RunResult, *, name: str) -> None:
    if result.status == "failed":
        typer.echo(f"{name}: {result.error}", err=True)
        raise typer.Exit(1)
    if result.status == "busy":
        raise UserMistake(f"{name}: {result.message}")
    typer.echo(f"{name}: {result.message}")
