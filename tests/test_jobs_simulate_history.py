"""Do the simulated files look like those of the platforms, byte for byte the same for the same seed?"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from jobs.simulate import History, write_history
from jobs.simulate.platforms import WRITERS
from tests.simulated_files import documents, history_files, table, text_lines, told

UNTIL = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

BOM = b"\xef\xbb\xbf"
# Copied from the platforms' own files, not from the writers.
TAOBAO = (
    "订单编号, 买家会员名, 买家支付宝账号, 买家应付货款, 买家应付邮费, 买家支付积分, 总金额, 返点积分, 买家实际支付金额, "
    "买家实际支付积分, 订单状态, 买家留言, 收货人姓名, 收货地址␠, 运送方式, 联系电话␠, 联系手机, 订单创建时间, 订单付款时间␠, "
    "宝贝标题␠, 宝贝种类␠, 物流单号␠, 物流公司, 订单备注, 宝贝总数量, 店铺Id, 店铺名称, 订单关闭原因, 卖家服务费, 买家服务费, "
    "发票抬头, 是否手机订单, 分阶段订单信息, 特权订金订单id, 是否上传合同照片, 是否上传小票, 是否代付, 定金排名, 修改后的sku, "
    "修改后的收货地址, 异常信息, 天猫卡券抵扣, 集分宝抵扣, 是否是O2O交易, 退款金额, 预约门店"
)
TAOBAO_ITEMS = "订单编号, 标题, 价格, 购买数量, 外部系统编号, 商品属性, 套餐信息, 备注, 订单状态, 商家编码"
DOUYIN = (
    "主订单编号, 子订单编号, 选购商品, 商品规格, 商品数量, 商品ID, 商家编码, 商品单价, 订单应付金额, 运费, 优惠总金额, 平台优惠, "
    "商家优惠, 达人优惠, 商家改价, 支付优惠, 红包抵扣, 支付方式, 手续费, 收件人, 收件人手机号, 省, 市, 区, 街道, 详细地址, "
    "是否修改过地址, 地址修改时段, 买家留言, 订单提交时间, 旗帜颜色, 商家备注, 订单完成时间, 支付完成时间, APP渠道, 流量来源, "
    "订单状态, 承诺发货时间, 订单类型, 鲁班落地页ID, 达人ID, 达人昵称, 所属门店ID, 售后状态, 取消原因, 预约发货时间, 仓库ID, "
    "仓库名称, 序列号, 是否安心购, 广告渠道, 流量类型, 流量体裁, 流量渠道, 发货主体, 发货主体明细, 发货时间, 降价类优惠, "
    "平台实际承担优惠金额, 商家实际承担优惠金额, 达人实际承担优惠金额, 预计送达时间, 是否平台仓自流转, 车型, 商品69码, 发货SN码, "
    "发货IMEI码1, 发货IMEI码2, 预约送达时间, 建议发货时间（起）, 建议发货时间（止）, 物流SN码, 物流IMEI码1, 物流IMEI码2"
)
JD = (
    "订单号, 商品ID, 商品名称, 订购数量, 支付方式, 下单时间, 京东价, 订单金额, 结算金额, 余额支付, 应付金额, 订单状态, 订单类型, "
    "下单帐号, 客户姓名, 客户地址, 联系电话, 订单备注, 发票类型, 发票抬头, 发票内容, 商家备注, 商家备注等级（等级1-5为由高到低）, "
    "运费金额, 付款确认时间, 增值税发票, 货号, 订单完成时间, 订单来源, 订单渠道, 送装服务, 服务费, 仓库id, 仓库名称, 商家SKUID, "
    "是否为品牌商订单, 普通发票纳税编号, 商家应收"
)
PDD = (
    "商品, 订单号, 订单状态, 商品总价(元), 邮费(元), 店铺优惠折扣(元), 平台优惠折扣(元), 多多支付立减金额(元), 用户实付金额(元), "
    "商家实收金额(元), 商品数量(件), 发货时间, 确认收货时间, 商品id, 商品规格, 样式ID, 商家编码-规格维度, 商家编码-商品维度, "
    "商家备注, 售后状态, 快递单号, 快递公司, 订单成交时间"
)
STOCKOUT = "出库单号,原始单号,店铺名称,仓库名称,物流公司,物流单号,审核时间,分配时间,打单时间,发货时间,订单状态,更新时间"
MASTERS = {
    "shops.csv": "店铺编号,店铺名称,平台,法人主体,时区,币种,日历,别名",
    "warehouses.csv": "仓库编号,仓库名称,省份,别名",
    "skus.csv": "商家编码,商品名称,类目,生效时间",
    "fx_rates.csv": "日期,币种,本位币,汇率",
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, History]:
    home = tmp_path_factory.mktemp("simulate")
    return home / "inbox", write_history(home / "inbox", until=UNTIL, days=16, orders=4_000, state=home / "state")


def rows(inbox: Path, pattern: str) -> Iterator[dict[str, str]]:
    for path in sorted(inbox.glob(pattern)):
        yield from table(path)


def details(inbox: Path) -> list[dict[str, Any]]:
    """Return Shopee's orders."""
    return [order for path in sorted(inbox.glob("shopee_my/history/*.json")) for order in documents(path)]


