"""How does one SKU stand: why is it not sellable, what do channels show of it, who holds it, and how did its book come to be?"""

from collections.abc import Sequence

import streamlit as st

from dashboard import fmt, inventory_ledger, states, tables
from dashboard import inventory_words as said
from dashboard.i18n import t
from dashboard.options import PLACE, SKU
from dashboard.order_links import order_link
from dashboard.tables import Figures, Words, listing, none_yet, plain, unbroken, wide
from dashboard.view import View
from data import reads
from data.api import engine
from data.reads import ChannelRow, HoldRow, LevelRow, SkuDetail
from models.stock.sellable import SHOWN_ENOUGH, Reason, Shown, Standing, reasons_against


def panel(view: View) -> None:
    """Draw the SKU that the address asks for; nothing where it asks for none."""
    wanted = st.query_params.get(SKU, "")
    if not wanted:
        return
    # as it is this moment: what a person just did must show
    detail = reads.stock_sku(engine(), scope=view.scope, sku_code=wanted, as_of=view.as_of)
    with st.container(border=True, key="stock_sku"):
        if detail is None:
            states.empty(t("没有这个 SKU 的库存"), body=t("链接可能有误，或它不在您的范围内。"), icon=":material/search_off:")
            _close_button()
            return
        _head(detail)
        left, right = st.columns([1, 1], gap="large")
        with left:
            _why(detail, view=view)
            _places(detail)
        with right:
            _channels(detail, view=view)
            _holds(detail, view=view)
        inventory_ledger.draw(detail, view=view)


def _head(detail: SkuDetail) -> None:
    left, right = st.columns([6, 1], vertical_alignment="center")
    with left:
        st.markdown(f"### {headline(detail)}")
    with right:
        _close_button()
    facts = [
        detail.category or t("未归类"),
        *(
            t("{source} 叫它 {alias}（每个 {pieces} 件）", source=source, alias=alias, pieces=pieces)
            for source, alias, pieces in detail.aliases
        ),
    ]
    st.caption(plain(" · ".join(facts)))


def headline(detail: SkuDetail) -> str:
    """Say which SKU, how much of it can be sold, and where."""
    available = sum(max(row.available, 0) for row in detail.places)
    somewhere = sum(row.available > 0 for row in detail.places)
    name = plain(said.sku(detail.sku_code, detail.name))
    if available <= 0:
        return t("{sku} · 现在不可售", sku=name)
    return t("{sku} · 可售 {units}，在 {places} 个仓", sku=name, units=said.pieces(available), places=somewhere)


def _close_button() -> None:
    st.button(t("关闭"), icon=":material/close:", on_click=_close, key="stock_sku_close")


def _close() -> None:
    for key in (SKU, PLACE):
        if key in st.query_params:
            del st.query_params[key]


def shown_of(row: ChannelRow, *, view: View) -> Shown:
    """Return what a channel shows as the judge of sellable takes it."""
    quota = row.units if row.units is not None else None if row.share is None else 0 if row.share == 0 else SHOWN_ENOUGH
    age = None if row.shown_as_of is None else (view.as_of - row.shown_as_of).total_seconds()
    return Shown(row.channel, quota, row.told_quantity, row.told_action or "sell", row.shown_quantity, age)


def standing_of(row: LevelRow, detail: SkuDetail) -> Standing:
    """Return how a SKU stands in a warehouse as the judge of sellable takes it."""
    facts = detail.facts.get(row.warehouse_code)
    return Standing(
        on_hand=row.on_hand,
        held=row.held,
        available=row.available,
        inbound=row.inbound,
        expired=row.expired,
        short=facts.short_units if facts else 0,
        orders_holding=facts.orders_holding if facts else 0,
        safety=row.safety,
        opened=facts is not None and facts.opened_at is not None,
    )


def _why(detail: SkuDetail, *, view: View) -> None:
    """Say warehouse by warehouse what stands against selling, then what only a channel does."""
    st.markdown(f"#### {t('为什么不可售')}")
    nothing = True
    for row in detail.places:
        reasons = reasons_against(standing_of(row, detail))
        if not reasons:
            continue
        nothing = False
        st.markdown(f"**{plain(said.warehouse(row.warehouse_code, row.warehouse))}**")
        _reasons(reasons)
    whole = Standing(
        on_hand=sum(row.on_hand for row in detail.places), held=0, inbound=0, available=sum(max(row.available, 0) for row in detail.places)
    )
    in_channels = [
        each for each in reasons_against(whole, channels=[shown_of(row, view=view) for row in detail.channels]) if "channel" in each.values
    ]
    if in_channels:
        nothing = False
        st.markdown(f"**{t('渠道')}**")
        _reasons(in_channels)
    if nothing:
        none_yet(t("各仓各渠道都可售"))


