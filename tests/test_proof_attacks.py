"""What do hostile, broken and disguised files do? They are taken for what they say, or refused by name; never half, never twice."""

import gzip
import hashlib
import io
import json
import random
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from data.ingest import ingest_path
from data.report import Report
from data.settings import Settings
from models.orders import MAX_MINOR
from tests.final_state import empty, final_state
from tests.hostile_files import FORMS, JSON_FORMS, Form, shopify_order, text_of, workbook_of, zip_of
from tests.own_files import (
    CLOSED,
    DONE,
    SHIPPED,
    TAOBAO_LINES,
    TAOBAO_ORDERS,
    TO_SHIP,
    UNPAID,
    stock_out,
    taobao_line,
    taobao_order,
    write_lines,
    write_orders,
    write_rows,
    write_stock_out,
)

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def _take(engine: Engine, path: Path, *, home: Path, **given: Any) -> Report:
    [report] = ingest_path(engine, path, settings=Settings(home=home), as_of=NOW, **given)
    return report


def _all(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def _orders(engine: Engine) -> list[str]:
    return [order_no for (order_no,) in _all(engine, "SELECT order_no FROM orders ORDER BY order_no")]


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


# ---------------------------------------------------------------- rows in every form

ODD_ROWS = [
    taobao_order(1, 买家留言="尽快发货🦋谢谢", 宝贝标题="\U0001f9e3围巾"),
    taobao_order(2, 总金额="¥1,000,000,000.00"),
    taobao_order(3, 总金额="￥1,000,000,000,000.01"),
    taobao_order("2.026E+27"),
    taobao_order(4, 订单创建时间="2999-01-01 00:00:00"),
    taobao_order(5, status="已被外星人取走"),
    taobao_order(6, 总金额="12.345"),
    taobao_order(7, 总金额="-0.01"),
    taobao_order(8, 订单创建时间=""),
    taobao_order("10160070484512.0"),
    taobao_order(9, 订单付款时间="1970-01-01 00:00:00", 订单状态=UNPAID),
]
REFUSED = [
    (4, "总金额", "amount_too_large"),
    (5, "订单编号", "damaged_id"),
    (6, "订单创建时间", "time_in_future"),
    (7, "订单状态", "unknown_status"),
    (8, "总金额", "too_many_decimals"),
    (9, "总金额", "negative"),
    (10, "订单创建时间", "missing"),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_rows_mean_the_same_in_every_form(engine: Engine, tmp_path: Path, form: Form) -> None:
    report = _take(engine, form.write(tmp_path, TAOBAO_ORDERS, ODD_ROWS), home=tmp_path)

    assert (report.status, report.manifest, report.rows, report.accepted, report.orders) == ("ingested", "taobao", 11, 4, 4)
    assert [(found.row, found.field, found.code) for found in report.refused] == REFUSED
    assert _all(engine, "SELECT order_no, total_minor, stage FROM orders ORDER BY length(order_no), order_no") == [
        ("1", 10_000, "paid"),
        ("2", 100_000_000_000, "paid"),
        ("9", 10_000, "created"),
        ("10160070484512", 10_000, "paid"),
    ]
    assert _all(engine, "SELECT buyer_note FROM order_contacts WHERE order_no = '1'") == [("尽快发货🦋谢谢",)]

    again = _take(engine, form.write(tmp_path, TAOBAO_ORDERS, ODD_ROWS), home=tmp_path)

    # a workbook or an archive written again has other bytes: other files, the same facts
    assert (again.rows, again.accepted, again.orders, again.refused) == (report.rows, report.accepted, report.orders, report.refused)
    assert len(_orders(engine)) == 4


def test_all_forms_of_one_list_together_are_the_list_once(engine: Engine, tmp_path: Path) -> None:
    _take(engine, FORMS[0].write(tmp_path, TAOBAO_ORDERS, ODD_ROWS), home=tmp_path)
    once = final_state(engine)

    for form in FORMS[1:]:
        _take(engine, form.write(tmp_path, TAOBAO_ORDERS, ODD_ROWS), home=tmp_path)

    assert final_state(engine) == once


@pytest.mark.parametrize("name", JSON_FORMS)
def test_records_mean_the_same_in_every_form(engine: Engine, tmp_path: Path, name: str) -> None:
    orders = [
        shopify_order(1, note="🦋"),
        shopify_order(2, total_price="1000000000.00"),
        shopify_order(3, total_price="1000000000000.01"),
        shopify_order(4, created_at="2999-01-01T00:00:00Z"),
        shopify_order(5, financial_status="stolen"),
        shopify_order(6, total_price="a\0b"),
        shopify_order(9_007_199_254_740_993),
    ]

    report = _take(engine, _written(tmp_path / name, JSON_FORMS[name](orders)), home=tmp_path)

    assert (report.status, report.manifest, report.rows, report.accepted, report.lines) == ("ingested", "shopify", 7, 3, 3)
    assert [(found.row, found.field, found.code) for found in report.refused] == [
        (3, "total_price", "amount_too_large"),
        (4, "created_at", "time_in_future"),
        (5, "financial_status", "unknown_status"),
        (6, "", "control_character"),
    ]
    assert _all(engine, "SELECT order_no, total_minor FROM orders ORDER BY length(order_no), order_no") == [
        ("1", 1_000),
        ("2", 100_000_000_000),
        ("9007199254740993", 1_000),
    ]


def test_pages_that_overlap_in_any_order_end_the_same(engine: Engine, tmp_path: Path) -> None:
    """The newest page first, an older one after it, one page twice."""
    pages = []
    for day, numbers in ((2, range(1, 8)), (3, range(5, 12)), (5, range(3, 6))):
        status = {2: "pending", 3: "paid", 5: "refunded"}[day]
        orders = [shopify_order(number, status=status, updated_at=f"2026-11-{day:02d}T10:00:00-05:00") for number in numbers]
        pages.append(_written(tmp_path / f"{day}.json", JSON_FORMS["page.json"](orders)))
    states = []
    for sequence in ((0, 1, 2), (2, 1, 0), (1, 2, 1, 0), (2, 0, 1, 2)):
        empty(engine)
        for place in sequence:
            _take(engine, pages[place], home=tmp_path)
        states.append(final_state(engine))

    assert all(state == states[0] for state in states)
    assert {row[0]: row[1] for row in _all(engine, "SELECT order_no, stage FROM orders")} == {
        **dict.fromkeys(["1", "2"], "created"),
        **dict.fromkeys(["3", "4", "5"], "refunded"),
        **dict.fromkeys(map(str, range(6, 12)), "paid"),
    }


def test_rows_that_contradict_each_other_make_one_order_whatever_their_order(engine: Engine, tmp_path: Path) -> None:
    rows = [
        taobao_order(1, 总金额="100.00", 收货人姓名="甲"),
        taobao_order(1, status=SHIPPED, 总金额="90.00", 收货人姓名="乙"),
        taobao_order(1, status=CLOSED, 订单创建时间="2026-11-01 09:00:00", 总金额="110.00"),
        taobao_order(2, status=DONE),
        taobao_order(2, status=DONE),
    ]
    states = []
    for seed in range(4):
        empty(engine)
        report = _take(engine, write_orders(tmp_path / f"{seed}.csv", random.Random(seed).sample(rows, 5)), home=tmp_path)
        assert (report.rows, report.accepted, report.orders) == (5, 5, 2)
        states.append(final_state(engine))

    assert [len(states[0][kind]) for kind in ("orders", "contacts")] == [2, 2]
    assert all(state == states[0] for state in states)


def test_the_limit_of_an_amount_is_exact(engine: Engine, tmp_path: Path) -> None:
    rows = [taobao_order(1, 总金额=f"{MAX_MINOR // 100}.00"), taobao_order(2, 总金额=f"{MAX_MINOR // 100}.01")]

    report = _take(engine, write_orders(tmp_path / "a.csv", rows), home=tmp_path)

    assert [(found.row, found.code) for found in report.refused] == [(3, "amount_too_large")]
    assert _all(engine, "SELECT total_minor FROM orders") == [(MAX_MINOR,)]


def test_a_sum_over_lines_beyond_any_integer_does_not_stop_the_file(engine: Engine, tmp_path: Path) -> None:
    """Each line is within the limit, their count and price multiplied are not."""
    lines = write_lines(tmp_path / "l.csv", [taobao_line(1, price="999999999999.00", quantity="999999999"), taobao_line(2)])

    report = _take(engine, lines, home=tmp_path, shop="shop")
    _take(engine, write_orders(tmp_path / "o.csv", [taobao_order(1), taobao_order(2)]), home=tmp_path, shop="shop")

    assert report.status == "ingested"
    assert _orders(engine) == ["1", "2"]


def test_a_row_of_a_shop_nobody_knows_is_refused_by_the_warehouse_and_met_by_the_platform(engine: Engine, tmp_path: Path) -> None:
    warehouse = _take(engine, write_stock_out(tmp_path / "w.csv", [stock_out(1, shipped="2026-11-01 15:00:00")]), home=tmp_path)
    platform = _take(engine, write_orders(tmp_path / "o.csv", [taobao_order(1, 店铺Id="77", 店铺名称="不认识的店")]), home=tmp_path)

    assert [(found.row, found.code, found.value) for found in warehouse.refused] == [(2, "unknown_shop", "测试家居店")]
    assert (platform.accepted, platform.refused) == (1, ())
    assert _all(engine, "SELECT shop_id, channel, name, complete FROM shops") == [("77", "taobao", "不认识的店", False)]


# ---------------------------------------------------------------- bytes that are no rows


def _gbk(rows: list[dict[str, str]]) -> bytes:
    return text_of([TAOBAO_ORDERS, *([row.get(name.strip(), "") for name in TAOBAO_ORDERS] for row in rows)]).encode("gb18030")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda line: line.replace(b"\xc2\xf2\xbc\xd2", b"\xff\xff", 1), "undecodable"),
        (lambda line: line.replace(b"SKU", b"").replace("测试家居店".encode("gbk"), b"a\0b", 1), "control_character"),
        (lambda line: line.replace("测试家居店".encode("gbk"), b"x" * 10 * 1024 * 1024, 1), "cell_too_large"),
        (lambda line: line.replace(b",", b",,,", 1), "too_many_cells"),
        (lambda line: line.split(b",", 20)[0] + b"\r\n", "too_few_cells"),
    ],
    ids=["bad bytes", "NUL", "10 MB in a cell", "commas too many", "cells too few"],
)
def test_one_spoilt_row_is_refused_alone(engine: Engine, tmp_path: Path, spoil: Callable[[bytes], bytes], code: str) -> None:
    lines = _gbk([taobao_order(number, 退款金额="0.00", 预约门店="店") for number in range(1, 31)]).splitlines(keepends=True)
    lines[15] = spoil(lines[15])

    report = _take(engine, _written(tmp_path / "a.csv", b"".join(lines)), home=tmp_path)

    assert [(found.row, found.field, found.code, found.value) for found in report.refused] == [(16, "", code, None)]
    assert (report.rows, report.accepted) == (30, 29)
    assert sorted(map(int, _orders(engine))) == [number for number in range(1, 31) if number != 15]


