"""Do the health and metrics routes tell the truth?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import isnan
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, text
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.routes import ROUTES, script_took
from tests import given_orders
from tests.given_pages import MakeEngine, database_away, on_database


@pytest.fixture
def database(make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Engine]:
    with on_database(make_engine(kind="demo"), monkeypatch=monkeypatch, home=tmp_path) as engine:
        yield engine


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=ROUTES))


def test_all_is_well_while_the_jobs_beat(database: Engine, client: TestClient) -> None:
    with database.begin() as connection:
        given_orders.jobs(connection, as_of=datetime.now(UTC))

    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert 0 <= answer.json()["heartbeat_age_seconds"] < 60


def test_jobs_that_stopped_or_never_started_are_unwell(database: Engine, client: TestClient) -> None:
    assert (client.get("/healthz").status_code, client.get("/healthz").json()["jobs"]) == (503, "never started")

    with database.begin() as connection:
        given_orders.jobs(connection, as_of=datetime.now(UTC) - timedelta(hours=1))

    assert (client.get("/healthz").status_code, client.get("/healthz").json()["jobs"]) == (503, "no heartbeat")


def test_a_database_that_is_away_is_said_not_raised(database: Engine, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    database_away(monkeypatch)

    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")
    assert client.get("/metrics").status_code == 503


def test_metrics_count_what_is_there(database: Engine, client: TestClient) -> None:
    with database.begin() as connection:
        given_orders.merchant(connection, as_of=datetime.now(UTC), count=30)
        connection.execute(text("ANALYZE orders"))
    script_took("overview", seconds=0.2)

    found = samples(client)

    assert found["orderhub_orders_estimate", ()] == 30
    assert found["orderhub_source_refused_rows", ("dy-live", "douyin.orders")] == 4
    assert ("orderhub_source_last_file_timestamp_seconds", ("sp-us", "shopify.orders")) in found
    assert found["orderhub_page_script_seconds_count", ("overview",)] >= 1


def test_an_estimate_that_was_never_made_is_no_zero(database: Engine, client: TestClient) -> None:
    assert isnan(samples(client)["orderhub_orders_estimate", ()])


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_who_comes_through_a_proxy_learns_only_whether_all_is_well(header: str, database: Engine, client: TestClient) -> None:
    with database.begin() as connection:
        given_orders.jobs(connection, as_of=datetime.now(UTC))

    health, metrics = (client.get(path, headers={header: "192.0.2.1"}) for path in ("/healthz", "/metrics"))

    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    assert (metrics.status_code, metrics.content) == (403, b"")


def samples(client: TestClient) -> dict[tuple[str, tuple[str, ...]], float]:
    """Return what the metrics say, by name and labels."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
    }