def fen(row: dict[str, str], *names: str) -> list[int]:
    """Return amounts of a row in fen."""
    return [round(float(row[name]) * 100) for name in names]


def test_the_same_seed_writes_the_same_bytes(written: tuple[Path, History], tmp_path: Path) -> None:
    inbox, history = written

    again = write_history(tmp_path / "inbox", until=UNTIL, days=16, orders=4_000, state=tmp_path / "state")

    assert [p.relative_to(tmp_path / "inbox") for p in again.files] == [p.relative_to(inbox) for p in history.files]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(again.files, history.files, strict=True))


def test_another_seed_writes_other_bytes(written: tuple[Path, History], tmp_path: Path) -> None:
    inbox, _ = written

    write_history(tmp_path / "inbox", until=UNTIL, days=16, orders=4_000, seed=1, state=tmp_path / "state")

    name = "douyin_live/history/douyin_orders_20261122.csv"
    assert (tmp_path / "inbox" / name).read_bytes() != (inbox / name).read_bytes()


def test_headers_are_those_of_the_platforms(written: tuple[Path, History]) -> None:
    inbox, _ = written
    quoted = {
        "*/history/ExportOrderList*.csv": (b"", TAOBAO.replace("␠", " ")),
        "*/history/ExportOrderDetailList*.csv": (b"", TAOBAO_ITEMS),
        "douyin_live/history/*.csv": (BOM, DOUYIN),
        "jd_flagship/history/*.csv": (b"", JD),
        "pdd_select/history/*.csv": (BOM, PDD),
        "wms/history/*.csv": (BOM, STOCKOUT),
    }

    for pattern, (begins, expected) in quoted.items():
        paths = list(inbox.glob(pattern))
        assert paths, pattern
        assert all(path.read_bytes().startswith(begins) for path in paths)
        assert {text_lines(path)[path.name.startswith("pdd")] for path in paths} == {expected.replace(", ", ",")}
    for name, expected in MASTERS.items():
        assert text_lines(inbox / "masters" / "history" / name)[0] == expected


def test_every_row_has_as_many_cells_as_its_header(written: tuple[Path, History]) -> None:
    inbox, _ = written
    for path in inbox.rglob("*.csv"):
        lines = list(csv.reader(text_lines(path)[:-1]))[path.name.startswith("pdd") :]
        extra = 1 if path.name.startswith("ExportOrderDetail") else 0
        assert {len(line) for line in lines[1:]} == {len(lines[0]) + extra}, path


