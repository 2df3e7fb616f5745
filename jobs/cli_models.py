"""Which version of the delay model is used? Listed, put back and put in use from the command line."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from data.delay_risk import put_in_use
from data.model_store import Unusable
from data.queries.risk_registry import ModelVersion, model_version, model_versions
from data.writes.requests import ask_for_run
from data.writes.risk_registry import version_before
from jobs.cli_start import asked_by, business_time, started
from jobs.faults import UserMistake
from jobs.job import JobContext, utc_now
from models.delay_risk.targets import PRIMARY, TARGETS

models = typer.Typer(no_args_is_help=True, help="模型 versions of the delay model")

_KEYS = [target.key for target in TARGETS]
Task = Annotated[str, typer.Option("--task", metavar="TASK", help="目标 target: " + ", ".join(_KEYS))]


@models.command("list")
def list_models() -> None:
    """列出模型 every version: status, window, figures, why."""
    context = started()
    with context.engine.connect() as connection:
        found = model_versions(connection)
    table = Table(*("版本 version", "目标 task", "状态 status", "训练 fitted", "窗口 window", "行 rows", "AUC", "Brier", "原因 why"))
    for each in found:
        table.add_row(*_row(each, context=context))
    Console(width=None if Console().is_terminal else 220).print(table)


@models.command("promote")
def promote(version: Annotated[int, typer.Argument(metavar="VERSION", help="版本号，见 list version, see list")]) -> None:
    """启用某个版本 put a version in use; its stored file is read first."""
    context = started()
    with context.engine.connect() as connection:
        wanted = model_version(connection, version)
    if wanted is None:
        raise UserMistake(f"没有这个版本 no such version: {version}")
    if wanted.status == "champion":
        raise UserMistake(f"已在使用 in use already: {version}")
    _put(context, wanted)


@models.command("rollback")
def rollback(task: Task = PRIMARY) -> None:
    """回退到上一个版本 put the version back that was in use before; again: the one before that."""
    if task not in _KEYS:
        raise UserMistake(f"没有这个目标 no such target: {task} (有 there are: {', '.join(_KEYS)})")
    context = started()
    with context.engine.connect() as connection:
        before = version_before(connection, task=task)
        wanted = None if before is None else model_version(connection, before)
    if wanted is None:
        raise UserMistake(f"没有可回退的版本 there is no version to go back to: {task}")
    _put(context, wanted, going_back=True)


def _put(context: JobContext, wanted: ModelVersion, *, going_back: bool = False) -> None:
    try:
        before = put_in_use(context.engine, wanted, by=asked_by(), at=utc_now(), going_back=going_back)
    except Unusable as error:
        raise UserMistake(f"版本 {wanted.version} 不能启用 cannot be used: {error}") from None
    with context.engine.begin() as connection:
        ask_for_run(connection, job="score_risk", by=asked_by(), at=utc_now())
    instead = "" if before is None else f"，取代版本 {before} instead of version {before}"
    typer.echo(f"{wanted.task}: 已启用版本 {wanted.version} in use now{instead}；已要求马上重新评分 open orders are scored anew at once")


def _row(each: ModelVersion, *, context: JobContext) -> tuple[str, ...]:
    def day(moment: datetime) -> str:
        return business_time(moment, context.settings)[:10]

    figures = each.metrics.get("model", {})
    said = [f"{figures[name]:.3f}" if isinstance(figures.get(name), float) else "—" for name in ("auc", "brier")]
    window = f"{day(each.trained_from)} — {day(each.trained_to)}"
    return (
        str(each.version),
        each.task,
        each.status,
        business_time(each.fitted_at, context.settings),
        window,
        str(each.rows),
        *said,
        each.reason,
    )
