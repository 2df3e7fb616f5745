"""``python -m dashboard``: the web app."""

import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

import streamlit as st
from starlette.middleware import Middleware

from dashboard.links import UnderstandLinks
from dashboard.oidc import Oidc
from dashboard.routes import ROUTES
from dashboard.server import LOOPBACK, SCRIPT, server_config
from data.api import DatabaseProblem, WrongSetting, engine, settings

# Slow to import (charts, frames): done once at the start instead of in the first visitor's time.
NEEDED_BY_PAGES = ("dashboard.overview", "dashboard.refusals", "dashboard.job_list")


@asynccontextmanager
async def lifespan(app: "st.App") -> AsyncIterator[None]:
    """Get ready before the first visitor comes; when the database is away the pages say so and try again."""
    for name in NEEDED_BY_PAGES:
        import_module(name)
    try:
        engine()
    except DatabaseProblem as problem:
        print(problem, file=sys.stderr)
    # what is loaded by now stays: the rounds that look for what may go need not walk it
    gc.collect()
    gc.freeze()
    print(f"OrderHub  http://{LOOPBACK}:{settings().port}", flush=True)
    yield


def main() -> int:
    """Serve until stopped; 2 on a wrong setting."""
    try:
        config = server_config(settings())
    except WrongSetting as wrong:
        print(wrong, file=sys.stderr)
        return 2
    app = st.App(SCRIPT, routes=ROUTES, middleware=[Middleware(UnderstandLinks)], lifespan=lifespan, secrets=Oidc().secrets())
    app.run(config=config)
    return 0


if __name__ == "__main__":
    sys.exit(main())