def test_ids_and_telephones_wear_their_guards(written: tuple[Path, History]) -> None:
    inbox, _ = written

    taobao = list(rows(inbox, "taobao_home/history/ExportOrderList*.csv"))
    douyin = list(rows(inbox, "douyin_live/history/*.csv"))

    assert all(row["订单编号"].startswith('="') and len(row["订单编号"]) == 22 for row in taobao)
    assert all(row["联系手机"].startswith("'1") and len(row["联系手机"]) == 12 for row in taobao)
    assert all(row["主订单编号"].startswith("\t") and row["子订单编号"].startswith("\t") for row in douyin)
    assert all(row["收件人"].startswith("##") for row in douyin)
    assert any("," in row["买家留言"] for row in taobao)


def test_jd_pdd_and_shopee_name_no_buyer_whom_they_mask(written: tuple[Path, History]) -> None:
    inbox, _ = written
    jd, pdd, shopee = list(rows(inbox, "jd_flagship/history/*.csv")), list(rows(inbox, "pdd_select/history/*.csv")), details(inbox)

    assert all(len(row["客户姓名"]) == 2 and row["客户姓名"].endswith("*") and "****" in row["联系电话"] for row in jd)
    assert not {"收货人", "手机", "详细地址", "省"} & set(pdd[0])
    assert all("******" in order["recipient_address"][name] for order in shopee for name in ("name", "phone", "full_address"))


def test_pdd_writes_a_title_above_its_header_and_tabs_behind_its_ids(written: tuple[Path, History]) -> None:
    inbox, _ = written
    pdd = list(rows(inbox, "pdd_select/history/*.csv"))

    assert {text_lines(path)[0] for path in inbox.glob("pdd_select/history/*.csv")} == {"名称：云间优选拼多多店订单"}
    assert all(row[name].endswith("\t") for row in pdd for name in ("商品", "订单号", "商品id", "样式ID", "快递单号", "订单成交时间"))


def test_a_pdd_number_begins_with_the_day_on_which_the_order_was_placed_and_its_row_tells_when_it_was_concluded(
    written: tuple[Path, History],
) -> None:
    inbox, _ = written
    pdd = [{name: cell.strip() for name, cell in row.items()} for row in rows(inbox, "pdd_select/history/*.csv")]
    concluded = [(row["订单号"][:6], row["订单成交时间"][2:10].replace("-", "")) for row in pdd if row["订单成交时间"]]

    assert all(re.fullmatch(r"\d{6}-\d{15}", row["订单号"]) for row in pdd)
    assert {"已取消"} <= {row["订单状态"] for row in pdd if not row["订单成交时间"]} <= {"待付款", "已取消"}
    # placed just before midnight, concluded just after
    assert all(number <= at for number, at in concluded)
    assert 0 < sum(number < at for number, at in concluded) < 0.02 * len(concluded)


def test_a_pdd_order_has_one_sku_and_a_jd_order_repeats_its_amounts_on_each_of_its_own(written: tuple[Path, History]) -> None:
    inbox, _ = written
    pdd = Counter(row["订单号"] for row in rows(inbox, "pdd_select/history/*.csv"))
    jd: dict[str, list[dict[str, str]]] = {}
    for row in rows(inbox, "jd_flagship/history/*.csv"):
        jd.setdefault(row["订单号"], []).append(row)

    assert set(pdd.values()) == {1}
    assert max(map(len, jd.values())) >= 3
    for order in jd.values():
        [(total, due, paid, freight)] = {tuple(fen(row, "订单金额", "结算金额", "应付金额", "运费金额")) for row in order}
        assert total == sum(fen(row, "京东价")[0] * int(row["订购数量"]) for row in order)
        assert total >= due >= paid - freight


def test_pdd_and_shopee_amounts_add_up(written: tuple[Path, History]) -> None:
    inbox, _ = written
    for row in rows(inbox, "pdd_select/history/*.csv"):
        goods, freight, shop, platform, paid, received = fen(
            row, "商品总价(元)", "邮费(元)", "店铺优惠折扣(元)", "平台优惠折扣(元)", "用户实付金额(元)", "商家实收金额(元)"
        )
        assert (paid, received) == (goods - shop - platform + freight, goods - shop + freight)
    for order in details(inbox):
        listed = sum(round(item["model_discounted_price"] * 100) * item["model_quantity_purchased"] for item in order["item_list"])
        assert round(order["total_amount"] * 100) <= listed + round(order["estimated_shipping_fee"] * 100)


