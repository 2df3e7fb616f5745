"""What does the index say, in a sentence a manager can repeat?"""

from dashboard import cell_names, fmt, words
from dashboard.health import Health
from dashboard.i18n import language, t
from data.reads import Choices, Span
from models.health.components import GRADES

# Points below which a cause is not worth naming.
_WORTH_NAMING = 0.05


def index_points(value: float | None) -> str:
    """Say the index.

    >>> index_points(82.44), index_points(None)
    ('82.4', '—')
    """
    return fmt.MISSING if value is None else f"{value:.1f}"


def signed_points(value: float | None) -> str:
    """Say a change of the index, in points of it.

    >>> signed_points(-3.14), signed_points(0.04), signed_points(2)
    ('−3.1', '0.0', '+2.0')
    """
    if value is None:
        return fmt.MISSING
    shown = f"{abs(value):.1f}"
    return "0.0" if shown == "0.0" else f"{'−' if value < 0 else '+'}{shown}"


def days(span: Span) -> str:
    """Say some days.

    >>> from datetime import date
    >>> days(Span(date(2026, 11, 19), date(2026, 11, 25))), days(Span(date(2026, 11, 25), date(2026, 11, 25)))
    ('11-19 — 11-25', '11-25')
    """
    first, last = f"{span.first:%m-%d}", f"{span.last:%m-%d}"
    return first if first == last else f"{first} — {last}"


def grade(found: Health) -> str:
    """Say the grade, or what part of the index is covered where it is partial."""
    if found.now.grade is None:
        return t("覆盖 {part}/100", part=f"{found.now.coverage:.0f}")
    named = next(grade for grade in GRADES if grade.key == found.now.grade)
    return words.in_language(named.name_zh, named.name_en)


def headline(found: Health, *, choices: Choices) -> str:
    """Say where the index stands, how it moved and why."""
    value = index_points(found.now.value)
    if found.change is None:
        return t("健康指数 {value}，前 {days} 天无可比数据", value=value, days=found.span.days)
    moved = signed_points(found.change)
    if moved == "0.0":
        return t("健康指数 {value}，与前 {days} 天持平", value=value, days=found.span.days)
    if found.is_noise:
        return t("健康指数 {value}，较前 {days} 天 {moved}，属正常波动", value=value, days=found.span.days, moved=moved)
    because = cause(found, choices=choices)
    said = t("健康指数 {value}，较前 {days} 天 {moved}", value=value, days=found.span.days, moved=moved)
    return f"{said}{t('：')}{because}" if because else said


def moved(found: Health) -> str:
    """Say where the index stands and how far from the days held against."""
    return t(
        "健康指数 {value}（{now}），对比期 {before}（{then}），{moved} 分",
        value=index_points(found.now.value),
        now=days(found.span),
        before=index_points(found.before),
        then=days(found.span.before),
        moved=signed_points(found.change),
    )


def cause(found: Health, *, choices: Choices) -> str:
    """Name what moved the index most in the direction it moved: a component and where most of it lies, or a line beside them all."""
    sign = -1 if (found.change or 0) < 0 else 1
    components = {(True, code): points for code, points in found.moved_by_component.items()}
    everything = components | {(False, effect): points for effect, points in found.moved_beside.items()}
    (tied, code), points = max(everything.items(), key=lambda each: sign * each[1], default=((False, ""), 0.0))
    if sign * points < _WORTH_NAMING:
        return ""
    if not tied:
        return t("主要因{what}（{points} 分）", what=cell_names.effect(code), points=signed_points(points))
    name, where = cell_names.component(found.component(code)), _where_most(found, code, sign=sign, choices=choices)
    said = t("{name}拖累最多（{points} 分{where}）") if sign < 0 else t("{name}贡献最多（{points} 分{where}）")
    return said.format(name=name, points=signed_points(points), where=where)


def _where_most(found: Health, code: str, *, sign: int, choices: Choices) -> str:
    """Say in which region or channel a component moved the index most, empty where none is worth naming."""
    best: tuple[float, str] | None = None
    for dimension in ("region", "channel"):
        rows = found.by("component", dimension)
        rows = rows[(rows["component"] == code) & rows[dimension].notna()]
        if len(rows) < 2:
            # the only one is the whole, and says nothing
            continue
        for _, row in rows.iterrows():
            points = float(row["points"])
            if sign * points >= _WORTH_NAMING and (best is None or sign * points > sign * best[0]):
                best = points, cell_names.cell({dimension: row[dimension]}, choices=choices, dimensions=(dimension,))
    return "" if best is None else t("，其中{where} {points} 分", where=best[1], points=signed_points(best[0]))


def passport(found: Health, *, zone: str) -> str:
    """Say which snapshot and version a figure comes from, and as of when (M2)."""
    at = fmt.clock(found.facts.snapshot.as_of, zone=zone, language=language())
    return t(
        "快照 #{snapshot} · 口径 v{version} · 截至 {at}",
        snapshot=found.facts.snapshot.snapshot_id,
        version=found.facts.definition.version,
        at=at,
    )


def passport_link(kpi: str) -> str:
    """Return the link from a figure to what it means."""
    return f"[{t('查看口径')}](definitions?kpi={kpi})"
