"""How is the standard report of a reconciliation printed? The sheets of the workbook, the longest cut, under the way of the money."""

from datetime import UTC, datetime

from reportlab.lib.colors import Color

from dashboard import printed, reconciliation, reconciliation_figures
from dashboard.i18n import t
from dashboard.printed import Printed, PrintedBar
from dashboard.reconciliation import Reconciled
from dashboard.reconciliation_charts import Role
from dashboard.reconciliation_workbook import sheets
from dashboard.view import View
from data.reads import ReconWanted

MOST_ROWS = 200
COLORS: dict[Role, Color] = {
    "total": printed.ACTUAL,
    "less": printed.FAINT,
    "more": printed.GOOD,
    "waits": printed.WATCH,
    "other": printed.PREVIOUS,
    "unexplained": printed.SEVERE,
}


def made(found: Reconciled, wanted: ReconWanted, *, view: View, spoken: str) -> bytes:
    """Return the PDF."""
    now = datetime.now(UTC)
    bars = [PrintedBar(bar.name, bar.base, bar.length, bar.shown, COLORS[bar.role]) for bar in reconciliation_figures.money_bars(found)]
    report = Printed(
        title=t("对账标准报告"),
        lines=(reconciliation.headline(found), reconciliation.passport(found, view=view), _signed()),
        sheets=sheets(found, wanted, view=view),
        foot=t("对账批次 #{run} · 校验码 {sum}", run=found.now.run_id, sum=found.checksum),
        chart_title=reconciliation_figures.message(found),
        bars=bars,
        most_rows=MOST_ROWS,
    )
    return printed.pdf(report, made_at=now, language=spoken)


def _signed() -> str:
    return t("编制：____________　复核：____________　日期：____________")