def test_shopee_tells_in_unix_seconds_when_to_ship_and_when_its_carrier_came(written: tuple[Path, History]) -> None:
    inbox, _ = written
    orders = details(inbox)
    started = [(order, order["create_time"] if order["cod"] else order["pay_time"]) for order in orders]

    assert {(order["region"], order["currency"]) for order in orders} == {("MY", "MYR")}
    assert all(re.fullmatch(r"\d{6}[0-9A-Y]{8}", order["order_sn"]) for order in orders)
    assert all(order["ship_by_date"] == (start + 3 * 86_400 if start else 0) for order, start in started)
    assert all((order["pickup_done_time"] > 0) == (order["order_status"] in ("SHIPPED", "COMPLETED")) for order in orders)
    assert all(order["update_time"] >= max(order["create_time"], order["pay_time"] or 0, order["pickup_done_time"]) for order in orders)
    assert {"UNPAID", "READY_TO_SHIP", "PROCESSED", "SHIPPED", "COMPLETED", "CANCELLED"} == {order["order_status"] for order in orders}


def test_order_numbers_are_never_used_twice(written: tuple[Path, History]) -> None:
    inbox, history = written
    several_rows = ("douyin_live", "jd_flagship")
    numbers = Counter((path.parts[-3], number) for path in history_files(inbox) for number, _ in told(path))
    subs = Counter(row["子订单编号"] for row in rows(inbox, "douyin_live/history/*.csv"))

    assert max(count for (shop, _), count in numbers.items() if shop not in several_rows) == max(subs.values()) == 1
    assert len(numbers) == history.orders


def test_an_orders_rows_stand_together(written: tuple[Path, History]) -> None:
    inbox, _ = written
    for path in history_files(inbox):
        numbers = [number for number, _ in told(path)]
        assert len(set(numbers)) == sum(1 for _ in groupby(numbers)), path


def test_files_tell_the_stages_that_the_truth_counts(written: tuple[Path, History]) -> None:
    inbox, history = written
    status = Counter(row["订单状态"] for row in rows(inbox, "tmall_flagship/history/ExportOrderList*.csv"))
    truth = history.truth["tmall_flagship"]

    assert status["交易成功"] == truth["completed"]
    assert status["交易关闭"] == truth["closed"] + truth["refunded"]
    assert status["卖家已发货，等待买家确认"] == truth["shipped"]
    assert sum(truth.values()) == sum(status.values())


def test_jd_and_shopee_know_no_return_and_pdd_ends_an_order_with_its_refund(written: tuple[Path, History]) -> None:
    inbox, history = written
    said = {
        shop: Counter(dict(pair for path in history_files(inbox) if shop in path.parts for pair in told(path)).values())
        for shop in ("jd_flagship", "shopee_my", "pdd_select")
    }
    jd, shopee, pdd = (history.truth[shop] for shop in said)

    assert said["jd_flagship"]["已取消"] == jd["closed"]
    assert said["jd_flagship"]["完成"] + said["jd_flagship"]["(删除)等待出库"] == jd["completed"] + jd["refunded"]
    assert said["jd_flagship"]["完成"] > jd["completed"]
    assert said["shopee_my"]["CANCELLED"] + said["shopee_my"]["COMPLETED"] == shopee["closed"] + shopee["refunded"] + shopee["completed"]
    assert sum(count for word, count in said["pdd_select"].items() if word.endswith("退款成功")) > pdd["refunded"] > 0
    assert said["pdd_select"]["待发货"] == pdd["to_ship"] + pdd.get("part_shipped", 0)
    assert [sum(words.values()) for words in said.values()] == [sum(stages.values()) for stages in (jd, shopee, pdd)]


