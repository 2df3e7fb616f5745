"""Is personal data known for what it is in any column, and is nothing else taken for it?"""

import time

import pytest

from models.personal import looks_personal


@pytest.mark.parametrize(
    "text",
    [
        "13900000000",
        "电话13900000000,谢谢",
        "+86 139-0000-0000",
        "139 0000 0000",
        "0755-12345678",
        "li.lei@example.com",
        "广东省 深圳市 南山区 科技园路6号(518000)",
        "浙江省杭州市西湖区文三路",
        "文三路 138 号",
        "朝阳区建国路",
    ],
)
def test_a_phone_an_address_or_a_mail_is_personal(text: str) -> None:
    assert looks_personal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "昨天",
        "已被外星人取走",
        "买家已付款，等待卖家发货",
        "2026-11-01 10:00:00",
        "20261101100000",
        "1767225600",
        "3515313147329357900",
        "2.026E+27",
        "139000000001",
        "¥1,000,000,000,000.01",
        "淘宝旗舰店",
        "YT2026110112345",
        "九月三日",
    ],
)
def test_a_time_a_number_or_a_status_is_not(text: str) -> None:
    assert not looks_personal(text)


@pytest.mark.parametrize("piece", ["省", "路1", "1", "a@", "@.", "x", "139 "])
def test_a_megabyte_is_judged_at_once(piece: str) -> None:
    began = time.perf_counter()

    looks_personal(piece * (2**20 // len(piece)))

    assert time.perf_counter() - began < 5