def test_a_file_cut_anywhere_gives_whole_rows_only_and_the_whole_file_heals_it(engine: Engine, tmp_path: Path) -> None:
    """Mid-row, mid-quote, mid-character: whatever is taken of the rest is true, and the whole file ends as if it came alone."""
    rows = [
        taobao_order(number, 买家留言='他说"快,快"', 退款金额="12.00", 预约门店="一号门店", 总金额=f"{number}00.00")
        for number in range(1, 6)
    ]
    content = _gbk(rows)
    whole = _written(tmp_path / "whole.csv", content)
    _take(engine, whole, home=tmp_path)
    expected, begins = final_state(engine), content.index(b"\r\n") + 2
    every_order = {row[1]: row for row in expected["orders"]}

    last_row = content.rindex(b"\r\n", 0, -2) + 2
    cuts = [*random.Random(5).sample(range(begins, len(content)), 14), last_row, content.rindex(b'"'), len(content) - 3, len(content) - 5]
    for place, cut in enumerate(cuts):
        part = _written(tmp_path / f"{cut}.csv", content[:cut])
        empty(engine)
        report = _take(engine, part, home=tmp_path)
        assert report.status == "ingested" and report.rows - report.accepted <= 1
        for row in final_state(engine)["orders"]:
            assert row == every_order[row[1]]

        if place % 2:
            empty(engine)
            _take(engine, whole, home=tmp_path)
            _take(engine, part, home=tmp_path)
        else:
            _take(engine, whole, home=tmp_path)
        assert final_state(engine) == expected, cut


