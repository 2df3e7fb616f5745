"""How does a figure read, in Chinese and in English?

The one home of shown figures: never a browser's own format for a figure that is quoted. A missing figure is "—".
"""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from models.health.attribution import shown_tenths

MISSING = "—"

_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SIGNS = {"CNY": "¥", "USD": "$", "BRL": "R$", "EUR": "€", "GBP": "£"}
# Names that people know better than the offset.
_ZONE_NAMES = {"Asia/Shanghai": "CST"}


def count(value: float | None, *, language: str = "zh") -> str:
    """Say a number of things.

    >>> count(9876), count(12345), count(234567890), count(None)
    ('9,876', '1.23万', '2.35亿', '—')
    >>> count(12345, language="en"), count(2345678, language="en")
    ('12,345', '2.35M')
    """
    if value is None:
        return MISSING
    if language == "en":
        return f"{value / 1e6:,.2f}M" if abs(value) >= 999_995 else f"{value:,.0f}"
    if abs(value) >= 99_995_000:
        return f"{value / 1e8:,.2f}亿"
    return f"{value / 1e4:,.2f}万" if abs(value) >= 10_000 else f"{value:,.0f}"


def full_count(value: float | None) -> str:
    """Say a number in full, for tables.

    >>> full_count(1234567), full_count(None)
    ('1,234,567', '—')
    """
    return MISSING if value is None else f"{value:,.0f}"


def money(minor: float | None, *, currency: str = "CNY", language: str = "zh", decimals: int = 2) -> str:
    """Say an amount of minor units; ``decimals`` is how many the currency has.

    >>> money(123456789), money(98765), money(None)
    ('¥123.46万', '¥987.65', '—')
    >>> money(123456789, language="en"), money(-5, currency="USD", language="en"), money(150, currency="JPY", decimals=0)
    ('¥1.23M', '-$0.05', 'JPY 150')
    """
    if minor is None:
        return MISSING
    sign, major = _SIGNS.get(currency, f"{currency} "), abs(minor) / 10**decimals
    small = f"{major:,.{decimals}f}" if major < 1_000 else f"{major:,.0f}"
    shown = small if major < 10_000 else count(major, language=language)
    return f"{'-' if minor < 0 else ''}{sign}{shown}"


def short(major: float | None, *, language: str = "zh") -> str:
    """Say an amount on a mark of a chart, where there is room for five signs.

    >>> short(130012), short(8061), short(1_230_000), short(130012, language="en"), short(None)
    ('13.0万', '8,061', '123万', '130K', '—')
    """
    if major is None:
        return MISSING
    size, unit = (1e4, "万") if language == "zh" else (1e3, "K")
    if abs(major) < 10_000:
        return f"{major:,.0f}"
    return f"{major / size:,.1f}{unit}" if abs(major) < 100 * size and language == "zh" else f"{major / size:,.0f}{unit}"


def full_money(minor: float | None, *, currency: str = "CNY", decimals: int = 2) -> str:
    """Say an amount in full, for tables; ``decimals`` is how many the currency has.

    >>> full_money(123456789), full_money(-1500, currency="JPY", decimals=0)
    ('¥1,234,567.89', '-JPY 1,500')
    """
    if minor is None:
        return MISSING
    return f"{'-' if minor < 0 else ''}{_SIGNS.get(currency, currency + ' ')}{abs(minor) / 10**decimals:,.{decimals}f}"


def share(value: float | None) -> str:
    """Say a share of one.

    >>> share(0.96149), share(None)
    ('96.1%', '—')
    """
    return MISSING if value is None else f"{value * 100:.1f}%"


def shares_of(counts: Sequence[float]) -> list[str]:
    """Say the parts of a whole, rounded so that what is shown adds up to 100 %.

    >>> shares_of([1, 1, 1]), shares_of([0, 0])
    (['33.4%', '33.3%', '33.3%'], ['—', '—'])
    """
    whole = sum(counts)
    if not whole:
        return [MISSING for _ in counts]
    return [f"{tenth:.1f}%" for tenth in shown_tenths([100 * count / whole for count in counts], 100.0)]


def exact_share(value: float | None) -> str:
    """Say a share that somebody set, with all of its decimals.

    >>> exact_share(0.98), exact_share(0.9995), exact_share(None)
    ('98%', '99.95%', '—')
    """
    return MISSING if value is None else f"{value * 100:.4f}".rstrip("0").rstrip(".") + "%"


def points(value: float | None, *, language: str = "zh") -> str:
    """Say the change of a share, which is never a percentage.

    >>> points(-0.0083), points(0.0021, language="en"), points(0.00001)
    ('-0.8个百分点', '+0.2 pp', '0.0个百分点')
    """
    if value is None:
        return MISSING
    figure = f"{value * 100:+.1f}" if abs(value) >= 0.0005 else "0.0"
    return f"{figure} pp" if language == "en" else f"{figure}个百分点"


