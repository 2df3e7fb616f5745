"""Is the ledger consistent, and what puts it right?"""

import json
from typing import Annotated

import typer

from data.stock_check import Checked, check_stock, compensate_stock
from jobs.cli_start import asked_by, started
from jobs.job import utc_now

stock = typer.Typer(no_args_is_help=True, help="库存账 the ledger of stock")

LAWS = {
    "book": "账面 = Σ流水 the book is the sum of its moves",
    "held": "占用 = Σ占用单 what is held is the sum of the holds",
    "steps": "占用 = Σ占用流水 and of all that befell them",
    "orphans": "已结束订单无占用 nothing is held for an order that is over",
    "expired": "到期即释放 nothing holds long after its minute",
}
AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON one object")]


@stock.command("check")
def check(as_json: AsJson = False) -> None:
    """检查库存账 do the laws of the ledger hold? Exit status 1 where one does not."""
    found = check_stock(started().engine, as_of=utc_now())
    _tell(found, as_json=as_json)
    if not found.holds_all:
        raise typer.Exit(1)


@stock.command("compensate")
def compensate(as_json: AsJson = False) -> None:
    """补偿 put right what a check finds, with an audit row."""
    before, after = compensate_stock(started().engine, by=asked_by(), as_of=utc_now())
    if not as_json:
        typer.echo("补偿前 before")
        _tell(before, as_json=False)
        typer.echo("补偿后 after")
    _tell(after, as_json=as_json)
    if not after.holds_all:
        typer.echo("已结束订单的占用随下一次结清释放 what is held for orders that are over is released by the next sweep", err=True)


def _tell(found: Checked, *, as_json: bool) -> None:
    if as_json:
        counts = {"places": found.places, "moves": found.moves, "holds": found.holds}
        typer.echo(json.dumps({**counts, "broken": found.broken, "examples": found.examples}, ensure_ascii=False))
        return
    typer.echo(f"{found.places:,} SKU×仓 places, {found.moves:,} 流水 moves, {found.holds:,} 占用 holds")
    for law, words in LAWS.items():
        typer.echo(f"{'✓' if not found.broken[law] else '✗'} {words}: {found.broken[law]}")
        for place in found.examples.get(law, []):
            typer.echo(f"    {place}")
