"""Do the simulated warehouses do what they are asked for, to those orders alone, with the effect that is set?"""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.outbox import COLUMNS
from jobs.simulate import rhythm
from jobs.simulate.dice import HOUR, NEVER
from jobs.simulate.life import pass_warehouses, settle
from jobs.simulate.merchant import play
from jobs.simulate.platforms import WRITERS
from jobs.simulate.state import Memory
from jobs.simulate.wishes import EFFECTS, HELD_S, PACKED_S, granted, helped

WRITER = WRITERS[0]
DAY = rhythm.day_number_at(rhythm.instant_of(1_793_577_600))
AT = rhythm.midnight(DAY) + 15 * HOUR


@pytest.fixture(scope="module")
def waiting() -> Memory:
    """A day's orders of one shop in the afternoon, many of them waiting in weak warehouses."""
    played = play(WRITER.shop, [DAY], seed=3, orders_a_day=120)
    pass_warehouses(played, until=rhythm.midnight(DAY + 1), capacity=[8.0] * 5, free_from=[0.0] * 5)
    return Memory(3, AT, DAY + 1, {WRITER.shop.shop_id: 120.0}, [8.0] * 5, [0.0] * 5, played)


def alone(memory: Memory) -> int:
    """Return the key of an order that waits, in a parcel of its own."""
    parcels = memory.open.parcels
    lone = parcels[~parcels["stockout"].duplicated(keep=False) & ~parcels["key"].duplicated(keep=False)]
    waits = lone[(lone["left"] > AT + 12 * HOUR) & (lone["left"] < NEVER) & (lone["entered"] < AT)]
    return int(waits["key"].iloc[0])


def asked(outbox: Path, number: int, kind: str, key: int, **target: str) -> None:
    folder = outbox / "warehouses" / "w"
    folder.mkdir(parents=True, exist_ok=True)
    row = {"指令编号": number, "订单号": WRITER.order_numbers(np.array([key]))[0], "店铺": WRITER.shop.shop_id, "指令": kind, **target}
    with (folder / f"intents_{number:010d}.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerow(row)


def left(memory: Memory) -> pd.Series:
    return memory.open.parcels.set_index(["key", "part"])["left"]


@pytest.mark.parametrize("kind", EFFECTS)
def test_an_order_acted_on_leaves_sooner_by_the_effect_that_is_set_and_no_other_does(kind: str, waiting: Memory, tmp_path: Path) -> None:
    key = alone(waiting)
    asked(tmp_path, 1, kind, key, 目标仓库="WH-BJ", 目标承运商="顺丰速运")

    after = granted(waiting, WRITERS, outbox=tmp_path, at=AT)

    was, now = left(waiting), left(after)
    assert now[key].tolist() == helped(was[key].to_numpy(), at=AT, kind=kind).tolist() and (now[key] < was[key]).all()
    others = now.index.get_level_values("key") != key
    pd.testing.assert_series_equal(now[others], was[others])
    pd.testing.assert_frame_equal(granted(after, WRITERS, outbox=tmp_path, at=AT + HOUR).open.parcels, after.open.parcels)


def test_what_the_warehouse_had_done_by_then_stays_done(waiting: Memory, tmp_path: Path) -> None:
    keys = waiting.open.parcels["key"].unique().tolist()
    for number, key in enumerate(keys, start=1):
        asked(tmp_path, number, "加急", key)

    after = granted(waiting, WRITERS, outbox=tmp_path, at=AT)

    before, now = (settle(memory.open).parcels.set_index(["key", "part"]) for memory in (waiting, after))
    for name in ("waybilled", "left"):
        done = before[name] <= AT
        # a printed label is an instant of whole seconds
        assert (now.loc[done, name] - before.loc[done, name]).abs().max() <= 1
        assert (now.loc[~done, name] > AT - 1).all() and (now[name] <= before[name] + 1).all()


def test_a_held_order_waits_until_it_is_released_and_a_cancelled_one_never_leaves(waiting: Memory, tmp_path: Path) -> None:
    key = alone(waiting)
    asked(tmp_path, 1, "暂停发货", key)
    held = granted(waiting, WRITERS, outbox=tmp_path, at=AT)
    asked(tmp_path, 2, "放行", key)
    released = granted(held, WRITERS, outbox=tmp_path, at=AT + 30 * HOUR)
    asked(tmp_path, 3, "取消", key)
    cancelled = granted(replace(held, wishes_until=2), WRITERS, outbox=tmp_path, at=AT + HOUR)

    was = left(waiting)[key]
    assert (left(held)[key] == was + HELD_S).all()
    assert (left(released)[key] == np.maximum(was, AT + 30 * HOUR + PACKED_S)).all()
    ended = settle(cancelled.open)
    assert (ended.orders.set_index("key").loc[[key], "shipped"] == NEVER).all()
    assert (ended.orders.set_index("key").loc[[key], "refunded"] == AT + HOUR).all()