def fine_points(value: float | None, *, language: str = "zh") -> str:
    """Say the change of a share that moves little, in hundredths of a point.

    >>> fine_points(0.0012), fine_points(-0.0003, language="en"), fine_points(None)
    ('+0.12个百分点', '-0.03 pp', '—')
    """
    if value is None:
        return MISSING
    figure = f"{value * 100:+.2f}" if abs(value) >= 0.00005 else "0.00"
    return f"{figure} pp" if language == "en" else f"{figure}个百分点"


def change(value: float | None) -> str:
    """Say a relative change.

    >>> change(0.0321), change(-0.5), change(0.00001), change(None)
    ('+3.2%', '-50.0%', '0.0%', '—')
    """
    if value is None:
        return MISSING
    return f"{value * 100:+.1f}%" if abs(value) >= 0.0005 else "0.0%"


def duration(hours: float | None, *, language: str = "zh") -> str:
    """Say a time span; from ten hours on without minutes, from four days on in days.

    >>> duration(1.8), duration(31.4), duration(0.25), duration(100), duration(None)
    ('1小时48分', '31小时', '15分', '4.2天', '—')
    >>> duration(1.8, language="en"), duration(31.4, language="en")
    ('1 h 48 min', '31 h')
    """
    if hours is None:
        return MISSING
    days, hour, minute = ("天", "小时", "分") if language == "zh" else (" d", " h", " min")
    minutes = round(abs(hours) * 60)
    sign = "-" if hours < 0 and minutes else ""
    if minutes >= 96 * 60:
        return f"{sign}{minutes / 1440:.1f}{days}"
    whole, rest = divmod(minutes, 60)
    if whole >= 10:
        return f"{sign}{round(minutes / 60)}{hour}"
    gap = " " if language == "en" and whole and rest else ""
    return f"{sign}{f'{whole}{hour}' if whole else ''}{gap}{f'{rest}{minute}' if rest or not whole else ''}"


def signed_duration(hours: float | None, *, language: str = "zh") -> str:
    """Say how much longer (+) or shorter (-) a span became.

    >>> signed_duration(0.5), signed_duration(-0.25), signed_duration(0.001)
    ('+30分', '-15分', '0分')
    """
    said = duration(hours, language=language)
    return f"+{said}" if hours is not None and round(hours * 60) > 0 else said


def ago(seconds: float | None, *, language: str = "zh") -> str:
    """Say an age in one unit.

    >>> ago(20), ago(130), ago(7300), ago(200000), ago(130, language="en")
    ('20秒', '2分钟', '2小时', '2天', '2 min')
    """
    if seconds is None:
        return MISSING
    names = ("秒", "分钟", "小时", "天") if language == "zh" else (" s", " min", " h", " d")
    for size, name in ((86_400, names[3]), (3_600, names[2]), (60, names[1])):
        if seconds >= size:
            return f"{seconds // size:.0f}{name}"
    return f"{max(seconds, 0):.0f}{names[0]}"


def day(value: date, *, language: str = "zh") -> str:
    """Say a day with its weekday.

    >>> day(date(2026, 1, 3)), day(date(2026, 1, 3), language="en")
    ('01-03 周六', '01-03 Sat')
    """
    weekday = f"周{_WEEKDAYS_ZH[value.weekday()]}" if language == "zh" else _WEEKDAYS_EN[value.weekday()]
    return f"{value:%m-%d} {weekday}"


def moment(value: datetime | None, *, zone: str, as_of: datetime | None = None) -> str:
    """Say an instant in the business zone; of another year than ``as_of``, with its year.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 1, 2, 16, 15, tzinfo=UTC), zone="Asia/Shanghai")
    '01-03 00:15'
    """
    if value is None:
        return MISSING
    local = value.astimezone(ZoneInfo(zone))
    here = local if as_of is None else as_of.astimezone(ZoneInfo(zone))
    return f"{local:%m-%d %H:%M}" if local.year == here.year else f"{local:%Y-%m-%d %H:%M}"


def clock(value: datetime, *, zone: str, language: str = "zh") -> str:
    """Say an instant with day, weekday and zone, as the header prints it.

    >>> from datetime import UTC
    >>> clock(datetime(2026, 1, 3, 1, 5, tzinfo=UTC), zone="Asia/Shanghai")
    '01-03 周六 09:05 CST'
    """
    local = value.astimezone(ZoneInfo(zone))
    return f"{day(local.date(), language=language)} {local:%H:%M} {_ZONE_NAMES.get(zone, local.tzname() or zone)}"


def size(bytes_: float | None) -> str:
    """Say a file's size.

    >>> size(512), size(20480), size(5 * 1024 * 1024)
    ('512 B', '20 KB', '5.0 MB')
    """
    if bytes_ is None:
        return MISSING
    if bytes_ < 1024:
        return f"{bytes_:.0f} B"
    return f"{bytes_ / 1024:.0f} KB" if bytes_ < 1024**2 else f"{bytes_ / 1024**2:.1f} MB"
