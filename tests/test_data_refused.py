"""Is the raw text of a refused row shown with every personal cell masked, unless it is revealed?"""

import hashlib
from pathlib import Path

import pytest

from data import refused
from data.connectors.registry import manifests
from data.refused import MASK, RetentionOver, personal_columns, raw_cells
from data.settings import Settings
from tests.platform_examples import TAOBAO_ORDERS

SOURCE = "taobao.orders"
SECRETS = ("冯六", "13900000006", "科技路6号", "买家六")


def kept(home: Path, content: str) -> str:
    """Keep a file as ingest does; return its sha256."""
    data = content.encode("gb18030")
    sha256 = hashlib.sha256(data).hexdigest()
    (home / "files").mkdir(parents=True, exist_ok=True)
    (home / "files" / sha256).write_bytes(data)
    return sha256


def test_a_refused_row_shows_what_stood_there_and_hides_whom_it_is_about(tmp_path: Path) -> None:
    sha256 = kept(tmp_path, TAOBAO_ORDERS)

    row = raw_cells(Settings(home=tmp_path), sha256=sha256, name="a.csv", source=SOURCE, numbers=[7])[7]

    shown = dict(zip(row.names, row.cells, strict=False))
    assert shown["订单编号"] == "3.5153131473293E+16"
    assert shown["收货人姓名"] == MASK
    assert not any(secret in cell for secret in SECRETS for cell in row.cells)


def test_a_row_is_revealed_whole_when_asked(tmp_path: Path) -> None:
    sha256 = kept(tmp_path, TAOBAO_ORDERS)

    row = raw_cells(Settings(home=tmp_path), sha256=sha256, name="a.csv", source=SOURCE, numbers=[7], reveal=True)[7]

    assert all(any(secret in cell for cell in row.cells) for secret in SECRETS)
    assert any(row.personal)


def test_where_cells_are_out_of_line_with_their_names_all_are_masked(tmp_path: Path) -> None:
    lines = TAOBAO_ORDERS.splitlines()
    sha256 = kept(tmp_path, "\n".join([*lines[:6], lines[6].replace("买家六", "多,出,几,格,买家六") + "x"]))

    row = raw_cells(Settings(home=tmp_path), sha256=sha256, name="a.csv", source=SOURCE, numbers=[7])[7]

    assert set(row.cells) <= {MASK, ""}
    assert all(row.personal)


def test_a_source_that_no_manifest_knows_any_more_is_masked_whole(tmp_path: Path) -> None:
    sha256 = kept(tmp_path, "姓名,电话\n王小明,13812345678\n")

    row = raw_cells(Settings(home=tmp_path), sha256=sha256, name="a.csv", source="gone.orders", numbers=[2])[2]

    assert set(row.cells) == {MASK}


def test_a_file_that_retention_removed_cannot_be_shown(tmp_path: Path) -> None:
    with pytest.raises(RetentionOver):
        raw_cells(Settings(home=tmp_path), sha256="0" * 64, name="a.csv", source=SOURCE, numbers=[7])


def test_every_source_that_knows_contacts_says_which_columns_they_are() -> None:
    known = manifests()

    for manifest in known:
        for table in manifest.tables:
            columns = personal_columns(known, source=manifest.source(table))
            assert columns is not None
            assert {name for spec in table.contact.values() for name in spec.sources} <= columns


def test_what_a_merchant_wrote_into_a_remark_is_masked(tmp_path: Path) -> None:
    sha256 = kept(tmp_path, TAOBAO_ORDERS.replace("盘,1,,,,1,0,青禾旗舰店,订单未关闭", "盘,1,,,替冯六改地址,1,0,青禾旗舰店,订单未关闭"))

    row = raw_cells(Settings(home=tmp_path), sha256=sha256, name="a.csv", source=SOURCE, numbers=[7])[7]

    assert dict(zip(row.names, row.cells, strict=True))["订单备注"] == MASK
    assert not any("冯六" in cell for cell in row.cells)


@pytest.mark.parametrize(
    "name", ["备注", "卖家备注", "商家备注", "订单备注", "买家留言", "seller_memo", "buyerRemark", "note", "message_to_seller"]
)
def test_a_column_of_remarks_is_personal_by_its_name_and_an_amount_is_not(name: str) -> None:
    assert refused._is_personal(name, frozenset())
    assert not any(refused._is_personal(plain, frozenset()) for plain in ("订单编号", "总金额", "total_price", "订单状态"))


def test_a_phone_number_is_masked_wherever_it_stands(tmp_path: Path) -> None:
    sha256 = kept(tmp_path, TAOBAO_ORDERS.replace("盘,1", "盘 电话13900000006,1"))

    row = raw_cells(Settings(home=tmp_path), sha256=sha256, name="a.csv", source=SOURCE, numbers=[7])[7]

    assert not any("13900000006" in cell for cell in row.cells)
    assert "35153131473293582" in str(raw_cells(Settings(home=tmp_path), sha256=sha256, name="a.csv", source=SOURCE, numbers=[5])[5].cells)
