"""How good is what the product works out, measured where the truth is known?"""

import json
from enum import StrEnum
from typing import Annotated, Any

import typer

from data.promotion import replay_promotion
from data.settings import settings
from jobs import evaluate_delay_risk
from jobs.cli_start import instant, started
from jobs.evaluate_reconciliation import Asked, evaluate
from jobs.faults import UserMistake
from jobs.job import utc_now
from jobs.logs import open_log
from models.delay_risk.rules import TargetRule
from models.delay_risk.targets import PRIMARY, TARGETS_BY_KEY

evaluations = typer.Typer(no_args_is_help=True, help="评估 honest figures, measured where the truth is known")


@evaluations.command("reconciliation")
def reconciliation(
    days: Annotated[int, typer.Option("--days", min=10, max=366, help="商家历史天数 days of the merchant's life")] = 60,
    orders: Annotated[int, typer.Option("--orders", min=100, help="订单数 orders in all")] = 12_000,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    until: Annotated[str | None, typer.Option("--until", metavar="T", help="截至 up to, ISO 8601; 默认现在 now unless given")] = None,
    database: Annotated[
        str | None, typer.Option("--database", metavar="URL", help="空的演示库，默认自建 an empty one, else its own")
    ] = None,
    without_faults: Annotated[bool, typer.Option("--without-faults", help="不注入差异 inject nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON one object")] = False,
) -> None:
    """对账：召回、误报、标签 recall of injected differences, false ones, labels, the unexplained amount."""
    chosen, now = settings(), utc_now()
    open_log(chosen.home / "logs")
    end = instant(until, settings=chosen, latest=now) if until else now.replace(second=0, microsecond=0)
    asked = Asked(end, days, orders, seed, {}) if without_faults else Asked(end, days, orders, seed)
    try:
        figures = evaluate(asked, database_url=database)
    except FileExistsError as error:
        raise UserMistake(str(error)) from None
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        typer.echo(f"{name}: {json.dumps(value, ensure_ascii=False)}")


@evaluations.command("stock-promotion")
def stock_promotion(
    units: Annotated[int, typer.Option("--units", min=1, max=1_000_000, help="最后多少件 the last pieces")] = 500,
    minutes: Annotated[float, typer.Option("--minutes", min=1, max=1440, help="持续几分钟 for so many minutes")] = 10,
    factor: Annotated[float, typer.Option("--factor", min=0.1, max=10_000, help="平时销量的倍数 times ordinary sales")] = 20,
    runs: Annotated[int, typer.Option("--runs", min=1, max=1000, help="重放次数 replays of each policy and lag")] = 30,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    until: Annotated[str | None, typer.Option("--until", metavar="T", help="截至 up to, ISO 8601; 默认现在 now unless given")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON one object")] = False,
) -> None:
    """大促抢购：不同同步时延与配额策略下的超卖件数 pieces oversold in a rush, by lag and by how stock is shared out."""
    chosen, now = settings(), utc_now()
    open_log(chosen.home / "logs")
    end = instant(until, settings=chosen, latest=now) if until else now
    figures = replay_promotion(started(chosen=chosen).engine, as_of=end, units=units, minutes=minutes, factor=factor, runs=runs, seed=seed)
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False))
        return
    for policy in figures["policies"]:
        curve = "  ".join(f"{point['lag_seconds']}s {point['oversold_units']:g}" for point in policy["curve"])
        typer.echo(f"{policy['key']}: {curve}")
    typer.echo(f"recommended: {json.dumps(figures['recommended'], ensure_ascii=False)}")


# Where no rule is said at all, the merchant's own hold.
_AS_SET = "；都不给则按商家设定 the merchant's own rules where none is given"


class WalkForward(StrEnum):
    """How often the model is fitted anew while it walks through the past."""

    MONTHLY = "monthly"


@evaluations.command("delay-risk")
def delay_risk(
    shop: Annotated[list[str] | None, typer.Option("--shop", metavar="ID", help="店铺，默认全部 all unless given")] = None,
    walk_forward: Annotated[WalkForward, typer.Option("--walk-forward", help="重训周期 how often it is refitted")] = WalkForward.MONTHLY,
    target: Annotated[
        list[str] | None, typer.Option("--target", metavar="KEY", help=f"目标，可多次 repeatable: {', '.join(TARGETS_BY_KEY)}")
    ] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM", help="首月，默认最近八个月 else the last eight")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM", help="末月 last month")] = None,
    working_days: Annotated[int | None, typer.Option("--working-days", min=1, max=30, help=f"N 个工作日 N working days{_AS_SET}")] = None,
    hours: Annotated[int | None, typer.Option("--hours", min=1, max=720, help=f"小时目标 hours by the clock{_AS_SET}")] = None,
    cut_off: Annotated[
        int | None, typer.Option("--cut-off", min=0, max=24, help=f"截单时刻，24 为无 cut-off hour, 24 = none{_AS_SET}")
    ] = None,
    weekends_work: Annotated[
        bool | None, typer.Option("--weekends-work/--weekends-off", help=f"周末算不算工作日 whether weekends are working days{_AS_SET}")
    ] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="T", help="截至 as known at, ISO 8601; 默认现在 now unless given")] = None,
    seed: Annotated[int, typer.Option("--seed")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON one object")] = False,
) -> None:
    """时效预警：逐月向前的诚实成绩 honest figures month by month, each fitted on what was known before it."""
    wanted = tuple(target or (PRIMARY, "hours"))
    if unknown := [key for key in wanted if key not in TARGETS_BY_KEY]:
        raise UserMistake(f"没有这个目标 no such target: {', '.join(unknown)} (有 there are: {', '.join(TARGETS_BY_KEY)})")
    context = started()
    now = context.now()
    moment = instant(as_of, settings=context.settings, latest=now) if as_of else now
    given: dict[str, Any] = {"working_days": working_days, "hours": hours, "cut_off_hour": cut_off, "weekends_work": weekends_work}
    said = {name: value for name, value in given.items() if value is not None}
    # one rule for every channel; what of it was not said is the product's
    rule = TargetRule(**said) if said else None
    asked = evaluate_delay_risk.Asked(tuple(shop or ()), wanted, first, last, seed, rule)
    try:
        table = evaluate_delay_risk.evaluate(context.engine, asked, as_of=moment)
    except evaluate_delay_risk.NothingToMeasure as error:
        raise UserMistake(str(error)) from None
    if as_json:
        typer.echo(json.dumps({**table, "walk_forward": walk_forward.value}, ensure_ascii=False))
        return
    for line in evaluate_delay_risk.lines_of(table):
        typer.echo(line)
