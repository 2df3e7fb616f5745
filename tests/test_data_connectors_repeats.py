"""Two rows of one key that differ contradict each other: the first stands, the others are refused by name."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.connectors.batch import Batch
from tests.laws import tries
from tests.platform_examples import from_text, mapped


def _found(batch: Batch) -> list[tuple[int, str, str, str | None]]:
    return [(found.row, found.field, found.code, found.value) for found in batch.findings]


def test_a_second_name_for_one_warehouse_is_refused_and_the_same_row_again_is_not(tmp_path: Path) -> None:
    text = "仓库编号,仓库名称,省份,别名\nW1,一号仓,浙江,甲;乙\nW2,二号仓,,\nW1,一号仓,浙江,甲;乙\nW1,壹号仓,浙江,甲;乙\nW2,二号仓,,丙\n"

    batch = from_text(tmp_path, text)

    assert _found(batch) == [(5, "仓库编号", "duplicate_row", "W1"), (6, "仓库编号", "duplicate_row", "W2")]
    assert batch.reference is not None
    assert (batch.rows, batch.reference["row_number"].tolist()) == (5, [2, 3, 4])


def test_a_sku_may_change_its_category_at_another_time_but_not_at_the_same(tmp_path: Path) -> None:
    rows = ["A,杯,餐具,", "A,杯,家居,2026-05-01 00:00:00", "A,杯,厨具,", "A,杯,厨具,2026-05-01 00:00:00"]

    batch = from_text(tmp_path, "\n".join(["商家编码,商品名称,类目,生效时间", *rows, ""]))

    assert [(found.row, found.code) for found in batch.findings] == [(4, "duplicate_row"), (5, "duplicate_row")]


def test_a_row_that_does_not_hold_speaks_for_no_key(tmp_path: Path) -> None:
    batch = from_text(tmp_path, "日期,币种,本位币,汇率\n2026-11-01,USD,CNY,七\n2026-11-01,USD,CNY,7.1\n2026-11-02,USD,CNY,7.2\n")

    assert [(found.row, found.code) for found in batch.findings] == [(2, "not_an_amount")]


def test_many_points_of_one_zip_code_are_no_contradiction(tmp_path: Path) -> None:
    header = "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state"

    batch = from_text(tmp_path, f"{header}\n01037,-23.54,-46.63,sao paulo,SP\n01037,-23.55,-46.64,são paulo,SP\n")

    assert batch.findings == ()


@pytest.mark.parametrize("chunk_rows", [1, 2, None])
@settings(max_examples=tries(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["甲", "乙", ""])), min_size=1, max_size=8))
def test_in_whatever_chunks_a_key_keeps_what_its_first_row_says(
    tmp_path: Path, rows: list[tuple[str, str]], chunk_rows: int | None
) -> None:
    path = tmp_path / "skus.csv"
    path.write_text("\n".join(["商家编码,商品名称,类目", *(f"{code},名,{category}" for code, category in rows), ""]), encoding="utf-8")
    first = dict(reversed(rows))

    _, batches = mapped(path, chunk_rows=chunk_rows)

    refused = [found.row for batch in batches for found in batch.findings if found.code == "duplicate_row"]
    assert sorted(refused) == [place for place, (code, category) in enumerate(rows, start=2) if first[code] != category]
