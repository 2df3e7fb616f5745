"""Do the sources' questions tell fresh from stale, live from back-fill, and list every refused cell once?"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from data.queries import sources
from data.queries.jobs import jobs
from data.tables import file_runs, job_runs, rejected_rows
from models.scope import EVERYTHING, Scope
from tests import given_orders
from tests.given_orders import insert_rows

AS_OF = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)


def test_back_fill_never_makes_a_source_fresh(connection: Connection) -> None:
    given_orders.merchant(connection, as_of=AS_OF, count=1)
    connection.execute(text("UPDATE source_files SET nature = 'backfill' WHERE shop_id = 'dy-live'"))

    found = {source.shop_id: source for source in sources.sources(connection, scope=EVERYTHING, since=AS_OF - timedelta(days=1))}

    assert found["dy-live"].last_live_at is None
    assert found["dy-live"].last_file_at == AS_OF - timedelta(minutes=8)
    assert found["tb-home"].last_live_at == AS_OF - timedelta(minutes=1)


def test_a_file_refused_whole_brings_nothing_and_makes_no_source_fresh(connection: Connection) -> None:
    given_orders.merchant(connection, as_of=AS_OF, count=1)
    connection.execute(text("UPDATE file_runs SET status = 'refused', rows = 0, accepted = 0, refused = 0 WHERE source = 'shopify.orders'"))

    found = {source.shop_id: source for source in sources.sources(connection, scope=EVERYTHING, since=AS_OF - timedelta(days=9))}

    assert found["sp-us"].last_file_at is None
    assert found["sp-us"].rows == 0


def test_the_sums_speak_of_files_since_an_instant(connection: Connection) -> None:
    given_orders.merchant(connection, as_of=AS_OF, count=1)

    (found,) = [
        source for source in sources.sources(connection, scope=EVERYTHING, since=AS_OF - timedelta(hours=1)) if source.shop_id == "tb-home"
    ]

    assert (found.live_files, found.backfill_files) == (2, 1)
    assert (found.rows, found.accepted, found.refused) == (240, 236, 4)


def test_pages_of_refused_cells_hold_each_once_and_none_twice(connection: Connection) -> None:
    given_orders.merchant(connection, as_of=AS_OF, count=1)
    rows = [{"run_id": 1 + n % 3, "row_number": n, "field": f"f{n % 2}", "code": "missing"} for n in range(100, 123)]
    insert_rows(connection, rejected_rows, rows)
    whole = sources.refused_rows(connection, scope=EVERYTHING, limit=1000)

    seen: list[sources.RefusedCell] = []
    while page := sources.refused_rows(
        connection, scope=EVERYTHING, limit=4, after=(seen[-1].run_id, seen[-1].row_number, seen[-1].field) if seen else None
    ):
        seen += page

    assert seen == whole
    assert len(whole) == 23 + 8


def test_a_file_is_refused_whole_until_a_later_run_takes_it_in(connection: Connection) -> None:
    given_orders.merchant(connection, as_of=AS_OF, count=1)
    assert [file.name for file in sources.whole_refusals(connection, scope=EVERYTHING)] == ["五月对账.xlsx"]

    mended = given_orders.run_row(99, source="taobao.orders", at=AS_OF, rows=5, refused=0) | {"run_id": 100}
    insert_rows(connection, file_runs, [mended])

    assert sources.whole_refusals(connection, scope=EVERYTHING) == []


def test_only_people_who_see_every_shop_see_a_file_of_many_shops(connection: Connection) -> None:
    given_orders.merchant(connection, as_of=AS_OF, count=1)

    assert "" in {source.shop_id for source in sources.sources(connection, scope=Scope(warehouses=("CN-HZ",)), since=AS_OF)}
    assert {source.shop_id for source in sources.sources(connection, scope=Scope(channels=("taobao",)), since=AS_OF)} == {"tb-home"}


def test_a_job_that_only_ever_ran_and_one_that_never_did_are_both_listed(connection: Connection) -> None:
    given_orders.jobs(connection, as_of=AS_OF)
    connection.execute(text("DELETE FROM job_schedules WHERE job = 'pull_inbox'"))
    connection.execute(text("DELETE FROM job_runs WHERE job = 'housekeeping'"))

    found = {job.job: job for job in jobs(connection, scope=EVERYTHING)}

    assert (found["pull_inbox"].status, found["pull_inbox"].schedule) == ("succeeded", None)
    assert (found["housekeeping"].status, found["housekeeping"].schedule) == (None, "03:10 daily")


def test_a_job_says_when_it_succeeded_last_whatever_became_of_it_since(connection: Connection) -> None:
    given_orders.jobs(connection, as_of=AS_OF)
    run = {"job": "pull_inbox", "host": "test", "pid": 1}
    for minutes, status in ((-30, "succeeded"), (-1, "failed"), (0, "running")):
        at = AS_OF + timedelta(minutes=minutes)
        insert_rows(connection, job_runs, [run | {"planned_for": at, "started_at": at, "status": status}])

    found = {job.job: job for job in jobs(connection, scope=EVERYTHING)}

    assert found["pull_inbox"].status == "running"
    assert found["pull_inbox"].succeeded_at == AS_OF - timedelta(minutes=2)
    assert found["housekeeping"].succeeded_at is None


def test_a_limited_person_reads_no_message_of_a_job(connection: Connection) -> None:
    given_orders.jobs(connection, as_of=AS_OF)

    assert {(job.message, job.error) for job in jobs(connection, scope=Scope(channels=("douyin",)))} == {(None, None)}
