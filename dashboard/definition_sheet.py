"""What does each figure of a workbook mean, and of which state of the data does the workbook speak?"""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from dashboard import fmt
from dashboard.definitions import BETTER, COUNTED, DIMENSIONS, UNITS
from dashboard.i18n import SOURCE, msg
from dashboard.words import ROLES
from dashboard.workbook import Cell, Column, Sheet, spoken
from data.reads import SnapshotRow
from models.health.kpis import Kpi


def definition_sheet(
    kpis: Sequence[Kpi],
    *,
    language: str,
    snapshot: SnapshotRow | None,
    zone: str,
    filters: str = "",
    targets: Mapping[str, float | None] | None = None,
) -> Sheet:
    """Return one row a figure, under the snapshot, the version of the index, the time and the filters that the workbook speaks of.

    ``filters`` are in words, '' for none; ``targets`` are those in force by the figure's key, else the product's own are shown.
    """

    def say(text: str, **values: object) -> str:
        return spoken(text, language=language, **values)

    heads = [msg("指标名"), msg("代码"), msg("计数"), msg("公式"), msg("归属日"), msg("维度"), msg("来源")]
    heads += [msg("单位"), msg("方向"), msg("目标"), msg("负责")]
    return Sheet(
        title=say(msg("口径")),
        columns=[*(Column(say(head)) for head in heads), Column(say(msg("版本")), "count")],
        rows=[_row(kpi, target=kpi.target if targets is None else targets.get(kpi.key), language=language) for kpi in kpis],
        headlines=[
            say(msg("工作簿里每个指标的口径")),
            _state(snapshot, zone=zone, language=language),
            say(msg("筛选：{filters}"), filters=filters) if filters else say(msg("没有筛选")),
        ],
    )


def _state(snapshot: SnapshotRow | None, *, zone: str, language: str) -> str:
    if snapshot is None:
        return spoken(msg("还没有快照"), language=language)
    at = f"{snapshot.as_of.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
    given = {"snapshot": snapshot.snapshot_id, "version": snapshot.definition_version, "at": at}
    return spoken(msg("快照 #{snapshot} · 健康指数口径第 {version} 版 · 截至 {at}"), language=language, **given)


def _row(kpi: Kpi, *, target: float | None, language: str) -> list[Cell]:
    def say(text: str) -> str:
        return spoken(text, language=language)

    chinese = language == SOURCE
    return [
        kpi.name_zh if chinese else kpi.name_en,
        kpi.key,
        say(COUNTED[kpi.counts]),
        kpi.formula_zh if chinese else kpi.formula_en,
        kpi.day_of_zh if chinese else kpi.day_of_en,
        say(msg("、")).join(say(DIMENSIONS[dimension]) for dimension in kpi.dimensions),
        kpi.source_zh if chinese else kpi.source_en,
        say(UNITS[kpi.unit]),
        say(BETTER[kpi.better]),
        _aim(kpi, target, language=language),
        say(ROLES[kpi.owner]),
        kpi.version,
    ]


def _aim(kpi: Kpi, target: float | None, *, language: str) -> Cell:
    """Say a target in the unit of its figure."""
    if target is None:
        return None
    if kpi.unit == "share":
        return fmt.exact_share(target)
    return fmt.duration(target, language=language) if kpi.unit == "hours" else f"{target:,.10g}"
