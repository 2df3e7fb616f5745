"""Does the index count settlement entries by product 3.2: in the day T+N fell due, good where they agree or were put right in time?"""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, text

from data.measures import CUBES, ENTRY_IMAGE
from data.queries.entries_behind import EntryBehind, entries_behind
from data.queries.health import WHOLE, Part
from data.roll_up import roll_up_changes
from models.scope import EVERYTHING, Scope
from tests.given_money import AS_OF, PAID, SETTINGS, line, matched, rows, sold, store


def rolled(engine: Engine, *, days: int = 0, anew: bool = False) -> None:
    roll_up_changes(engine, settings=SETTINGS, as_of=AS_OF + timedelta(days=days), anew=anew)


def cells(engine: Engine, cube: str = "channel_day") -> dict[tuple[object, ...], tuple[int, int]]:
    time = "hour" if cube == "channel_hour" else "day"
    found = rows(engine, f"SELECT {time}, channel, sum(entries_due), sum(entries_matched) FROM {cube} WHERE entries_due <> 0 GROUP BY 1, 2")
    return {(row[0], row[1]): (row[2], row[3]) for row in found}


def test_a_match_is_a_unit_in_the_day_it_fell_due_and_good_where_it_agrees(engine: Engine) -> None:
    # completed on 11-06 in Shanghai: Tmall T+1, Douyin T+4; the third is not due yet, a line nobody expects fell due when it settled
    store(
        engine,
        orders=[sold("tm", "1", 10_000), sold("dy", "2", 5_000, freight_minor=5_000), sold("dy", "3", 5_000, completed=None)],
        lines=[
            line("tm", "1", "receipt", 10000),
            line("tm", "1", "commission", -800),
            line("tm", "9", "receipt", 70, days=9),
            line("dy", "8", "receipt", 60, days=9),
        ],
    )

    matched(engine)
    rolled(engine)

    assert cells(engine) == {
        (date(2026, 11, 7), "tmall"): (2, 1),
        (date(2026, 11, 10), "tmall"): (1, 0),
        (date(2026, 11, 10), "douyin"): (2, 0),
    }
    [score] = rows(engine, "SELECT score FROM index_scores WHERE span = 'day' AND last_day = '2026-11-07'")
    part = next(part for part in score.score["parts"] if part["code"] == "C3")
    assert (part["good"], part["units"], part["score"]) == (1, 2, 0)


def test_cells_added_run_by_run_equal_cells_computed_anew_in_every_cube(engine: Engine) -> None:
    rolled(engine)
    for day in range(4):
        orders = [sold("tm", f"{day}-{n}", 1_000 + n, changed_at=AS_OF + timedelta(days=day)) for n in range(4)]
        store(engine, orders=orders, lines=[line("tm", f"{day}-{n}", "receipt", 1_000, key="x") for n in range(3)])
        if day:
            store(engine, lines=[line("tm", f"{day - 1}-3", "receipt", 1_003), line("tm", f"{day - 1}-1", "receipt", 1, key="y")])
        with engine.begin() as connection:
            moved = "UPDATE orders SET region_code = 'CN-33', changed_at = :at WHERE order_no = :no"
            connection.execute(text(moved), {"at": AS_OF + timedelta(days=day), "no": f"{day}-0"})
        matched(engine, as_of=AS_OF + timedelta(days=day))
        rolled(engine, days=day)
    added = {cube.name: cells(engine, cube.name) for cube in CUBES}

    rolled(engine, days=4, anew=True)

    assert {cube.name: cells(engine, cube.name) for cube in CUBES} == added
    [due] = rows(engine, f"SELECT sum(entries_due) AS due, sum(entries_matched) AS good FROM (SELECT {ENTRY_IMAGE} FROM entry_dues) AS e")
    assert (due.due, due.good) == tuple(map(sum, zip(*added["cell_day"].values(), strict=True)))


def test_a_label_alone_is_not_good_and_an_entry_approved_by_a_second_person_in_time_is(engine: Engine) -> None:
    store(engine, orders=[sold("tm", "1", 10_000)], lines=[line("tm", "1", "receipt", 10_000), line("tm", "1", "commission", -800)])
    matched(engine)
    rolled(engine)
    labelled = cells(engine)

    # the approval itself comes with a later issue: this is what it will write
    with engine.begin() as connection:
        approved = (
            "UPDATE journal_suggestions SET status = 'approved', posted_by = 'a', posted_at = :at, approved_by = 'b', approved_at = :at"
        )
        connection.execute(text(approved), {"at": AS_OF + timedelta(days=1)})
        connection.execute(text("INSERT INTO recon_touched (shop_id, order_no) VALUES ('tm', '1')"))
    matched(engine, as_of=AS_OF + timedelta(days=1), anew=True)
    rolled(engine, days=1)

    assert (labelled, cells(engine)) == ({(date(2026, 11, 7), "tmall"): (2, 1)}, {(date(2026, 11, 7), "tmall"): (2, 2)})


def test_behind_a_cell_stand_exactly_its_units_that_are_not_good(engine: Engine) -> None:
    orders = [sold("tm", str(n), 1_000, region_code="CN-33" if n % 2 else None) for n in range(6)]
    lines = [line("tm", str(n), "receipt", 1_000 - (n > 2)) for n in range(5)]
    store(engine, orders=orders, lines=[*lines, line("tm", "flow:7", "unclassified", -5, days=9), line("tm", "flow:w", "withdrawal", -9)])
    matched(engine)
    span: dict[str, Any] = {"since": PAID, "until": AS_OF, "zone": "Asia/Shanghai"}

    with engine.connect() as connection:

        def behind(part: Part, scope: Scope = EVERYTHING, **given: Any) -> list[EntryBehind]:
            return entries_behind(connection, scope=scope, part=part, **span, **given)

        whole = behind(WHOLE)
        paged = [behind(WHOLE, limit=2), behind(WHOLE, limit=2, after=whole[1].cursor)]
        here, nowhere = behind(Part(regions=("CN-33",))), behind(WHOLE, Scope(channels=("jd",)))

    [due] = rows(engine, "SELECT sum(entries_due - entries_matched) AS bad FROM entry_dues")
    [part] = rows(engine, "SELECT sum(entries_due - entries_matched) AS bad FROM entry_dues WHERE region_code = 'CN-33'")
    assert (len(whole), len(here), nowhere) == (due.bad, part.bad, [])
    assert [*paged[0], *paged[1]] == whole[:4]
    assert {each.region_code for each in here} == {"CN-33"}
    assert {"flow:7", "3", "4", "5"} <= {each.difference.order_no for each in whole}
