"""Is the installation well, and how much of everything is there? (For load balancers and Prometheus.)"""

import asyncio
from datetime import UTC, datetime

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dashboard.proxied import is_proxied
from data import api
from data.api import DatabaseProblem, Pulse

# The jobs beat every few seconds; a health check should not cry wolf over one slow beat.
BEAT_LIMIT_SECONDS = 120

_registry = CollectorRegistry()
_script_seconds = Histogram(
    "orderhub_page_script_seconds",
    "Time the server took to run a page's script",
    ["page"],
    registry=_registry,
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)


def script_took(page: str, *, seconds: float) -> None:
    """Remember how long a page's script ran."""
    _script_seconds.labels(page).observe(seconds)


async def healthz(request: Request) -> JSONResponse:
    """Answer 200 when the database answers and the jobs beat, else 503; says which, but not to strangers behind a proxy."""
    body = await asyncio.to_thread(health, as_of=datetime.now(UTC))
    said = {"status": body["status"]} if is_proxied(request.headers) else body
    return JSONResponse(said, status_code=200 if body["status"] == "ok" else 503)


async def metrics(request: Request) -> Response:
    """Answer in Prometheus' text format; 503 when the database is away, 403 to whoever comes through a proxy."""
    if is_proxied(request.headers):
        return Response(status_code=403)
    text = await asyncio.to_thread(_metrics_text, as_of=datetime.now(UTC))
    return Response(text or b"", status_code=503 if text is None else 200, media_type=CONTENT_TYPE_LATEST)


def health(*, as_of: datetime) -> dict[str, object]:
    """Say how the database and the jobs are; ages in seconds."""
    try:
        found = api.pulse(api.engine(), counts=False)
    except DatabaseProblem:
        return {"status": "failed", "database": "unreachable", "jobs": "unknown", "heartbeat_age_seconds": None}
    age = _age(found.heartbeat_at, as_of=as_of)
    beating = age is not None and age <= BEAT_LIMIT_SECONDS
    return {
        "status": "ok" if beating else "failed",
        "database": "ok",
        "jobs": "ok" if beating else "never started" if age is None else "no heartbeat",
        "heartbeat_age_seconds": age,
    }


def _metrics_text(*, as_of: datetime) -> bytes | None:
    try:
        found = api.pulse(api.engine(), counts=True)
    except DatabaseProblem:
        return None
    return generate_latest(_gauges(found, as_of=as_of)) + generate_latest(_registry)


def _gauges(found: Pulse, *, as_of: datetime) -> CollectorRegistry:
    registry = CollectorRegistry()
    orders = Gauge(
        "orderhub_orders_estimate", "Orders stored, stubs among them, as the database last estimated; NaN = not yet", registry=registry
    )
    orders.set(float("nan") if found.orders_estimate is None else found.orders_estimate)
    age = _age(found.heartbeat_at, as_of=as_of)
    beat = Gauge("orderhub_jobs_heartbeat_age_seconds", "Seconds since the jobs process last beat; NaN = never", registry=registry)
    beat.set(float("nan") if age is None else age)
    labels = ["shop", "source"]
    last = Gauge("orderhub_source_last_file_timestamp_seconds", "When a source's last file was received", labels, registry=registry)
    refused = Gauge("orderhub_source_refused_rows", "Rows refused of a source's files", labels, registry=registry)
    for each in found.sources:
        last.labels(each.shop_id, each.source).set(each.last_file_at.timestamp())
        refused.labels(each.shop_id, each.source).set(each.refused)
    return registry


def _age(at: datetime | None, *, as_of: datetime) -> float | None:
    return None if at is None else round((as_of - at).total_seconds(), 1)


ROUTES = [Route("/healthz", healthz), Route("/metrics", metrics)]
