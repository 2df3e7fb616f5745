"""Do orders have their stock, has everything been given back that expired, and what line is crossed?"""

from datetime import datetime

from data.stock_sweep import Swept, sweep_stock
from jobs.job import JobContext, Outcome


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Sweep the ledger; what it decides by the clock it decides by the clock's own time, run late or not."""
    return _said(sweep_stock(context.engine, settings=context.settings, now=context.now))


def _said(swept: Swept) -> Outcome:
    done = swept.settling
    chinese = f"结清 {done.orders} 单，占用 {done.granted}，释放 {done.closed}，过期 {swept.expired}，新告警 {swept.alerts}"
    english = f"{done.orders} orders settled, {done.granted} held, {done.closed} closed, {swept.expired} expired, {swept.alerts} new alerts"
    return Outcome(done.orders + swept.expired, f"{chinese} / {english}")