def _reasons(found: Sequence[Reason]) -> None:
    # two spaces end a line within a paragraph
    st.markdown("  \n".join(f"{said.SHAPES[each.weight]} {plain(said.reason(each))}" for each in found))


def _places(detail: SkuDetail) -> None:
    st.markdown(f"#### {t('各仓')}")
    rows = detail.places

    def column(head: str, values: Sequence[int | None]) -> Figures:
        return Figures(head, list(values), fmt.full_count)

    listing(
        [
            Words(t("仓库"), [plain(said.warehouse(row.warehouse_code, row.warehouse)) for row in rows]),
            Words(t("状态"), [tables.badge(said.LEVELS[row.state]) for row in rows]),
            column(t("可售"), [row.available for row in rows]),
            column(t("占用"), [row.held - row.expired for row in rows]),
            column(t("现存"), [row.on_hand for row in rows]),
            column(t("在途"), [row.inbound for row in rows]),
        ],
        alt=t("各仓库存"),
    )


def _channels(detail: SkuDetail, *, view: View) -> None:
    st.markdown(f"#### {t('各渠道')}")
    if view.scope.warehouses is not None:
        none_yet(t("渠道的数是全部仓库的，您的范围限于部分仓库，因此不显示"))
        return
    if not detail.channels:
        none_yet(t("还没有给任何渠道发布过"))
        return
    rows = detail.channels
    listing(
        [
            Words(t("店铺"), [wide(plain(said.shop(row.shop_id, row.shop, row.channel))) for row in rows]),
            Words(t("配额"), [unbroken(quota_said(row.share, row.units)) for row in rows]),
            Figures(t("已发布"), [row.told_quantity for row in rows], fmt.full_count),
            Words(t("动作"), [unbroken(said.named("action", row.told_action) if row.told_action else fmt.MISSING) for row in rows]),
            Figures(t("实际显示"), [row.shown_quantity for row in rows], fmt.full_count),
            Words(t("多久前的数"), [unbroken(said.age(row.shown_as_of, as_of=view.as_of)) for row in rows]),
            Words(t("对照"), [gap_badge(row.told_quantity, row.shown_quantity) for row in rows]),
        ],
        alt=t("各渠道展示"),
    )


def quota_said(share: float | None, units: int | None) -> str:
    """Say a quota: a share, pieces, or that channels without one share alike."""
    if units is not None:
        return said.pieces(units)
    return t("平分") if share is None else fmt.exact_share(share)


def gap_badge(told: int | None, really: int | None) -> str:
    """Say whether a channel shows what it was told, in shape, word and colour."""
    if told is None or really is None:
        return f":gray-badge[{unbroken('◌ ' + t('没有对照'))}]"
    if told == really:
        return f":green-badge[{unbroken('● ' + t('一致'))}]"
    if really > told:
        return f":red-badge[{unbroken('■ ' + t('多显示 {units}', units=fmt.full_count(really - told)))}]"
    return f":orange-badge[{unbroken('▲ ' + t('少显示 {units}', units=fmt.full_count(told - really)))}]"


def _holds(detail: SkuDetail, *, view: View) -> None:
    st.markdown(f"#### {t('谁占着')}")
    if not detail.holds:
        none_yet(t("没有订单占用它"))
        return
    rows = detail.holds
    endangered = endangered_holds(detail)
    listing(
        [
            Words(t("订单号"), [f"[{plain(row.order_no)}]({order_link(row.shop_id, row.order_no)})" for row in rows]),
            Words(t("仓库"), [plain(said.warehouse(row.warehouse_code, row.warehouse)) for row in rows]),
            Figures(t("件数"), [row.units for row in rows], fmt.full_count),
            Words(t("状态"), [_hold_state(row, endangered=row.hold_id in endangered, view=view) for row in rows]),
        ],
        alt=t("占用它的订单"),
    )
    if len(rows) == reads.OF_ONE_SKU:
        st.caption(t("只列最早的 {count} 个，其余见“占用台账”。", count=len(rows)))


def endangered_holds(detail: SkuDetail) -> set[int]:
    """Return the holds that what really lies there does not cover any more: those placed last, warehouse by warehouse."""
    on_hand = {row.warehouse_code: row.on_hand for row in detail.places}
    found, used = set[int](), dict[str, int]()
    for hold in detail.holds:
        used[hold.warehouse_code] = used.get(hold.warehouse_code, 0) + hold.units
        if used[hold.warehouse_code] > on_hand.get(hold.warehouse_code, 0):
            found.add(hold.hold_id)
    return found


def _hold_state(row: HoldRow, *, endangered: bool, view: View) -> str:
    state = said.left(row.expires_at, as_of=view.as_of) if row.state == "placed" else said.named("hold", row.state)
    return f":red-badge[{unbroken('■ ' + t('货不够'))}] {unbroken(state)}" if endangered else unbroken(state)