def test_shares_of_the_shops_are_as_planned(written: tuple[Path, History]) -> None:
    _, history = written

    assert abs(history.orders - 4_000) < 250
    for writer in WRITERS:
        share = sum(history.truth[writer.shop.shop_id].values()) / history.orders
        assert abs(share - writer.shop.share) < 0.03


def test_an_unpaid_order_has_no_payment_time_and_an_open_one_is_not_closed(written: tuple[Path, History]) -> None:
    inbox, _ = written
    orders = list(rows(inbox, "*/history/ExportOrderList*.csv"))

    assert all(not row["订单付款时间 "] for row in orders if row["订单状态"] == "等待买家付款")
    assert {row["订单关闭原因"] for row in orders if row["订单状态"] != "交易关闭"} == {"订单未关闭"}


def test_douyin_rows_of_an_order_add_up(written: tuple[Path, History]) -> None:
    inbox, _ = written
    for row in rows(inbox, "douyin_live/history/*.csv"):
        unit, due, freight, off, platform, shop = fen(row, "商品单价", "订单应付金额", "运费", "优惠总金额", "平台优惠", "商家优惠")
        assert due == unit * int(row["商品数量"]) + freight - off
        assert off == platform + shop


def test_shopify_times_carry_the_offset_of_new_york_on_both_sides_of_the_clock_change(tmp_path: Path) -> None:
    write_history(tmp_path / "inbox", until=UNTIL, days=30, orders=3_000, state=tmp_path / "state")
    pages = sorted((tmp_path / "inbox").glob("shopify_global/history/*.json"))
    created = [datetime.fromisoformat(order["created_at"]) for path in pages for order in documents(path)]

    assert all(t.utcoffset() is not None for t in created)
    change = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
    assert {str(t)[-6:] for t in created if t < change} == {"-04:00"}
    assert {str(t)[-6:] for t in created if t >= change} == {"-05:00"}


def test_the_stock_out_list_names_only_orders_that_the_platforms_know(written: tuple[Path, History]) -> None:
    inbox, _ = written
    names = {writer.shop.shop_id: writer.shop.name for writer in WRITERS}
    known = {(names[path.parts[-3]], number) for path in history_files(inbox) for number, _ in told(path)}
    parcels = list(rows(inbox, "wms/history/*.csv"))
    named = [(row["店铺名称"], number) for row in parcels for number in row["原始单号"].split(",")]

    assert set(named) <= known
    assert {shop for shop, _ in named} == set(names.values())
    assert any("," in row["原始单号"] for row in parcels)
    assert {row["物流公司"] for row in parcels if row["店铺名称"] == "Cloudroom Malaysia"} == {"SPX Express"}
    assert all(row["审核时间"] <= row["发货时间"] for row in parcels if row["发货时间"])
    assert {row["仓库名称"] for row in parcels} == {"广州仓", "义乌仓", "北京仓", "成都仓", "武汉仓"}


def test_nothing_in_the_files_lies_after_until(written: tuple[Path, History]) -> None:
    inbox, _ = written
    latest = max(row["更新时间"] for row in rows(inbox, "wms/history/*.csv"))
    newest = max(row["订单创建时间"] for row in rows(inbox, "*/history/ExportOrderList*.csv"))
    others = max(
        *(row[name].strip() for row in rows(inbox, "jd_flagship/history/*.csv") for name in ("下单时间", "付款确认时间", "订单完成时间")),
        *(row[name].strip() for row in rows(inbox, "pdd_select/history/*.csv") for name in ("订单成交时间", "发货时间", "确认收货时间")),
    )

    assert newest <= latest <= "2026-11-22 14:00:00"
    assert newest > "2026-11-22 13:00:00"
    assert "2026-11-22 13:00:00" < others <= "2026-11-22 14:00:00"
    assert UNTIL.timestamp() - 3 * 3600 < max(order["update_time"] for order in details(inbox)) <= UNTIL.timestamp()


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []

    write_history(tmp_path / "inbox", until=UNTIL, days=2, orders=100, state=tmp_path / "state", progress=lambda *step: told.append(step))

    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[-1][1] == told[-1][2]
