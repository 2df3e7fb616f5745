"""What may a manifest not say, and what does it mean where it says nothing?"""

from typing import Any

import pytest
from pydantic import ValidationError

from data.connectors.choose import Choice, ShapeProblem, choose
from data.connectors.manifest import Manifest, Table
from data.connectors.readers import Preview
from data.connectors.registry import manifests

PLAIN = {
    "name": "orders",
    "title": {"zh": "订单", "en": "orders"},
    "parent": True,
    "required": ["No", "Status", "Total"],
    "order_no": "No",
    "times": {"created": "Created"},
}


def _table(**more: Any) -> Table:
    return Table.model_validate(PLAIN | more)


def _known(table: Table) -> tuple[Manifest, ...]:
    plain = {"name": "own", "version": 1, "title": table.title, "channel": "own", "kind": "orders", "zone": "UTC", "currency": "CNY"}
    return (Manifest.model_validate(plain | {"table": [table.model_dump(by_alias=True)]}),)


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"order": {"city": {"from": "City", "day": "No"}}}, "order.city: only what stands in `times` has a `day`"),
        ({"continued_by": "Name"}, "continued_by: only a table of rows with the grain `line`"),
        ({"continued_by": "Name", "grain": "line", "format": "json"}, "continued_by: only a table of rows with the grain `line`"),
        ({"times": {"created": {"from": "Created", "day": {"from": "No", "pattern": "x"}}}}, "needs a group"),
    ],
)
def test_a_key_where_it_means_nothing_is_refused(more: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        _table(**more)


def test_the_columns_of_a_day_and_of_the_name_that_goes_on_are_read_like_any_other() -> None:
    table = _table(grain="line", continued_by="Name", times={"created": {"from": "Created", "day": {"from": "Number", "pattern": "(.*)"}}})

    assert {"Name", "Number"} <= set(table.mapped_columns)


def test_the_columns_of_a_line_are_those_that_speak_of_it_alone() -> None:
    table = _table(grain="line", lines="each", line_key="Sub", part="Box", line={"title": ["Item", "Name"], "quantity": "Count"})

    assert table.line_columns == {"Sub", "Box", "Item", "Name", "Count"}


def test_a_table_is_no_authority_for_a_kind_that_it_cannot_tell() -> None:
    assert "kind" not in _table().owned
    assert "kind" in _table(kinds=[{"when": {"Presale": "*"}, "is": "presale"}]).owned
    assert _table(owns=["kind"]).owned == {"kind"}


@pytest.mark.parametrize("there", ["Paid", "Concluded"])
def test_one_of_several_columns_is_enough(there: str) -> None:
    known = _known(_table(one_of=["Concluded", "Paid"]))

    choice = choose(Preview("rows", "text", rows=[["No", "Status", "Total", there]]), known)

    assert isinstance(choice, Choice)


def test_without_any_of_them_a_file_is_refused_by_the_first_ones_name() -> None:
    known = _known(_table(one_of=["Concluded", "Paid"]))

    problem = choose(Preview("rows", "text", rows=[["No", "Status", "Total"]]), known)

    assert isinstance(problem, ShapeProblem)
    assert problem.missing == ("Concluded",)
    assert "Concluded" in problem.message(language="en")


def test_only_a_platform_that_tells_kinds_owns_them() -> None:
    tells = {manifest.source(table): "kind" in table.owned for manifest in manifests() for table in manifest.tables}

    assert tells["taobao.orders"] and tells["jd.orders"]
    assert not tells["taobao.qianniu"] and not tells["taobao.report"]


def test_of_two_tables_of_one_manifest_that_know_as_many_columns_the_first_is_taken() -> None:
    """An export between the classic one of Taobao and today's: both can read it, and the file must not be refused for that."""
    header = ["订单编号", "买家会员名", "总金额", "买家实付金额", "订单状态", "订单创建时间", "订单付款时间"]

    choice = choose(Preview("rows", "text", rows=[header]), manifests())

    assert isinstance(choice, Choice)
    assert choice.source == "taobao.orders"
