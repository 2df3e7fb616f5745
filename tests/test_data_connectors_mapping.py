"""What does a chunk of a known table say of orders, lines, events and contacts?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.batch import Batch, Chunk
from data.connectors.mapping import Mapper, stated_at
from data.connectors.registry import manifests
from data.connectors.shops import Shop, ShopBook
from data.connectors.texts import as_texts
from data.connectors.times import time
from tests.laws import tries
from tests.platform_examples import AS_OF, BOOK, EXAMPLES, TAOBAO_ORDERS, TAOBAO_REPORT, from_text, mapped

HEADER, *ROWS = TAOBAO_ORDERS.splitlines()


def _example(folder: Path, name: str, *, shops: ShopBook = BOOK) -> Batch:
    _, batches = mapped(EXAMPLES[name].write(folder, name=name), shops=shops)
    return batches[0]


def _orders(batch: Batch) -> pd.DataFrame:
    assert batch.orders is not None
    return batch.orders.set_index("order_no")


def _events(batch: Batch, order_no: str) -> dict[tuple[str, str], tuple[str, str]]:
    """(type, part) -> UTC bounds of one order, as text; '' where open."""
    assert batch.events is not None
    mine = batch.events[batch.events["order_no"] == order_no]
    times = [mine[end].dt.strftime("%m-%d %H:%M:%S").fillna("") for end in ("occurred_from", "occurred_to")]
    return dict(zip(zip(mine["type"], mine["part"], strict=True), zip(*times, strict=True), strict=True))


def _report(*rows: str) -> str:
    return "\n".join([TAOBAO_REPORT.splitlines()[0], *rows]) + "\n"


def test_a_taobao_order_says_what_its_row_says(tmp_path: Path) -> None:
    order = _orders(_example(tmp_path, "taobao.orders")).loc["35153131473293579"]

    assert order["shop_id"] == "tm"
    assert (order["total_minor"], order["goods_minor"], order["freight_minor"], order["paid_minor"]) == (10900, 9900, 1000, 10900)
    assert (order["region_code"], order["city"], order["carrier_code"], order["waybill_no"]) == ("CN-51", "成都市", "SF", "SF100")
    assert (order["kind"], order["source_status"]) == ("normal", "交易成功")
    assert pd.isna(order["close_reason"])


def test_beijing_times_become_utc_and_a_missing_ship_time_is_bounded(tmp_path: Path) -> None:
    assert _events(_example(tmp_path, "taobao.orders"), "35153131473293579") == {
        ("created", ""): ("11-01 00:00:00", "11-01 00:00:00"),
        ("paid", ""): ("11-01 00:01:00", "11-01 00:01:00"),
        ("shipped", ""): ("11-01 00:01:00", ""),
        ("completed", ""): ("11-01 00:01:00", ""),
    }


def test_a_staged_order_is_a_presale(tmp_path: Path) -> None:
    assert _orders(_example(tmp_path, "taobao.orders")).loc["35153131473293581", "kind"] == "presale"


def test_contacts_stand_apart_and_no_reason_quotes_one(tmp_path: Path) -> None:
    batch = from_text(tmp_path, "\n".join([HEADER, ROWS[0].replace("林一", "林\0一")]))

    contacts = _example(tmp_path, "taobao.orders").contacts
    assert contacts is not None
    assert contacts.iloc[0][["buyer_name", "receiver_name", "phone", "buyer_note"]].tolist() == [
        "云边的小林", "林一", "13900000001", "周末送,谢谢",
    ]  # fmt: skip
    assert [finding.value for finding in batch.findings] == [None]


def test_a_refused_row_lists_every_bad_field_once_with_its_cell(tmp_path: Path) -> None:
    batch = _example(tmp_path, "taobao.orders")

    assert {finding.field: finding.value for finding in batch.findings} == {
        "买家应付货款": "x",
        "订单创建时间": "昨天",
        "订单状态": "买家已拍下",
        "订单编号": "3.5153131473293E+16",
    }
    assert {finding.row for finding in batch.findings} == {7}


def test_a_long_cell_is_cut_in_the_finding(tmp_path: Path) -> None:
    batch = from_text(tmp_path, _report(f"1,{'9' * 200},1,上海,2026-01-01 00:00:00,,0"))

    assert [len(str(finding.value)) for finding in batch.findings] == [80]


def test_a_time_too_far_ahead_is_a_wrong_year_or_zone(tmp_path: Path) -> None:
    soon, late = (AS_OF + timedelta(hours=hours + 8) for hours in (35, 37))
    rows = [f"{n},1,1,上海,{at:%Y-%m-%d %H:%M:%S},,0" for n, at in enumerate((soon, late), start=1)]

    batch = from_text(tmp_path, _report(*rows))

    assert [(finding.row, finding.code) for finding in batch.findings] == [(3, "time_in_future")]


def test_a_promise_may_lie_ahead_and_never_counts_as_the_latest_time(tmp_path: Path) -> None:
    text = EXAMPLES["douyin.orders"].text.replace("2026-11-20 10:01:00", "2027-01-20 10:01:00")

    batch = from_text(tmp_path, text)

    assert not batch.findings
    assert batch.latest_at == datetime(2026, 11, 19, 4, 0, tzinfo=UTC)


def test_a_row_without_number_or_creation_is_refused(tmp_path: Path) -> None:
    batch = from_text(tmp_path, _report(",1,1,上海,2026-01-01 00:00:00,,0", "2,1,1,上海,,,0"))

    assert [(finding.row, finding.field, finding.code) for finding in batch.findings] == [
        (2, "订单编号", "missing"),
        (3, "订单创建时间", "missing"),
    ]


@settings(deadline=None, max_examples=tries(30))
@given(st.lists(st.sampled_from(["good", "no id", "bad time", "bad money", "several"]), max_size=30))
def test_rows_are_accepted_and_refused_without_a_rest(tmp_path_factory: pytest.TempPathFactory, kinds: list[str]) -> None:
    forms = {
        "good": "{n},1.00,1.00,上海,2026-01-01 00:00:00,,0",
        "no id": ",1.00,1.00,上海,2026-01-01 00:00:00,,0",
        "bad time": "{n},1.00,1.00,上海,soon,,0",
        "bad money": "{n},1.005,1.00,上海,2026-01-01 00:00:00,,0",
        "several": "2.1E+17,x,y,上海,soon,later,z",
    }
    folder = tmp_path_factory.mktemp("rows")
    path = folder / "report.csv"
    path.write_text(_report(*(forms[kind].format(n=n) for n, kind in enumerate(kinds, start=1))), encoding="utf-8")

    _, batches = mapped(path)

    refused = {finding.row for batch in batches for finding in batch.findings}
    kept = [row for batch in batches if batch.orders is not None for row in batch.orders["row_number"]]
    assert refused == {n for n, kind in enumerate(kinds, start=2) if kind != "good"}
    assert sorted([*kept, *refused]) == list(range(2, len(kinds) + 2))
    assert sum(batch.rows for batch in batches) == len(kinds)


class TestShops:
    REPORT = _report("1,1.00,1.00,上海,2026-01-01 00:00:00,,0")

    def test_the_one_given_stands_over_the_row(self, tmp_path: Path) -> None:
        assert set(_orders(_example(tmp_path, "taobao.orders", shops=replace(BOOK, given_shop="us")))["shop_id"]) == {"us"}

    def test_a_row_names_its_shop_by_an_alias(self, tmp_path: Path) -> None:
        batch = _example(tmp_path, "wangdian.stockouts")

        assert _orders(batch).loc["35153131473293580", "shop_id"] == "tm"
        assert _orders(batch).loc["450789002", "shop_id"] == "us"

    def test_a_file_without_shops_belongs_to_the_only_shop_of_its_channel(self, tmp_path: Path) -> None:
        assert _orders(from_text(tmp_path, self.REPORT))["shop_id"].tolist() == ["tm"]

    def test_where_a_channel_has_several_the_rows_are_refused(self, tmp_path: Path) -> None:
        second = Shop("tb", "taobao", "青禾淘宝店", "Asia/Shanghai", "CNY")

        batch = from_text(tmp_path, self.REPORT, shops=replace(BOOK, shops={**BOOK.shops, "tb": second}))

        assert [finding.code for finding in batch.findings] == ["unknown_shop"]

    def test_an_order_file_makes_an_unknown_shop_and_says_so(self, tmp_path: Path) -> None:
        mapper, batches = mapped(EXAMPLES["taobao.orders"].write(tmp_path, name="x"), shops=ShopBook())

        assert mapper.new_shops == [Shop("青禾旗舰店", "taobao", "青禾旗舰店", "Asia/Shanghai", "CNY", complete=False)]
        assert set(_orders(batches[0])["shop_id"]) == {"青禾旗舰店"}

    def test_a_given_shop_nobody_knows_is_made_too(self, tmp_path: Path) -> None:
        mapper, _ = mapped(EXAMPLES["shopify.orders"].write(tmp_path, name="x"), shops=ShopBook(given_shop="shopify_eu"))

        assert [(shop.shop_id, shop.channel, shop.currency) for shop in mapper.new_shops] == [("shopify_eu", "shopify", "USD")]

    def test_a_warehouse_file_never_makes_one(self, tmp_path: Path) -> None:
        mapper, batches = mapped(EXAMPLES["wangdian.orders"].write(tmp_path, name="x"), shops=ShopBook())

        assert mapper.new_shops == []
        assert {finding.code for finding in batches[0].findings} == {"unknown_shop"}

    def test_its_zone_and_currency_stand_over_the_manifest(self, tmp_path: Path) -> None:
        tokyo = Shop("jp", "tmall", "青禾日本", "Asia/Tokyo", "JPY")
        row = "1,120,120,上海,2026-01-01 09:00:00,,0"

        batch = from_text(tmp_path, _report(row), shops=ShopBook(shops={"jp": tokyo}))

        assert _orders(batch).loc["1", "total_minor"] == 120
        assert _events(batch, "1")["created", ""][0] == "01-01 00:00:00"

    def test_rows_of_shops_in_several_zones_are_each_read_in_their_own(self, tmp_path: Path) -> None:
        book = replace(
            BOOK,
            shops={"a": Shop("a", "tmall", "东店", "Asia/Tokyo", "CNY"), "b": Shop("b", "tmall", "青禾旗舰店", "Asia/Shanghai", "CNY")},
        )
        text = "\n".join([HEADER, ROWS[0], ROWS[2].replace("青禾旗舰店", "东店")])

        batch = from_text(tmp_path, text, shops=book)

        assert _events(batch, "35153131473293579")["created", ""][0] == "11-01 00:00:00"
        assert _events(batch, "35153131473293581")["created", ""][0] == "11-20 01:00:00"

    def test_a_warehouse_writes_every_shops_times_in_its_own_zone(self, tmp_path: Path) -> None:
        batch = _example(tmp_path, "wangdian.stockouts")

        assert _events(batch, "450789002")["reviewed", ""][0] == "11-20 03:00:00"


class TestDouyin:
    def test_an_orders_amounts_are_shared_out_to_its_rows(self, tmp_path: Path) -> None:
        batch = _example(tmp_path, "douyin.orders")
        table = next(manifest for manifest in manifests() if manifest.name == "douyin").table("orders")

        rows = _orders(batch).loc["6917000000000000001"]
        assert rows["total_minor"].sum() == 12500
        assert table.combine["total_minor"] == "sum"
        assert table.combine["promised_ship_at"] == "min"

    def test_half_an_order_shipped_is_a_part_shipment_named_by_its_line(self, tmp_path: Path) -> None:
        said = _events(_example(tmp_path, "douyin.orders"), "6917000000000000001")

        assert said["part_shipped", "6917000000000000001"] == ("11-18 07:00:00", "11-18 07:00:00")
        assert ("shipped", "") not in said

    def test_cash_on_delivery_is_shipped_without_being_paid(self, tmp_path: Path) -> None:
        batch = _example(tmp_path, "douyin.orders")

        assert set(_events(batch, "6917000000000000004")) == {("created", ""), ("shipped", "")}
        assert _orders(batch).loc["6917000000000000004", "kind"] == "cod"
        assert _orders(batch)["paid_minor"].isna().tolist() == [False, False, False, True]

    def test_a_masked_buyer_is_kept_as_written_and_gives_no_region(self, tmp_path: Path) -> None:
        batch = _example(tmp_path, "douyin.orders")

        assert batch.contacts is not None
        assert batch.contacts["receiver_name"].tolist()[0] == "##密文1"
        assert set(_orders(batch)["region_code"]) == {"CN-33", "CN-53"}


class TestShopify:
    def test_an_order_in_one_package_is_shipped_with_it(self, tmp_path: Path) -> None:
        said = _events(_example(tmp_path, "shopify.orders"), "450789002")

        assert said["shipped", ""] == ("11-03 15:00:00", "11-03 15:00:00")
        assert not any(event == "part_shipped" for event, _ in said)

    def test_an_order_in_two_packages_is_shipped_with_the_last_that_left(self, tmp_path: Path) -> None:
        said = _events(_example(tmp_path, "shopify.orders"), "450789003")

        assert said["shipped", ""][0] == "11-04 15:00:00"
        assert {part for event, part in said if event == "part_shipped"} == {"31", "32"}

    def test_a_refund_is_a_part_until_the_whole_order_is_refunded(self, tmp_path: Path) -> None:
        batch = _example(tmp_path, "shopify.orders")

        assert set(_events(batch, "450789006")) == {("created", ""), ("paid", ""), ("refunded", "61")}
        assert _events(batch, "450789005")["refunded", ""] == ("11-06 15:00:00", "11-06 15:00:00")
        assert _orders(batch).loc[["450789005", "450789006"], "refunded_minor"].tolist() == [40994, 1000]

    def test_a_test_order_is_accepted_and_contributes_nothing(self, tmp_path: Path) -> None:
        batch = _example(tmp_path, "shopify.orders")

        assert "450789007" not in _orders(batch).index
        assert batch.notices["left_out"] == 1

    def test_the_country_is_the_region_where_we_know_no_province(self, tmp_path: Path) -> None:
        assert set(_orders(_example(tmp_path, "shopify.orders"))["region_code"]) == {"US"}


class TestWangdian:
    def test_a_parcel_of_two_orders_speaks_of_both_and_of_the_amounts_of_neither(self, tmp_path: Path) -> None:
        batch = _example(tmp_path, "wangdian.stockouts")

        both = _orders(batch).loc[["35153131473293580", "35153131473293581"]]
        assert both["waybill_no"].tolist() == ["ZT2", "ZT2"]
        assert both["row_number"].tolist() == [3, 3]
        assert batch.rows == 7

    def test_a_split_order_is_shipped_when_its_last_package_is(self, tmp_path: Path) -> None:
        said = _events(_example(tmp_path, "wangdian.stockouts"), "35153131473293582")

        assert said["part_shipped", "CK3"][0] == "11-20 04:30:00"
        assert ("shipped", "") not in said

    def test_part_shipped_names_its_package(self, tmp_path: Path) -> None:
        assert ("part_shipped", "CK5") in _events(_example(tmp_path, "wangdian.stockouts"), "450789002")

    def test_it_says_nothing_of_payment_or_cancellation(self, tmp_path: Path) -> None:
        text = EXAMPLES["wangdian.stockouts"].text.replace("已分配", "已取消")

        batch = from_text(tmp_path, text)

        assert batch.events is not None
        assert not set(batch.events["type"]) & {"created", "paid", "cancelled"}

    def test_its_own_orders_are_counted_and_left_out(self, tmp_path: Path) -> None:
        batch = _example(tmp_path, "wangdian.stockouts")

        assert batch.notices["warehouse_own_order"] == 1
        assert not any(number.startswith("AD") for number in _orders(batch).index)


class TestOlist:
    def test_the_earliest_limit_of_an_orders_items_is_its_promise(self, tmp_path: Path) -> None:
        rows = _orders(_example(tmp_path, "olist.items"))

        assert rows["promised_ship_at"].min() == pd.Timestamp("2018-02-04 12:10:00", tz="UTC")
        assert rows["goods_minor"].sum() == 20890

    def test_an_order_names_its_customer_and_the_customer_its_region(self, tmp_path: Path) -> None:
        customers = _example(tmp_path, "olist.customers").reference

        assert _orders(_example(tmp_path, "olist.orders")).loc["a1", "customer_id"] == "c1"
        assert customers is not None
        assert customers.iloc[0][["customer_id", "region_code", "city"]].tolist() == ["c1", "BR-SP", "sao paulo"]


class TestMasters:
    def test_a_shop_row_gives_its_names_as_a_list(self, tmp_path: Path) -> None:
        shops = _example(tmp_path, "masters.shops").reference

        assert shops is not None
        assert shops["channel"].tolist() == ["tmall", "shopify"]
        assert shops["aliases"].tolist()[0] == ["青禾天猫", "208841975"]

    def test_a_warehouse_lies_in_its_province(self, tmp_path: Path) -> None:
        warehouses = _example(tmp_path, "masters.warehouses").reference

        assert warehouses is not None
        assert warehouses["region_code"].tolist() == ["CN-33", "CN-44"]

    def test_a_rate_is_kept_as_exact_text_of_its_day(self, tmp_path: Path) -> None:
        rates = _example(tmp_path, "masters.fx_rates").reference

        assert rates is not None
        assert rates.iloc[0][["business_day", "currency", "reporting_currency", "rate"]].tolist() == ["2026-11-20", "USD", "CNY", "7.1834"]


def test_a_footers_total_stands_beside_the_sum_of_the_rows_that_hold(tmp_path: Path) -> None:
    mapper, _ = mapped(EXAMPLES["taobao.orders"].write(tmp_path, name="x"))

    assert mapper.control({"总金额": "￥1,463.5"}) == ("1463.50", "1463.50")
    assert mapper.control({"总笔数": "6"}) is None


def test_a_file_states_its_export_time_above_the_header() -> None:
    taobao = next(manifest for manifest in manifests() if manifest.name == "taobao")
    rows = [["店铺订单"], ["导出时间：[2026-11-22 08:00:00]"], ["订单编号"]]

    assert stated_at(rows, manifest=taobao, table=taobao.table("orders"), header_row=3) == datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
    assert stated_at(rows[2:], manifest=taobao, table=taobao.table("orders"), header_row=1) is None


def test_a_second_header_row_is_no_record(tmp_path: Path) -> None:
    taobao = next(manifest for manifest in manifests() if manifest.name == "taobao")
    table = taobao.table("report").model_copy(update={"second_header": True})
    frame = pd.DataFrame({name: ["1", None] for name in table.mapped_columns}, dtype="str")
    frame["订单创建时间"] = ["2026-01-01 00:00:00", None]
    frame["总金额"] = ["1", "收入+支出"]

    batch = Mapper(taobao, table, shops=BOOK, as_of=AS_OF).map(Chunk(np.array([2, 3]), frame=frame.drop(columns=["订单付款时间"])))

    assert (batch.rows, batch.findings) == (1, ())


def test_local_times_are_read_the_same_on_any_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for zone in ("GMT", "Asia/Shanghai", "America/New_York"):
        monkeypatch.setenv("TZ", zone)
        assert time(as_texts(["2026-11-22 08:00:00"]), zone="Asia/Shanghai").values.to_pylist()[0].hour == 0
