"""Which manifest fits a file, and what is said when none does?"""

from pathlib import Path

import pytest

from data.connectors.choose import Choice, NoChoice, ShapeProblem, choose
from data.connectors.manifest import Manifest
from data.connectors.readers import open_entries, preview
from data.connectors.registry import manifests
from tests.platform_examples import EXAMPLES, TAOBAO_ORDERS, TAOBAO_REPORT


def _choose(
    folder: Path, text: str, *, named: str | None = None, of: tuple[Manifest, ...] | None = None
) -> Choice | NoChoice | ShapeProblem:
    path = folder / "file.csv"
    path.write_text(text, encoding="utf-8")
    return choose(preview(open_entries(path)[0]), of or manifests(), named=named)


def test_the_header_is_found_below_a_preamble(tmp_path: Path) -> None:
    choice = _choose(tmp_path, "店铺订单,,\n导出时间：2026-11-22 08:00:00,,\n,,\n" + TAOBAO_REPORT)

    assert isinstance(choice, Choice)
    assert (choice.source, choice.header_row) == ("taobao.report", 4)


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    choice = _choose(tmp_path, "退款金额,订单付款时间 ,订单创建时间,收货地址 ,买家实际支付金额,总金额,订单编号\n")

    assert isinstance(choice, Choice)
    assert choice.source == "taobao.report"


def test_a_list_that_lost_a_column_is_not_taken_for_a_shorter_report(tmp_path: Path) -> None:
    problem = _choose(tmp_path, TAOBAO_ORDERS.replace("订单状态,", "", 1))

    assert isinstance(problem, ShapeProblem)
    assert (problem.source, problem.missing) == ("taobao.orders", ("订单状态",))


@pytest.mark.parametrize(("old", "new"), [("订单状态", "订单状况"), ("订单付款时间 ", "订单付款日期")])
def test_a_gone_column_is_named_with_the_one_that_took_its_place(tmp_path: Path, old: str, new: str) -> None:
    problem = _choose(tmp_path, TAOBAO_ORDERS.replace(old, new, 1))

    assert isinstance(problem, ShapeProblem)
    assert dict(problem.fits) == {old.strip(): new}
    assert new in problem.message(language="zh")
    assert new in problem.message(language="en")


def test_a_known_rename_is_offered_before_a_near_name(tmp_path: Path) -> None:
    text = EXAMPLES["wangdian.stockouts"].text.replace("店铺名称", "店铺", 1)

    problem = _choose(tmp_path, text)

    assert isinstance(problem, ShapeProblem)
    assert dict(problem.fits) == {"店铺名称": "店铺"}


def test_an_unknown_file_is_told_the_nearest_tables_and_what_they_miss(tmp_path: Path) -> None:
    answer = _choose(tmp_path, "订单编号,金额,买家\n1,2,3\n")

    assert isinstance(answer, NoChoice)
    assert answer.nearest
    assert all(near.missing and near.matched for near in answer.nearest)
    assert answer.nearest[0].source in answer.message()


def test_records_at_a_path_that_nobody_expects_are_told_what_they_are_like(tmp_path: Path) -> None:
    path = tmp_path / "fulfillment.json"
    path.write_text('{"fulfillment": {"id": 1, "created_at": "2026-11-01T10:00:00Z", "line_items": []}, "refunds": []}')

    answer = choose(preview(open_entries(path)[0]), manifests())

    assert isinstance(answer, NoChoice)
    assert answer.nearest[0].source == "shopify.orders"
    assert answer.nearest[0].missing == ("currency", "total_price", "financial_status")


def test_a_file_of_nothing_known_has_no_neighbours(tmp_path: Path) -> None:
    answer = _choose(tmp_path, "a,b\n1,2\n")

    assert isinstance(answer, NoChoice)
    assert answer.nearest == ()
    assert answer.message(language="en") == "no manifest fits"


def test_two_manifests_that_fit_alike_are_ambiguous_until_one_is_named(tmp_path: Path) -> None:
    shipped = next(manifest for manifest in manifests() if manifest.name == "taobao")
    twin = shipped.model_copy(update={"name": "twin"})

    answer = _choose(tmp_path, TAOBAO_REPORT, of=(shipped, twin))
    named = _choose(tmp_path, TAOBAO_REPORT, of=(shipped, twin), named="twin")

    assert isinstance(answer, NoChoice)
    assert answer.ambiguous == ("taobao.report", "twin.report")
    assert isinstance(named, Choice)
    assert named.source == "twin.report"


def test_a_name_that_does_not_fit_does_not_force_the_file_in(tmp_path: Path) -> None:
    assert not isinstance(_choose(tmp_path, TAOBAO_REPORT, named="douyin"), Choice)


@pytest.mark.parametrize("name", ["order.json", "orders.json"])
def test_the_public_shopify_samples_are_shopify_orders(samples: Path, name: str) -> None:
    choice = choose(preview(open_entries(samples / "samples" / "shopify" / name)[0]), manifests())

    assert isinstance(choice, Choice)
    assert choice.source == "shopify.orders"
