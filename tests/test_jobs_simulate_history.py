"""Do the simulated files look like those of the platforms, byte for byte the same for the same seed?"""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.simulate import History, write_history
from jobs.simulate.platforms import WRITERS

UNTIL = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)

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


def table(path: Path, encoding: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding), newline="")))


def header(path: Path, encoding: str) -> str:
    return path.read_bytes().decode(encoding).split("\r\n", 1)[0]


def rows(inbox: Path, pattern: str, encoding: str) -> Iterator[dict[str, str]]:
    for path in sorted(inbox.glob(pattern)):
        yield from table(path, encoding)


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
        "*/history/ExportOrderList*.csv": ("gbk", TAOBAO.replace(", ", ",").replace("␠", " ")),
        "*/history/ExportOrderDetailList*.csv": ("gbk", TAOBAO_ITEMS.replace(", ", ",")),
        "douyin_live/history/*.csv": ("utf-8-sig", DOUYIN.replace(", ", ",")),
        "wms/history/*.csv": ("utf-8-sig", STOCKOUT),
    }

    for pattern, (encoding, expected) in quoted.items():
        paths = list(inbox.glob(pattern))
        assert paths, pattern
        assert {header(path, encoding) for path in paths} == {expected}
    for name, expected in MASTERS.items():
        assert header(inbox / "masters" / "history" / name, "utf-8-sig") == expected


def test_every_row_has_as_many_cells_as_its_header(written: tuple[Path, History]) -> None:
    inbox, _ = written
    for path in inbox.rglob("*.csv"):
        encoding = "gbk" if path.name.startswith("Export") else "utf-8-sig"
        lines = list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline="")))
        extra = 1 if path.name.startswith("ExportOrderDetail") else 0
        assert {len(line) for line in lines[1:]} == {len(lines[0]) + extra}, path


def test_ids_and_telephones_wear_their_guards(written: tuple[Path, History]) -> None:
    inbox, _ = written

    taobao = list(rows(inbox, "taobao_home/history/ExportOrderList*.csv", "gbk"))
    douyin = list(rows(inbox, "douyin_live/history/*.csv", "utf-8-sig"))

    assert all(row["订单编号"].startswith('="') and len(row["订单编号"]) == 22 for row in taobao)
    assert all(row["联系手机"].startswith("'1") and len(row["联系手机"]) == 12 for row in taobao)
    assert all(row["主订单编号"].startswith("\t") and row["子订单编号"].startswith("\t") for row in douyin)
    assert all(row["收件人"].startswith("##") for row in douyin)
    assert any("," in row["买家留言"] for row in taobao)


def test_order_numbers_are_never_used_twice(written: tuple[Path, History]) -> None:
    inbox, history = written
    numbers = Counter(row["订单编号"] for row in rows(inbox, "*/history/ExportOrderList*.csv", "gbk"))
    subs = Counter(row["子订单编号"] for row in rows(inbox, "douyin_live/history/*.csv", "utf-8-sig"))
    mains = {row["主订单编号"] for row in rows(inbox, "douyin_live/history/*.csv", "utf-8-sig")}
    pages = [json.loads(path.read_bytes())["orders"] for path in inbox.glob("shopify_global/history/*.json")]
    ids = Counter(order["id"] for page in pages for order in page)

    assert max(numbers.values()) == max(subs.values()) == max(ids.values()) == 1
    assert len(numbers) + len(mains) + len(ids) == history.orders


def test_files_tell_the_stages_that_the_truth_counts(written: tuple[Path, History]) -> None:
    inbox, history = written
    status = Counter(row["订单状态"] for row in rows(inbox, "tmall_flagship/history/ExportOrderList*.csv", "gbk"))
    truth = history.truth["tmall_flagship"]

    assert status["交易成功"] == truth["completed"]
    assert status["交易关闭"] == truth["closed"] + truth["refunded"]
    assert status["卖家已发货，等待买家确认"] == truth["shipped"]
    assert sum(truth.values()) == sum(status.values())