def test_a_json_cut_anywhere_gives_whole_records_only(engine: Engine, tmp_path: Path) -> None:
    content = JSON_FORMS["page.json"]([shopify_order(number, note="快🦋") for number in range(1, 5)])

    for cut in random.Random(2).sample(range(20, len(content)), 10):
        empty(engine)
        report = _take(engine, _written(tmp_path / f"{cut}.json", content[:cut]), home=tmp_path)
        whole = content[:cut].count(b'"price": "10.00"}]')
        if report.status == "refused":
            assert not _orders(engine)
        else:
            # of the last record all may be there but its closing brace
            assert report.orders in (whole, whole - 1)
            assert report.orders == 4 or [found.code for found in report.refused] == ["cut_off"]


def _bomb(size: int) -> bytes:
    return zip_of({"a.csv": b"0" * size})


def _unsafe(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), _gbk([taobao_order(1)]))
    return out.getvalue()


def _with_password() -> bytes:
    content = bytearray(zip_of({"a.csv": _gbk([taobao_order(1)])}))
    for magic, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + flags] |= 1
    return bytes(content)


MANY_COLUMNS = ",".join(f"c{number}" for number in range(50_000))
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "文件是空的"),
    "a byte order mark": (lambda: b"\xef\xbb\xbf", "文件是空的"),
    "blanks": (lambda: b" \r\n\r\n\t\r\n", "文件是空的"),
    "a zip bomb": (lambda: _bomb(150 * 1024**2), "解压后过大"),
    "a gzip bomb": (lambda: gzip.compress(b"0" * 150 * 1024**2, 9), "过大|超过上限"),
    "a zip leaving its folder": (lambda: _unsafe("../../etc/cron.d/x.csv"), r"拒绝解压"),
    "a zip naming a root": (lambda: _unsafe("/etc/x.csv"), "拒绝解压"),
    "a zip naming a drive": (lambda: _unsafe("C:\\x.csv"), "拒绝解压"),
    "a zip in a zip": (lambda: zip_of({"a.zip": zip_of({"a.csv": _gbk([taobao_order(1)])})}), "还有压缩包"),
    "a gzip in a zip": (lambda: zip_of({"a.csv": gzip.compress(_gbk([taobao_order(1)]))}), "还有压缩包"),
    "a zip of 1,001": (lambda: zip_of({f"{number}.csv": b"a" for number in range(1001)}), "文件过多"),
    "a zip with a password": (_with_password, "有密码"),
    "an empty zip": (lambda: zip_of({}), "空的"),
    "half a zip": (lambda: zip_of({"a.csv": _gbk([taobao_order(n) for n in range(50)])})[:-40], "损坏"),
    "half a gzip": (lambda: gzip.compress(_gbk([taobao_order(n) for n in range(500)]))[:900], "损坏"),
    "half a workbook": (lambda: workbook_of([TAOBAO_ORDERS])[:3000], "损坏"),
    "an old workbook's first bytes": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096), "损坏"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10, "不是可识别"),
    "noise": (lambda: random.Random(1).randbytes(20_000), ""),
    "a login page": (lambda: "<!doctype html><html><body>请登录</body></html>".encode(), "没有表格"),
    "10 MB without a line break": (lambda: b"a," * 5 * 1024**2, "第一行|开头一行"),
    "latin letters of a Chinese list": (lambda: _gbk([taobao_order(1)]).decode("latin-1").encode(), "没有符合"),
    "50,000 columns": (lambda: f"{MANY_COLUMNS}\n{MANY_COLUMNS}\n".encode(), "没有符合"),
    "50,000 columns more": (lambda: ",".join(TAOBAO_ORDERS).encode() + b"," + MANY_COLUMNS.encode(), "没有符合"),
    "broken JSON": (lambda: b'{"orders": [{"id": 1,,', ""),
    "brackets 100,000 deep": (lambda: b"[" * 100_000, ""),
    "an object 100,000 deep": (lambda: b'{"a":' * 100_000, ""),
    "JSON of nothing": (lambda: b"[]", ""),
    "JSON of numbers": (lambda: b"[1, 2, 3]", ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_whole_by_name_and_kept(engine: Engine, tmp_path: Path, name: str) -> None:
    make, said = HOSTILE[name]
    path = _written(tmp_path / "订单.csv", make())

    [report] = ingest_path(engine, path, settings=Settings(home=tmp_path), as_of=NOW)

    assert (report.status, report.orders, report.rows) == ("refused", 0, 0)
    assert report.error
    assert any(part in report.error for part in said.split("|"))
    assert report.detail["error"]["en"] and "\n" not in report.error
    content = path.read_bytes()
    kept = [path for path in (tmp_path / "files").iterdir() if path.name == hashlib.sha256(content).hexdigest()]
    assert [path.read_bytes() == content for path in kept] == [True]
    assert not list((tmp_path / "files").glob("*.partial"))
    assert _all(engine, "SELECT status FROM file_runs") == [("refused",)]
    assert _orders(engine) == []


def test_a_hostile_record_is_refused_alone(engine: Engine, tmp_path: Path) -> None:
    deep: Any = 1
    for _ in range(500):
        deep = {"a": deep}
    orders: list[Any] = [shopify_order(1), shopify_order(2, note=deep), 7, None, shopify_order(3, note="x" * 2_000_000), shopify_order(4)]

    report = _take(engine, _written(tmp_path / "a.json", json.dumps({"orders": orders}).encode()), home=tmp_path)

    assert [(found.row, found.code) for found in report.refused] == [
        (2, "not_a_record"),
        (3, "not_a_record"),
        (4, "not_a_record"),
        (5, "cell_too_large"),
    ]
    assert _orders(engine) == ["1", "4"]


def test_a_header_alone_is_a_list_of_nothing(engine: Engine, tmp_path: Path) -> None:
    report = _take(engine, write_orders(tmp_path / "a.csv", []), home=tmp_path)

    assert (report.status, report.manifest, report.rows, report.orders) == ("ingested", "taobao", 0, 0)
    assert _orders(engine) == []


def test_a_column_gone_stops_the_file_and_names_the_one_that_took_its_place(engine: Engine, tmp_path: Path) -> None:
    header = ["订单实付时间" if name.strip() == "订单付款时间" else name for name in TAOBAO_ORDERS]
    row = taobao_order(1) | {"订单实付时间": "2026-11-01 10:05:00"}
    del row["订单付款时间"]

    report = _take(engine, write_rows(tmp_path / "a.csv", header, [row]), home=tmp_path)

    assert (report.status, report.manifest, report.kind) == ("refused", "taobao", "orders")
    assert "订单付款时间（可能改名为 订单实付时间）" in (report.error or "")
    assert (report.detail["missing"], report.detail["fits"]) == (["订单付款时间"], {"订单付款时间": "订单实付时间"})


# ---------------------------------------------------------------- buyers stay unnamed

SECRETS = {
    "买家会员名": "SECRET-nick",
    "买家支付宝账号": "SECRET-alipay",
    "收货人姓名": "SECRET-name",
    "收货地址": "SECRET-address",
    "联系电话": "SECRET-phone",
    "联系手机": "SECRET-mobile",
    "买家留言": "SECRET-note",
    "发票抬头": "SECRET-invoice",
    "修改后的收货地址": "SECRET-moved",
}


def test_no_reason_and_no_record_of_a_refusal_ever_quotes_a_buyer(
    engine: Engine, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bad = [
        taobao_order(1, **SECRETS, 总金额="?"),
        taobao_order("2.026E+27", **SECRETS),
        taobao_order(2, **(SECRETS | {"收货人姓名": "SECRET\0"})),
        taobao_order(3, **(SECRETS | {"买家留言": "SECRET" + "x" * 2_000_000})),
        taobao_order(4, **SECRETS, 订单创建时间=(NOW + timedelta(days=400)).strftime("%Y-%m-%d %H:%M:%S")),
        taobao_order(5, **SECRETS, 订单状态="?"),
    ]
    too_many = ",".join(["SECRET"] * 60)

    report = _take(engine, _written(tmp_path / "a.csv", _gbk(bad) + too_many.encode() + b"\r\nSECRET,\x22SECRET"), home=tmp_path)

    assert report.rows == 8 and report.accepted == 0
    said = [json.dumps(report.as_json(language=language), ensure_ascii=False) for language in ("zh", "en")]
    stored = [_all(engine, f"SELECT * FROM {table}") for table in ("rejected_rows", "file_runs", "source_files", "audit_log")]
    logged = capfd.readouterr()
    assert "SECRET" not in f"{said} {stored} {logged.out} {logged.err}"


@pytest.mark.parametrize("sound", [0, 3], ids=["alone in its file", "among others"])
def test_a_row_that_a_comma_in_a_note_shifts_quotes_nobody(engine: Engine, tmp_path: Path, sound: int) -> None:
    buyer = {"收货人姓名": "冯六", "收货地址": "广东省 深圳市 科技路6号", "联系电话": "0755-26000006", "联系手机": "13900000006"}
    content = _gbk([*(taobao_order(number) for number in range(1, sound + 1)), taobao_order(9, **buyer, 买家留言="快、快")])
    path = _written(tmp_path / "a.csv", content.replace("快、快".encode("gbk"), "快,快".encode("gbk")))

    report = _take(engine, path, home=tmp_path)

    found = [(finding.row, finding.code) for finding in report.refused]
    assert found == [(sound + 2, "too_many_cells")] if sound else (2, "not_a_time") in found
    assert len(_orders(engine)) == sound
    assert {finding.value for finding in report.refused} == {None}
    said = json.dumps(report.as_json(language="zh"), ensure_ascii=False)
    stored = f"{said} {_all(engine, 'SELECT * FROM rejected_rows')} {_all(engine, 'SELECT * FROM file_runs')}"
    assert not any(secret in stored for secret in ("冯六", "科技路", "26000006", "13900000006"))


def test_personal_data_lies_in_no_table_but_the_contacts(engine: Engine, tmp_path: Path) -> None:
    """The masked cells, the titles and the notes: nothing of a buyer is in orders, claims, lines or events."""
    _take(engine, _written(tmp_path / "o.csv", _gbk([taobao_order(1, **SECRETS)])), home=tmp_path, shop="shop")
    _take(engine, write_lines(tmp_path / "l.csv", [taobao_line(1)]), home=tmp_path, shop="shop")

    tables = [name for (name,) in _all(engine, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    holding = {name for name in tables if "SECRET" in str(_all(engine, f"SELECT * FROM {name}"))}
    assert holding == {"order_contacts"}


# ---------------------------------------------------------------- several entries


def test_each_entry_of_a_zip_is_a_file_of_its_own_and_a_bad_one_stops_no_other(engine: Engine, tmp_path: Path) -> None:
    lines = text_of([TAOBAO_LINES, *([taobao_line(1).get(name.strip(), "") for name in TAOBAO_LINES] for _ in range(2))]).encode("gbk")
    members = {
        "订单.csv": _gbk([taobao_order(1, status=TO_SHIP)]),
        "空.csv": b"",
        "明细.csv": lines,
        "别的.csv": b"a,b\n1,2\n",
        "图.png": b"\x89PNG\r\n",
    }

    reports = ingest_path(engine, _written(tmp_path / "a.zip", zip_of(members)), settings=Settings(home=tmp_path), as_of=NOW, shop="shop")

    assert [(report.file, report.status) for report in reports] == [
        ("a.zip!订单.csv", "ingested"),
        ("a.zip!空.csv", "refused"),
        ("a.zip!明细.csv", "ingested"),
        ("a.zip!别的.csv", "refused"),
        ("a.zip!图.png", "refused"),
    ]
    assert _all(engine, "SELECT count(*) FROM order_lines") == [(2,)]
