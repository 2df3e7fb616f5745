"""Do the exports of the platforms' back offices end as the orders they mean, once each, and people nowhere but where they belong?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from data.connectors.registry import manifests
from data.refused import raw_cells
from data.settings import Settings
from tests.export_examples import EXPORT_EXAMPLES
from tests.export_rows import (
    JD,
    PDD,
    QIANNIU,
    SHOPIFY,
    WECHAT,
    export_text,
    jd_row,
    pdd_order,
    qianniu_order,
    shopify_further,
    shopify_row,
    wechat_row,
    write_export,
)
from tests.final_state import empty, final_state
from tests.own_files import SHOPS, write_rows
from tests.taken_exports import beijing, one, refused, rows, take

ALL = list(EXPORT_EXAMPLES.items())


@pytest.mark.parametrize(("name", "example"), ALL, ids=[name for name, _ in ALL])
def test_an_export_taken_twice_changes_nothing(engine: Engine, tmp_path: Path, name: str, example: Any) -> None:
    path = example.write(tmp_path, name=name)
    first = take(engine, path)
    before = final_state(engine)

    again = take(engine, path)

    assert (first.status, again.status) == ("ingested", "unchanged")
    assert (
        (first.rows, first.orders, first.lines) == (again.rows, again.orders, again.lines) == (example.rows, example.orders, example.lines)
    )
    assert final_state(engine) == before
    # written anew by the platform, a byte more at its end: another file of the same facts
    take(engine, write_export(tmp_path / "again.csv", example.text + "\r\n", encoding=example.encoding))
    assert final_state(engine) == before


@pytest.mark.parametrize(("name", "example"), ALL, ids=[name for name, _ in ALL])
@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig", "utf-16"])
def test_an_export_means_the_same_in_every_encoding(database: Engine, tmp_path: Path, name: str, example: Any, encoding: str) -> None:
    states = []
    for written in (example.encoding, encoding):
        empty(database)
        take(database, write_export(tmp_path / f"{written}.csv", example.text, encoding=written))
        states.append(final_state(database))
    empty(database)

    assert states[0] == states[1]
    assert len(states[0]["orders"]) == example.orders


PEOPLE = {
    "taobao.qianniu": {"买家留言", "商家备注", "备注标签", "收货人姓名", "收货地址", "联系手机"},
    "jd.orders": {"下单帐号", "客户姓名", "客户地址", "联系电话", "订单备注", "发票抬头", "增值税发票", "商家备注", "普通发票纳税编号"},
    "pdd.orders": {"商家备注", "收货人", "手机", "街道", "详细地址", "身份证号码", "区"},
    "shopify.orders_csv": {"Email", "Billing Name", "Billing Phone", "Shipping Name", "Shipping Address1", "Shipping Phone", "Notes"},
    "wechat_shop.orders": {"收件人姓名", "收件人地址", "收件人手机", "买家备注", "商家备注"},
}


@pytest.mark.parametrize(("source", "columns"), PEOPLE.items(), ids=PEOPLE)
def test_whoever_bought_stands_in_personal_columns_only(source: str, columns: set[str]) -> None:
    table = next(table for manifest in manifests() for table in manifest.tables if manifest.source(table) == source)

    assert columns <= set(table.personal_columns)
    assert not set(table.personal_columns) & {name for spec in table.line.values() for name in spec.sources}


def test_a_refused_row_is_shown_without_the_people_in_it(engine: Engine, tmp_path: Path) -> None:
    report = take(engine, write_export(tmp_path / "jd.csv", export_text(JD, [jd_row("1", "9", 订单状态="等待神仙", 订单金额="x")])))
    sha256 = one(engine, "SELECT sha256 FROM source_files").sha256

    row = raw_cells(Settings(home=tmp_path / "home"), sha256=sha256, name="jd.csv", source="jd.orders", numbers=[2])[2]

    assert refused(report) == [(2, "订单状态", "unknown_status"), (2, "订单金额", "not_an_amount")]
    assert "等待神仙" in row.cells
    assert not {"林一", "13900000001", "jd_lin"} & set(row.cells)


def test_orders_of_one_number_on_several_platforms_are_several_orders(engine: Engine, tmp_path: Path) -> None:
    files = {
        "jd": export_text(JD, [jd_row("1", "100001"), jd_row("1", "100002")]),
        "pdd": export_text(PDD, [pdd_order("1")]),
        "taobao": export_text(QIANNIU, [qianniu_order("1")]),
        "shopify": export_text(SHOPIFY, [shopify_row("#1001", "1"), shopify_further("#1001", "LID-1")]),
        "wechat_shop": export_text(WECHAT, [wechat_row("1")]),
    }
    for name, content in files.items():
        assert take(engine, write_export(tmp_path / f"{name}.csv", content)).refused == ()

    assert rows(engine, "SELECT channel, count(*) FROM orders GROUP BY 1 ORDER BY 1") == [(name, 1) for name in sorted(files)]


# ---------------------------------------------------------------- WeChat shop, which has few columns that are read


def _wechat(folder: Path, *sold: Mapping[str, str]) -> Path:
    return write_export(folder / "wechat.csv", export_text(WECHAT, sold), encoding="utf-8-sig")


def test_a_wechat_order_of_two_products_has_its_amounts_once_and_its_refunds_together(engine: Engine, tmp_path: Path) -> None:
    sold = [
        wechat_row("3700000000000000001", 商品已退款金额="20.00"),
        wechat_row("3700000000000000001", 商品名称="盖", 商品已退款金额="5.00"),
        wechat_row("3700000000000000002", 商品总价="12.00", 订单实际支付金额="12.00", 订单运费="0.00"),
    ]

    report = take(engine, _wechat(tmp_path, *sold))

    assert (report.manifest, report.rows, report.orders) == ("wechat_shop", 3, 2)
    assert rows(engine, "SELECT order_no, stage, goods_minor, paid_minor, freight_minor, refunded_minor FROM orders ORDER BY 1") == [
        ("3700000000000000001", "paid", 8_000, 8_800, 800, 2_500),
        ("3700000000000000002", "paid", 1_200, 1_200, 0, 0),
    ]


def test_a_wechat_order_has_the_times_its_row_gives_and_no_others(engine: Engine, tmp_path: Path) -> None:
    row = wechat_row("1", 订单状态="已完成", 订单发货时间="2026-11-02 16:00:00", 订单确认收货时间="2026-11-05 09:00:00")

    take(engine, _wechat(tmp_path, row | {"订单完成结算时间": "2026-11-12 09:00:00"}))

    order = one(engine, "SELECT * FROM orders")
    assert order.shipped_from == order.shipped_to == beijing("2026-11-02", "16:00:00")
    assert (order.delivered_to, order.completed_to) == (beijing("2026-11-05", "09:00:00"), beijing("2026-11-12", "09:00:00"))
    # it was paid at some time before it left
    assert (order.paid_from, order.paid_to) == (beijing("2026-11-01", "10:00:00"), beijing("2026-11-02", "16:00:00"))


def test_the_shop_master_and_the_export_mean_the_same_channel(engine: Engine, tmp_path: Path) -> None:
    shop = {"店铺编号": "wx", "店铺名称": "青禾小店", "平台": "微信小店", "时区": "Asia/Shanghai", "币种": "CNY"}
    take(engine, write_rows(tmp_path / "shops.csv", SHOPS, [shop], encoding="utf-8-sig"))

    take(engine, _wechat(tmp_path, wechat_row("1")))

    assert rows(engine, "SELECT shop_id, channel FROM orders") == [("wx", "wechat_shop")]