def test_shares_of_the_shops_are_as_planned(written: tuple[Path, History]) -> None:
    _, history = written

    assert abs(history.orders - 4_000) < 250
    for writer in WRITERS:
        share = sum(history.truth[writer.shop.shop_id].values()) / history.orders
        assert abs(share - writer.shop.share) < 0.03


def test_an_unpaid_order_has_no_payment_time_and_an_open_one_is_not_closed(written: tuple[Path, History]) -> None:
    inbox, _ = written
    orders = list(rows(inbox, "*/history/ExportOrderList*.csv", "gbk"))

    assert all(not row["订单付款时间 "] for row in orders if row["订单状态"] == "等待买家付款")
    assert {row["订单关闭原因"] for row in orders if row["订单状态"] != "交易关闭"} == {"订单未关闭"}


def test_douyin_rows_of_an_order_add_up(written: tuple[Path, History]) -> None:
    inbox, _ = written
    for row in rows(inbox, "douyin_live/history/*.csv", "utf-8-sig"):
        fen = {name: round(float(row[name]) * 100) for name in ("商品单价", "订单应付金额", "运费", "优惠总金额", "平台优惠", "商家优惠")}
        assert fen["订单应付金额"] == fen["商品单价"] * int(row["商品数量"]) + fen["运费"] - fen["优惠总金额"]
        assert fen["优惠总金额"] == fen["平台优惠"] + fen["商家优惠"]


def test_shopify_times_carry_the_offset_of_new_york_on_both_sides_of_the_clock_change(tmp_path: Path) -> None:
    write_history(tmp_path / "inbox", until=UNTIL, days=30, orders=3_000, state=tmp_path / "state")
    pages = [json.loads(path.read_bytes())["orders"] for path in sorted((tmp_path / "inbox").glob("shopify_global/history/*.json"))]
    created = [datetime.fromisoformat(order["created_at"]) for page in pages for order in page]

    assert all(t.utcoffset() is not None for t in created)
    change = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
    assert {str(t)[-6:] for t in created if t < change} == {"-04:00"}
    assert {str(t)[-6:] for t in created if t >= change} == {"-05:00"}


def test_the_stock_out_list_names_only_orders_that_the_platforms_know(written: tuple[Path, History]) -> None:
    inbox, _ = written
    known = {row["订单编号"].strip('="') for row in rows(inbox, "*/history/ExportOrderList*.csv", "gbk")}
    known |= {row["主订单编号"].strip() for row in rows(inbox, "douyin_live/history/*.csv", "utf-8-sig")}
    pages = [json.loads(path.read_bytes())["orders"] for path in inbox.glob("shopify_global/history/*.json")]
    known |= {str(order["id"]) for page in pages for order in page}
    parcels = list(rows(inbox, "wms/history/*.csv", "utf-8-sig"))

    assert {number for row in parcels for number in row["原始单号"].split(",")} <= known
    assert any("," in row["原始单号"] for row in parcels)
    assert all(row["审核时间"] <= row["发货时间"] for row in parcels if row["发货时间"])
    assert {row["仓库名称"] for row in parcels} == {"广州仓", "义乌仓", "北京仓", "成都仓", "武汉仓"}


def test_nothing_in_the_files_lies_after_until(written: tuple[Path, History]) -> None:
    inbox, _ = written
    latest = max(row["更新时间"] for row in rows(inbox, "wms/history/*.csv", "utf-8-sig"))
    newest = max(row["订单创建时间"] for row in rows(inbox, "*/history/ExportOrderList*.csv", "gbk"))

    assert newest <= latest <= "2026-11-22 14:00:00"
    assert newest > "2026-11-22 13:00:00"


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []

    write_history(tmp_path / "inbox", until=UNTIL, days=2, orders=100, state=tmp_path / "state", progress=lambda *step: told.append(step))

    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[-1][1] == told[-1][2]
