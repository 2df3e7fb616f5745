"""How does a cell become a value, and when is it refused?"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.connectors import amounts, times, transforms
from data.connectors.amounts import decimals_of
from data.connectors.texts import Parsed, as_texts
from models.orders import MAX_MINOR

_HALF_PAST_ONE = datetime.fromisoformat("2026-11-01T01:30:00")
# One instant in every form that is read, clocks that are set, times that are none or too far, and nothing.
MIXED_TIMES: tuple[str | None, ...] = (
    *(_HALF_PAST_ONE.strftime(form) for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", *times.OTHER_TIME_FORMATS)),
    "2026-11-01T01:30:00Z", "2026-11-01 01:30:00+0800", "2026-11-01T01:30:00.25-05:00", "2026-03-08 02:30:00", " 2026-11-01 01:30 ",
    "2026-02-30 08:00:00", "昨天", "2999-01-01 00:00:00", "0001-01-01 00:00:00", "0", None,
)  # fmt: skip


def _faults(parsed: Parsed) -> dict[str, list[int]]:
    return {code: np.flatnonzero(mask).tolist() for code, mask in parsed.faults.items()}


class TestMoney:
    @given(
        st.decimals(min_value=0, max_value=10**11, places=2), st.sampled_from(["", "¥", "￥"]), st.sampled_from(["", "元"]), st.booleans()
    )
    def test_is_exact_to_the_last_fen_however_it_is_dressed(self, amount: Decimal, sign: str, unit: str, grouped: bool) -> None:
        text = f"{sign}{amount:,}{unit}" if grouped else f"{sign}{amount}{unit}"

        parsed = amounts.money(as_texts([text]), decimals=2)

        assert parsed.values.to_pylist() == [int(amount * 100)]
        assert not parsed.faults

    @given(st.lists(st.text(alphabet="0123456789.,-+¥￥元eE x", max_size=12), min_size=1))
    def test_believes_or_refuses_each_cell_but_never_guesses(self, cells: list[str]) -> None:
        parsed = amounts.money(as_texts(cells), decimals=2)

        values = parsed.values.to_pylist()
        refused = np.logical_or.reduce([np.zeros(len(cells), dtype=bool), *parsed.faults.values()])
        for cell, value, bad in zip(cells, values, refused, strict=True):
            assert (value is None) == (bad or not cell)
            if value is not None and cell.strip().replace(".", "", 1).isdigit():
                assert value == int(Decimal(cell.strip()) * 100)

    def test_refuses_what_it_would_have_to_round(self) -> None:
        parsed = amounts.money(as_texts(["1.005", "1.0500", "1.00", "12"]), decimals=2)

        assert parsed.values.to_pylist() == [None, 105, 100, 1200]
        assert _faults(parsed) == {"too_many_decimals": [0]}

    def test_believes_a_billion_yuan_and_refuses_what_no_order_can_cost(self) -> None:
        parsed = amounts.money(as_texts(["1000000000.00", "1000000000000.00", "1000000000000.01", "9" * 40]), decimals=2)

        assert parsed.values.to_pylist() == [10**11, MAX_MINOR, None, None]
        assert _faults(parsed) == {"amount_too_large": [2, 3]}

    def test_counts_in_the_smallest_unit_of_each_rows_currency(self) -> None:
        decimals = np.array([decimals_of(code) for code in ("CNY", "JPY", "KRW", "VND", "KWD")])

        parsed = amounts.money(as_texts(["12.30", "1230", "1230.0", "1.5", "1.234"]), decimals=decimals)

        assert parsed.values.to_pylist() == [1230, 1230, 1230, None, 1234]
        assert _faults(parsed) == {"too_many_decimals": [3]}

    def test_is_negative_only_where_the_field_says_which_way_it_went(self) -> None:
        texts = as_texts(["-35.80", "-0.00"])

        assert amounts.money(texts, decimals=2, unsigned=True).values.to_pylist() == [3580, 0]
        assert _faults(amounts.money(texts, decimals=2)) == {"negative": [0]}

    @pytest.mark.parametrize("cell", ["12,34", "1,23,456", "1.2.3", "12a", "--", "1e3", "131.77(已退款89.84)", "NaN", "∞"])
    def test_that_is_ambiguous_is_refused(self, cell: str) -> None:
        assert _faults(amounts.money(as_texts([cell]), decimals=2)) == {"not_an_amount": [0]}


class TestIds:
    @given(st.from_regex(r"[1-9]\d{18,27}", fullmatch=True))
    def test_keep_every_digit(self, number: str) -> None:
        assert transforms.identifier(as_texts([number])).values.to_pylist() == [number]

    def test_damaged_by_a_spreadsheet_are_repaired_only_where_nothing_is_lost(self) -> None:
        parsed = transforms.identifier(as_texts(["10160070484512.0", "2.026E+27", "3.5153131473293E16", "12E5", "SF-1 2"]))

        assert parsed.values.to_pylist() == ["10160070484512", None, None, "12E5", "SF-1 2"]
        assert _faults(parsed) == {"damaged_id": [1, 2]}
        assert parsed.notices == {"repaired_id": 1}

    def test_of_no_possible_form_are_refused(self) -> None:
        parsed = transforms.identifier(as_texts(["x" * 64, "x" * 65, "1\t2", "1\x002"]))

        assert _faults(parsed) == {"bad_id": [1, 2, 3]}


class TestCounts:
    def test_are_whole(self) -> None:
        parsed = amounts.count(as_texts(["2", "2.0000", "2.5", "-1", "two", "9999999999"]))

        assert parsed.values.to_pylist() == [2, 2, None, None, None, None]
        assert _faults(parsed) == {"not_a_count": [2, 4, 5], "negative": [3]}


def _instant(parsed: Parsed) -> datetime | None:
    value = parsed.values.cast("int64").to_pylist()[0]
    return None if value is None else datetime.fromtimestamp(0, UTC) + timedelta(microseconds=value)


class TestTimes:
    @given(
        st.datetimes(datetime.fromisoformat("1992-01-01"), datetime.fromisoformat("2098-01-01")).map(lambda at: at.replace(microsecond=0))
    )
    def test_in_beijing_are_eight_hours_ahead_in_any_of_their_forms(self, at: datetime) -> None:
        for form in ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y年%m月%d日 %H:%M:%S"):
            assert _instant(times.time(as_texts([at.strftime(form)]), zone="Asia/Shanghai")) == at.replace(tzinfo=UTC) - timedelta(hours=8)

    @given(
        st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2040-01-01")).map(lambda at: at.replace(microsecond=0)),
        st.sampled_from([-300, 0, 330, 480]),
    )
    def test_with_an_offset_keep_it_whatever_the_zone(self, at: datetime, minutes: int) -> None:
        hours, rest = divmod(abs(minutes), 60)
        offset = f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"
        expected = at.replace(tzinfo=UTC) - timedelta(minutes=minutes)

        for text in (f"{at:%Y-%m-%dT%H:%M:%S}{offset}", f"{at:%Y-%m-%d %H:%M:%S} {offset.replace(':', '')}"):
            assert _instant(times.time(as_texts([text]), zone="Asia/Shanghai")) == expected

    def test_that_happened_twice_are_the_earlier_and_those_that_never_did_move_forward(self) -> None:
        twice = times.time(as_texts(["2026-11-01 01:30:00"]), zone="America/New_York")
        never = times.time(as_texts(["2026-03-08 02:30:00"]), zone="America/New_York")

        assert _instant(twice) == datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
        assert _instant(never) == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)
        assert (twice.notices, never.notices) == ({"ambiguous_time": 1}, {"nonexistent_time": 1})

    @pytest.mark.parametrize("zone", ["America/New_York", "America/Sao_Paulo", "Europe/Dublin", "Australia/Lord_Howe", "Asia/Shanghai"])
    def test_are_read_as_the_earlier_instant_in_every_zone(self, zone: str) -> None:
        start = datetime.fromisoformat("2017-01-01")
        local = [start + timedelta(minutes=30 * n) for n in range(48 * 365)]
        exists = [
            at for at in local if at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == at
        ]

        parsed = times.time(as_texts([f"{at:%Y-%m-%d %H:%M:%S}" for at in exists]), zone=zone)

        expected = [int(at.replace(tzinfo=ZoneInfo(zone), fold=0).timestamp()) * 1_000_000 for at in exists]
        assert parsed.values.cast("int64").to_pylist() == expected

    @pytest.mark.parametrize(
        "cell", ["昨天", "2026-02-30 08:00:00", "2026-13-01 08:00:00", "08:00:00", "2026-01-01 25:00:00", "1 Jan 2026"]
    )
    def test_that_are_none_are_refused(self, cell: str) -> None:
        parsed = times.time(as_texts([cell, "2026-01-01 00:00:00"]), zone="Asia/Shanghai")

        assert _faults(parsed) == {"not_a_time": [0]}
        assert parsed.values.is_valid().to_pylist() == [False, True]

    @pytest.mark.parametrize("cell", ["0001-01-01 00:00:00", "1970-01-01 00:00:00", "0000-00-00 00:00:00", "0"])
    def test_that_mean_nothing_are_missing(self, cell: str) -> None:
        parsed = times.time(as_texts([cell]), zone="Asia/Shanghai")

        assert parsed.values.to_pylist() == [None]
        assert not parsed.faults

    @given(st.lists(st.sampled_from(MIXED_TIMES), max_size=12), st.sampled_from(["Asia/Shanghai", "America/New_York"]))
    def test_in_one_column_are_read_as_each_is_alone(self, cells: list[str | None], zone: str) -> None:
        alone = [times.time(as_texts([cell]), zone=zone) for cell in cells]

        together = times.time(as_texts(cells), zone=zone)

        assert together.values.to_pylist() == [value for each in alone for value in each.values.to_pylist()]
        assert _faults(together) == {
            code: rows
            for code in ("not_a_time", "time_in_future")
            if (rows := [row for row, each in enumerate(alone) if code in each.faults])
        }
        assert together.notices == dict(sum((Counter(each.notices) for each in alone), Counter()))

    def test_in_rows_of_several_zones_are_each_read_in_their_own(self) -> None:
        texts = as_texts(["2026-07-01 08:00:00"] * 2)

        parsed = times.time_by_zone(texts, zones=as_texts(["Asia/Shanghai", "America/New_York"]))

        hours = [instant.hour for instant in parsed.values.to_pylist()]
        assert hours == [0, 12]

    def test_in_unix_seconds_or_milliseconds_are_instants_and_zero_is_none(self) -> None:
        parsed = times.unix_seconds(as_texts(["1762601591", "1762601591000", "0", "17626"]))

        assert parsed.values.cast("int64").to_pylist() == [1762601591 * 10**6, 1762601591 * 10**6, None, None]
        assert _faults(parsed) == {"not_a_time": [3]}


def test_a_nul_character_is_a_fault_for_postgres_cannot_store_it() -> None:
    assert _faults(transforms.text(as_texts(["a\0b", "ab"]))) == {"control_character": [0]}
