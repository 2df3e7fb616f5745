"""What holds for every manifest there is?"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data.connectors.batch import Batch
from data.connectors.choose import Choice, NoChoice, ShapeProblem, choose
from data.connectors.manifest import REFERENCE_COLUMNS, REFERENCE_KEYS, WAREHOUSE_OWNED, Manifest, Table
from data.connectors.readers import clean_names, open_entries, preview
from data.connectors.registry import SHIPPED, ManifestProblem, load_manifest, manifests
from data.connectors.stock_rows import COLUMNS as STOCK_COLUMNS
from data.tables import metadata
from models.events import EVENT_TYPES, HUB_STATUSES, OPEN_STATUSES, WAREHOUSE_OWNS
from models.orders import CONTACT_FIELDS, LINE_FIELDS, ORDER_FIELDS
from models.reconciliation.types import TYPES_BY_KEY
from models.stock.kinds import MOVE_WAYS, QUANTITY_KINDS, SOURCE_MOVES
from tests.platform_examples import EXAMPLES, Example, chosen, mapped

TABLES = [(manifest, table) for manifest in manifests() for table in manifest.tables]
FRAMES = ("orders", "lines", "events", "sightings", "contacts")
KEYS = ["row_number", "shop_id", "order_no"]


def _table(name: str) -> Table:
    return next(table for manifest, table in TABLES if manifest.source(table) == name.split(" ")[0])


# A table of two or three columns is known by all of them or not at all.
RECOGNISABLE = {name: example for name, example in EXAMPLES.items() if _table(name).format == "rows" and len(_table(name).required) >= 4}


def _frames(batches: list[Batch], name: str) -> Iterator[pd.DataFrame]:
    return (frame for batch in batches if (frame := getattr(batch, name)) is not None)


def _together(batches: list[Batch], name: str) -> pd.DataFrame:
    frames = list(_frames(batches, name))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=KEYS)


def test_every_table_of_every_manifest_has_an_example_file() -> None:
    assert {name.split(" ")[0] for name in EXAMPLES} == {manifest.source(table) for manifest, table in TABLES}


@pytest.mark.parametrize(("name", "example"), EXAMPLES.items(), ids=EXAMPLES)
class TestEveryExample:
    def test_is_recognised_by_its_header_alone(self, tmp_path: Path, name: str, example: Example) -> None:
        choice = chosen(example.write(tmp_path, name="a file of any name"))

        assert choice.source == name.split(" ")[0]

    def test_comes_out_as_counted_by_hand(self, tmp_path: Path, name: str, example: Example) -> None:
        _, batches = mapped(example.write(tmp_path, name=name))

        orders, lines, events = (_together(batches, frame) for frame in ("orders", "lines", "events"))
        assert sum(batch.rows for batch in batches) == example.rows
        assert [(f.row, f.field, f.code) for batch in batches for f in batch.findings] == sorted(example.refused)
        assert len(orders[["shop_id", "order_no"]].drop_duplicates()) == example.orders
        assert len(lines) == example.lines
        assert Counter(events.get("type", ())) == example.events
        assert sum(map(len, _frames(batches, "reference"))) == example.reference
        if example.entries:
            assert _together(batches, "entries").groupby("type")["amount_minor"].sum().to_dict() == example.entries
        stock = _together(batches, "stock")
        assert (stock.groupby("kind")["quantity"].sum().to_dict() if len(stock) else {}) == example.stock

    def test_loses_and_doubles_no_row(self, tmp_path: Path, name: str, example: Example) -> None:
        _, batches = mapped(example.write(tmp_path, name=name))

        refused = {finding.row for batch in batches for finding in batch.findings}
        for frame in (*FRAMES, "reference", "entries", "stock"):
            assert not refused & set(_together(batches, frame)["row_number"])

    def test_gives_frames_of_the_promised_types(self, tmp_path: Path, name: str, example: Example) -> None:
        _, batches = mapped(example.write(tmp_path, name=name))

        for frame_name in FRAMES:
            for frame in _frames(batches, frame_name):
                assert list(frame.columns[:3]) == KEYS
                assert not frame[KEYS].isna().any(axis=None)
                for column, dtype in frame.dtypes.items():
                    assert str(dtype) == _promised_type(str(column)), (frame_name, column)
        assert set(_together(batches, "orders").columns) <= {*KEYS, *ORDER_FIELDS}
        assert set(_together(batches, "lines").columns) <= {*KEYS, "line_key", *LINE_FIELDS}
        assert set(_together(batches, "contacts").columns) <= {*KEYS, *CONTACT_FIELDS}

    def test_gives_lines_of_the_promised_types(self, tmp_path: Path, name: str, example: Example) -> None:
        _, batches = mapped(example.write(tmp_path, name=name))

        for frame in _frames(batches, "entries"):
            assert list(frame.columns[:4]) == [*KEYS, "line_key"]
            assert not frame[["order_no", "line_key", "account", "type", "currency", "amount_minor"]].isna().any(axis=None)
            for column in set(frame.columns) - {"section", "pending", "row_number"}:
                dtype = "datetime64[us, UTC]" if str(column).endswith("_at") else "Int64" if str(column).endswith("_minor") else "str"
                assert str(frame[column].dtype) == dtype, column
        if (whole := _together(batches, "entries")).shape[0]:
            assert not whole.duplicated(["shop_id", "order_no", "line_key"]).any()
            assert set(whole["type"]) <= set(TYPES_BY_KEY)

    def test_gives_stock_of_the_promised_types(self, tmp_path: Path, name: str, example: Example) -> None:
        _, batches = mapped(example.write(tmp_path, name=name))

        for frame in _frames(batches, "stock"):
            assert tuple(frame.columns) == STOCK_COLUMNS
            assert not frame[["says", "sku_label", "warehouse_label", "kind", "quantity"]].isna().any(axis=None)
            assert set(frame["kind"]) <= {*QUANTITY_KINDS, *SOURCE_MOVES}
            assert {str(frame[column].dtype) for column in STOCK_COLUMNS} <= {"int64", "Int64", "str", "datetime64[us, UTC]"}
            moved = frame[frame["says"] == "moves"]
            assert not moved[["move_key", "as_of"]].isna().any(axis=None)
            assert all(units * MOVE_WAYS[kind] >= 0 for units, kind in zip(moved["quantity"], moved["kind"], strict=True))
            assert not frame[frame["says"] == "shown"]["shop_id"].isna().any()

    def test_states_events_and_sightings_that_the_merge_knows(self, tmp_path: Path, name: str, example: Example) -> None:
        _, batches = mapped(example.write(tmp_path, name=name))

        events, sightings = _together(batches, "events"), _together(batches, "sightings")
        if len(events):
            assert set(events["type"]) <= set(EVENT_TYPES)
            assert events["part"].notna().all()
            assert (events["occurred_to"].isna() | (events["occurred_from"] <= events["occurred_to"])).all()
            whole = events[events["part"] == ""]
            assert not whole.duplicated(["shop_id", "order_no", "type"]).any()
        if len(sightings):
            assert set(sightings["status"]) <= set(OPEN_STATUSES)

    def test_without_a_data_row_is_an_empty_file_of_the_same_kind(self, tmp_path: Path, name: str, example: Example) -> None:
        path = _emptied(example).write(tmp_path, name=name)

        if example.empty == "[]":  # a bare list of nothing is anybody's
            assert isinstance(choose(preview(open_entries(path)[0]), manifests()), NoChoice)
            return
        choice = chosen(path)
        _, batches = mapped(path)

        assert choice.source == name.split(" ")[0]
        assert sum(batch.rows for batch in batches) == 0
        assert not any(len(_together(batches, frame)) for frame in (*FRAMES, "entries", "stock"))


@pytest.mark.parametrize(("name", "example"), RECOGNISABLE.items(), ids=RECOGNISABLE)
def test_a_file_without_a_required_column_is_refused_by_the_name_of_that_column(tmp_path: Path, name: str, example: Example) -> None:
    for gone in _table(name).required:
        path = _without_column(example, gone).write(tmp_path, name=name)
        problem = choose(preview(open_entries(path)[0]), manifests())

        assert isinstance(problem, ShapeProblem), (gone, problem)
        assert problem.source == name.split(" ")[0]
        assert problem.missing == (gone,)


@pytest.mark.parametrize(("manifest", "table"), TABLES, ids=[manifest.source(table) for manifest, table in TABLES])
class TestEveryTable:
    def test_maps_only_to_fields_that_exist(self, manifest: Manifest, table: Table) -> None:
        assert set(table.order) <= set(ORDER_FIELDS)
        assert set(table.line) <= set(LINE_FIELDS)
        assert set(table.contact) <= set(CONTACT_FIELDS)
        assert set(table.times) <= set(EVENT_TYPES)
        assert set(table.reference) <= set(REFERENCE_COLUMNS.get(table.fills or "", ()))

    def test_speaks_hub_statuses_only(self, manifest: Manifest, table: Table) -> None:
        said = set(table.status.words.values()) | {rule.is_ for rule in table.status.rules} if table.status else set()

        assert said <= set(HUB_STATUSES)

    def test_knows_its_own_required_columns(self, manifest: Manifest, table: Table) -> None:
        assert set(table.required) <= set(table.known_columns)
        assert set(table.mapped_columns) <= set(table.known_columns)

    def test_counts_every_contact_as_personal(self, manifest: Manifest, table: Table) -> None:
        assert {name for spec in table.contact.values() for name in spec.sources} <= set(table.personal_columns)

    def test_owns_only_what_exists_and_what_its_role_may(self, manifest: Manifest, table: Table) -> None:
        assert table.owned <= {*ORDER_FIELDS, *EVENT_TYPES}
        assert bool(table.owned & set(WAREHOUSE_OWNS)) == (table.role == "warehouse")
        assert not table.owned & {"paid", "shipped"} or table.role == "platform"

    def test_counts_every_remark_as_personal(self, manifest: Manifest, table: Table) -> None:
        remarks = {name for name in table.known_columns if re.search(r"备注|留言|(^|_)(note|remark|message)$", name)}

        assert remarks <= set(table.personal_columns)

    def test_has_a_title_in_both_languages(self, manifest: Manifest, table: Table) -> None:
        assert set(table.title) == set(manifest.title) == {"zh", "en"}


def test_an_own_manifest_replaces_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    text = re.sub(r"(?m)^version = \d+", "version = 7", (SHIPPED / "douyin.toml").read_text(encoding="utf-8"))
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")

    found = {manifest.name: manifest.version for manifest in manifests(tmp_path)}

    assert found["douyin"] == 7
    assert found["taobao"] == 1


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"交易成功" = "completed"', '"交易成功" = "done"', "mine.toml: table.0.status"),
        ('total_minor = "总金额"', 'totals_minor = "总金额"', "mine.toml: table.0"),
        ('zone = "Asia/Shanghai"', 'zone = "Beijing"', "mine.toml: zone"),
        ('kind = "orders"', 'kind = "order"', "mine.toml: kind"),
        ("version = 1", "version = 1\nencoding = 3", "mine.toml: encoding"),
        ("version = 1", "version = ", "mine.toml"),
    ],
)
def test_a_wrong_manifest_is_refused_with_file_and_key(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    text = (SHIPPED / "taobao.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(ManifestProblem, match=complaint):
        load_manifest(path)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"carrier_code", "waybill_no"', '"carrier", "waybill_no"', "owns: 'carrier' is not one of"),
        ('"reviewed", "allocated"', '"shipped", "allocated"', "owns: a warehouse is no authority for shipped"),
        ('role = "warehouse"', 'role = "platform"', "owns: a platform is no authority for allocated, reviewed, waybilled"),
    ],
)
def test_a_manifest_that_owns_what_it_cannot_is_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    text = (SHIPPED / "jushuitan.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(ManifestProblem, match=complaint):
        load_manifest(path)


def test_what_a_table_owns_is_told_by_its_role_where_it_says_nothing() -> None:
    taobao, wangdian = (next(m for m in manifests() if m.name == name) for name in ("taobao", "wangdian"))
    silent = wangdian.table("stockouts").model_copy(update={"owns": None})

    assert silent.owned == wangdian.table("stockouts").owned == set(WAREHOUSE_OWNED)
    assert taobao.table("orders").owned == {*ORDER_FIELDS, *EVENT_TYPES} - set(WAREHOUSE_OWNED)
    assert next(m for m in manifests() if m.name == "masters").table("skus").owned == set()


def test_the_keys_of_every_master_are_those_of_the_table_it_fills() -> None:
    assert {name: {column.name for column in metadata.tables[name].primary_key} for name in REFERENCE_COLUMNS} == {
        name: set(keys) for name, keys in REFERENCE_KEYS.items()
    }


def _promised_type(column: str) -> str:
    if column == "row_number":
        return "int64"
    if column.endswith("_minor") or column in ("quantity", "shipped_quantity"):
        return "Int64"
    return "datetime64[us, UTC]" if column.endswith(("_at", "_from", "_to")) else "str"


def _emptied(example: Example) -> Example:
    if example.empty:
        return Example(example.empty, example.encoding, 0)
    if not example.text.startswith("{"):
        return Example("\n".join(example.text.split("\n")[: example.header]) + "\n", example.encoding, 0)
    whole = json.loads(example.text)
    if "order" in whole:
        return Example(json.dumps({"orders": []}), example.encoding, 0)
    return Example(json.dumps(_without_records(whole)), example.encoding, 0)


def _without_records(said: dict[str, Any]) -> dict[str, Any]:
    """Empty the outermost lists of a reply."""
    return {
        name: [] if isinstance(value, list) else _without_records(value) if isinstance(value, dict) else value
        for name, value in said.items()
    }


def _without_column(example: Example, gone: str) -> Example:
    rows = list(csv.reader(io.StringIO(example.text.replace('="', '"'))))
    above, rows = rows[: example.header - 1], rows[example.header - 1 :]
    place = clean_names(rows[0]).index(gone)
    out = io.StringIO()
    csv.writer(out).writerows([*above, *(cells[:place] + cells[place + 1 :] for cells in rows)])
    return Example(out.getvalue(), example.encoding, example.rows)


def test_a_choice_names_the_mapped_columns_that_the_file_lacks(tmp_path: Path) -> None:
    choice = chosen(EXAMPLES["douyin.orders reduced"].write(tmp_path, name="douyin"))

    assert isinstance(choice, Choice)
    assert "运费" in choice.missing
    assert "省" not in choice.missing


ORDERED = {channel for each in manifests() if each.kind == "orders" for channel in (each.channel, *each.also_channels)}


@pytest.mark.parametrize("file", ["fee_rules", "settlement_rules", "promise_rules"])
def test_the_rules_that_are_shipped_are_of_channels_whose_orders_come(file: str) -> None:
    with (SHIPPED.parents[1] / "reference" / f"{file}.csv").open(encoding="utf-8", newline="") as rows:
        ruled = {row["channel"] for row in csv.DictReader(rows)} - {"*"}

    # orders of Kuaishou come through whichever system a merchant keeps them in
    assert ruled - ORDERED <= {"kuaishou"}


def test_a_bill_is_of_a_channel_whose_orders_come() -> None:
    bills = {each.name: {each.channel, *each.also_channels} for each in manifests() if each.kind == "settlement"}

    assert {name for name, channels in bills.items() if not channels & ORDERED} == set()
