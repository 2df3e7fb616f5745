"""What do we call what the ledger of stock holds: moves, holds, states of a place, reasons against selling, policies of quotas?"""

from collections.abc import Mapping
from datetime import datetime

from dashboard import cached_reads, fmt, words
from dashboard.freshness import Light
from dashboard.i18n import language, msg, t
from dashboard.tables import plain
from dashboard.view import View
from models.stock.sellable import Reason
from models.stock.words import NAMES

# Where a place (a SKU in a warehouse) stands.
LEVELS: Mapping[str, Light] = {
    key: Light(shape, words.STOCK_LEVELS[key], color)
    for key, shape, color in (("short", "■", "red"), ("out", "■", "gray"), ("low", "▲", "orange"), ("fine", "●", "green"))
}
# Why a SKU is not sellable, by the code of ``models.stock.sellable``.
REASONS: Mapping[str, str] = {
    "never_opened": msg("还没有期初：没有任何盘点或库存文件说过它有多少"),
    "below_zero": msg("账面为负 {units} 件：实物已出库，多于账上的数"),
    "none_on_hand": msg("现存为 0"),
    "all_held": msg("现存 {on_hand} 件已全部被 {orders} 个订单占用"),
    "short": msg("已接单缺 {units} 件，到货先补这些订单"),
    "at_safety": msg("可售 {available} 件，不高于安全线 {safety} 件"),
    "no_quota": msg("{channel} 的发布配额为 0"),
    "delisted": msg("{channel} 已按安全线下架"),
    "never_published": msg("还没有给 {channel} 发布过库存"),
    "shows_another": msg("{channel} 显示 {really} 件，发布的是 {published} 件（{age}前的数）"),
    "shows_another_unaged": msg("{channel} 显示 {really} 件，发布的是 {published} 件"),
    "inbound": msg("在途 {units} 件，入库后即可售"),
    "expired_not_swept": msg("其中 {units} 件的占用刚过期，已计回可售，等任务写账"),
}
SHAPES = {"stops": ":red[■]", "limits": ":orange[▲]", "helps": ":green[●]"}
# What becomes of a replayed promotion under each policy of quotas, and why one is recommended.
WHY: Mapping[str, str] = {
    "only_safe": msg("只有它不超卖"),
    "least_unsold": msg("不超卖的策略里，它剩下没卖掉的最少"),
    "least_oversold": msg("没有不超卖的策略，它超卖最少"),
}


def named(kind: str, key: str | None) -> str:
    """Return what people call a key of the ledger's words, the key itself where there is none."""
    found = NAMES[kind].get(key or "")
    return (key or fmt.MISSING) if found is None else words.in_language(found.name_zh, found.name_en)


def pieces(number: float | None) -> str:
    """Say how many pieces, short.

    >>> pieces(12), pieces(12_900), pieces(None)
    ('12 件', '1.29万件', '—')
    """
    if number is None:
        return fmt.MISSING
    count = fmt.count(number, language=language())
    told = t("{count} 件", count=count)
    # a count that ends in a word of its own and this one are read as one
    return told.replace(f"{count} ", count) if ord(count[-1]) >= 0x2E80 else told


def signed(number: float | None) -> str:
    """Say a move in full, with its sign.

    >>> signed(1200), signed(-3), signed(0)
    ('+1,200', '-3', '0')
    """
    return fmt.MISSING if number is None else f"{number:+,.0f}" if number else "0"


def sku(code: str, name: str | None) -> str:
    """Name a SKU by its code and what it is."""
    return f"{code} {name}" if name else code


def warehouse(code: str | None, name: str | None) -> str:
    """Name a warehouse; none is 未指定."""
    return name or code or t("未指定")


def warehouse_called(code: str, *, view: View) -> str:
    """Name a warehouse of which only the code is known."""
    return dict(cached_reads.choices(view.scope).warehouses).get(code, code)


def shop(shop_id: str, name: str | None, channel: str) -> str:
    """Name a shop with its channel, unless its name says it."""
    called, platform = name or shop_id, words.channel(channel)
    return called if platform in called else f"{called} · {platform}"


def any_sku(code: str) -> str:
    """Name the SKU of a rule; '*' is every one."""
    return t("全部 SKU") if code == "*" else plain(code)


def any_channel(code: str) -> str:
    """Name the channel of a rule; '*' is every one."""
    return t("全部渠道") if code == "*" else words.channel(code)


def left(expires_at: datetime | None, *, as_of: datetime) -> str:
    """Say how long a hold lasts yet, or for how long it is past its end."""
    if expires_at is None:
        return t("不过期")
    seconds = (expires_at - as_of).total_seconds()
    if seconds > 0:
        return t("剩 {span}", span=fmt.ago(seconds, language=language()))
    return t("已过 {span}", span=fmt.ago(-seconds, language=language()))


def age(at: datetime | None, *, as_of: datetime) -> str:
    """Say how old something is."""
    return fmt.MISSING if at is None else t("{span}前", span=fmt.ago((as_of - at).total_seconds(), language=language()))


def reason(found: Reason) -> str:
    """Say one reason against selling."""
    values: dict[str, object] = dict(found.values)
    code = "shows_another_unaged" if found.code == "shows_another" and "age_seconds" not in values else found.code
    if "channel" in values:
        values["channel"] = words.channel(str(values["channel"]))
    if "age_seconds" in values:
        values["age"] = fmt.ago(float(str(values.pop("age_seconds"))), language=language())
    return t(REASONS[code], **{name: fmt.full_count(value) if isinstance(value, int) else value for name, value in values.items()})


def seconds(value: float | None) -> str:
    """Say a delay; a short one with a tenth of a second, a long one in minutes.

    >>> seconds(2.41), seconds(75), seconds(600), seconds(None)
    ('2.4 秒', '75 秒', '10分', '—')
    """
    if value is None:
        return fmt.MISSING
    if value >= 120:
        return fmt.duration(value / 3600, language=language())
    return t("{seconds} 秒", seconds=f"{value:,.1f}" if value < 10 else f"{value:,.0f}")


def moment(at: datetime | None, *, view: View) -> str:
    """Say an instant in the business zone."""
    return fmt.moment(at, zone=view.zone, as_of=view.as_of)
