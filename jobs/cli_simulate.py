"""Which simulated platform files should be written, and where?"""

from pathlib import Path
from typing import Annotated

import typer

from data.settings import settings
from jobs.cli_start import instant
from jobs.demo_history import DAYS, ORDERS, SEED, state_of
from jobs.faults import UserMistake
from jobs.job import utc_now
from jobs.simulate.faults import FAULTS, STOCK_FAULTS, Fault, fault_of
from jobs.simulate.history import Statements, write_history
from jobs.simulate.live import write_live
from jobs.simulate.money_faults import MONEY_FAULTS, USUAL_RATES, Rates
from jobs.simulate.stock_play import Stock

simulate = typer.Typer(no_args_is_help=True, help="模拟平台 write simulated platform files into an inbox")

Inbox = Annotated[Path | None, typer.Option("--inbox", metavar="FOLDER", help="默认演示收件箱 the demo's inbox unless given")]
State = Annotated[Path | None, typer.Option("--state", metavar="FOLDER", help="商家记到哪里 where the merchant remembers where it stands")]
Until = Annotated[str | None, typer.Option("--until", metavar="T", help="截至 up to, ISO 8601; 默认现在 now unless given")]
Faults = Annotated[
    list[str] | None, typer.Option("--fault", metavar="NAME,SHOP,SINCE,UNTIL", help=f"故障 one of {', '.join(FAULTS + STOCK_FAULTS)}")
]

MoneyFaults = Annotated[
    list[str] | None,
    typer.Option("--money-fault", metavar="NAME=RATE", help=f"账务差异 one of {', '.join(MONEY_FAULTS)}; usual = 常见比例 the usual rates"),
]


@simulate.command("history")
def history(
    inbox: Inbox = None,
    state: State = None,
    until: Until = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3660)] = DAYS,
    orders: Annotated[int, typer.Option("--orders", min=1)] = ORDERS,
    seed: Annotated[int, typer.Option("--seed")] = SEED,
    fault: Faults = None,
    statements: Annotated[bool, typer.Option("--statements", help="同时写出结算单与银行流水 statements and bank files too")] = False,
    days_a_file: Annotated[int | None, typer.Option("--days-a-file", min=1, help="每份结算单的天数，默认按月 else a month")] = None,
    money_fault: MoneyFaults = None,
    stock: Annotated[bool, typer.Option("--stock", help="同时写出库存表与出入库流水 lists of stock too")] = False,
) -> None:
    """写出历史 write a merchant's past as the files its platforms would have given."""
    now = utc_now()
    end = instant(until, settings=settings(), latest=now) if until else now
    folder, memory = _folders(inbox, state)
    wanted = Statements(_rates(money_fault), days_a_file) if statements or money_fault else None
    written = write_history(
        folder,
        until=end,
        days=days,
        orders=orders,
        seed=seed,
        state=memory,
        faults=_faults(fault),
        statements=wanted,
        stock=Stock() if stock else None,
    )
    typer.echo(f"{len(written.files)} 个文件 files，{written.orders:,} 个订单 orders → {folder}")


@simulate.command("live")
def live(
    inbox: Inbox = None,
    state: State = None,
    until: Until = None,
    fault: Faults = None,
    outbox: Annotated[
        Path | None, typer.Option("--outbox", metavar="FOLDER", help="本系统发布库存的文件夹 where the hub publishes stock")
    ] = None,
) -> None:
    """写出实时文件 write what is new since the last call."""
    now = utc_now()
    end = instant(until, settings=settings(), latest=now) if until else now
    folder, memory = _folders(inbox, state)
    try:
        written = write_live(folder, state=memory, now=end, faults=_faults(fault), outbox=outbox)
    except FileNotFoundError:
        raise UserMistake(f"没有历史，先运行 simulate history / there is no history in {memory}, write one first") from None
    typer.echo(f"{len(written)} 个文件 files → {folder}")


def _folders(inbox: Path | None, state: Path | None) -> tuple[Path, Path]:
    """Return inbox and memory; a real inbox is never written to without being named."""
    chosen = settings()
    if inbox is None and not chosen.demo:
        raise UserMistake(
            "ORDERHUB_INBOX 指向真实收件箱，请用 --inbox 指明写到哪里 the inbox is a real one, say with --inbox where to write"
        )
    folder = (inbox or chosen.inbox_dir).expanduser().absolute()
    if state is not None:
        return folder, state.expanduser().absolute()
    return folder, state_of(chosen) if inbox is None else folder.with_name(f"{folder.name}.state")


def _faults(texts: list[str] | None) -> list[Fault]:
    try:
        return [fault_of(text) for text in texts or ()]
    except ValueError as error:
        raise UserMistake(str(error)) from None


def _rates(texts: list[str] | None) -> dict[str, float]:
    """Read the chances of faults of money as a command line writes them.

    >>> _rates(["cut_off=0.01"])
    {'cut_off': 0.01}
    """
    rates: dict[str, float] = {}
    try:
        for text in texts or ():
            name, _, rate = text.partition("=")
            rates |= dict(USUAL_RATES) if text == "usual" else {name: float(rate)}
        Rates(rates)
    except ValueError as error:
        raise UserMistake(f"--money-fault NAME=RATE: {error}") from None
    return rates
