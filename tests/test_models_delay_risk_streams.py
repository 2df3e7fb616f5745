"""Do sorted streams tell the same as counting one by one, whichever way they were sorted and numbered?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.delay_risk import streams
from models.delay_risk.clocks import Floats, Ints
from models.delay_risk.streams import Asked, Stream, Timeline, numbered
from tests.laws import tries

# Seconds of a few days, and far apart ones, whose span does not fit beside a key; some never happened.
_SECONDS = st.one_of(st.integers(0, 40), st.integers(0, 1 << 33), st.just(None))
_EVENTS = st.lists(st.tuples(st.integers(-1, 3), _SECONDS, st.integers(-5, 5)), max_size=30)
_QUESTIONS = st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 60)), min_size=1, max_size=10)


@pytest.mark.parametrize("bits", [63, 0])
@settings(max_examples=tries(60), deadline=None)
@given(events=_EVENTS, questions=_QUESTIONS, seconds=st.integers(0, 50), count=st.integers(1, 4))
def test_a_window_holds_what_counting_one_by_one_finds(
    bits: int, events: list[tuple[int, int | None, int]], questions: list[tuple[int, int]], seconds: int, count: int
) -> None:
    keys, instants, values = _columns(events)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(streams, "_BITS", bits)
        asked = Asked(*(np.array(part, dtype=kind) for part, kind in zip(zip(*questions, strict=True), (np.int64, float), strict=True)))
        stream = Stream(Timeline(keys, instants), [values], carries=np.arange(len(events)))
        window = [asked.in_turn(answer) for answer in stream.window(asked, seconds=seconds)]
        last = [asked.in_turn(answer) for answer in stream.last(asked, count=count, seconds=seconds)]
        carried = stream.carried(asked, seconds=seconds)

    for row, (key, now) in enumerate(questions):
        known = [(at, n) for n, (k, at, _) in enumerate(events) if k == key >= 0 and at is not None and now - seconds < at <= now]
        known.sort()
        if key < 0:
            assert np.isnan([window[0][row], window[1][row]]).all() and carried[row] == -1
            continue
        assert (window[0][row], window[1][row]) == (len(known), sum(values[n] for _, n in known))
        assert (last[0][row], last[1][row]) == (len(known[-count:]), sum(values[n] for _, n in known[-count:]))
        # of one second, the one that stands last
        assert carried[row] == (known[-1][1] if known else -1)


@pytest.mark.parametrize("few", [1 << 22, 0])
@settings(max_examples=tries(60), deadline=None)
@given(rows=st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 4), st.integers(0, 2)), max_size=40))
def test_combinations_are_numbered_in_their_order_and_those_that_lack_a_part_are_none(few: int, rows: list[tuple[int, int, int]]) -> None:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(streams, "_FEW_NUMBERS", few)
        found = numbered(*columns)

    assert [number < 0 for number in found] == [min(row) < 0 for row in rows]
    whole = sorted({row for row in rows if min(row) >= 0})
    assert len({int(number) for number in found if number >= 0}) == len(whole)
    by_number = [row for _, row in sorted((int(number), row) for number, row in zip(found, rows, strict=True) if number >= 0)]
    assert by_number == sorted(row for row in rows if min(row) >= 0)


def _columns(events: list[tuple[int, int | None, int]]) -> tuple[Ints, Floats, Floats]:
    keys = np.array([key for key, _, _ in events], dtype=np.int64)
    instants = np.array([np.nan if at is None else float(at) for _, at, _ in events])
    return keys, instants, np.array([float(value) for _, _, value in events])
