"""How does a test open the dashboard's pages on a database of its own?"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest

from dashboard import cached_reads, identity
from data import api
from data.settings import settings

MakeEngine = Callable[..., Engine]

APP = Path(__file__).resolve().parents[1] / "dashboard" / "app.py"
OVERVIEW, SOURCES = "../pages/overview.py", "../pages/sources.py"
DEFINITIONS, ORDERS = "../pages/definitions.py", "../pages/orders.py"
SECONDS = 60


@contextmanager
def on_database(engine: Engine, *, monkeypatch: pytest.MonkeyPatch, home: Path, inbox: Path | None = None) -> Iterator[Engine]:
    """Have this process's dashboard use a database, as its environment would; with an inbox it is no demo."""
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("ORDERHUB_HOME", str(home))
    if inbox is not None:
        monkeypatch.setenv("ORDERHUB_INBOX", str(inbox))
    monkeypatch.setattr(identity, "_client_address", lambda: None)
    opened: dict[object, Engine] = {}
    monkeypatch.setattr(api, "_open", opened)
    settings.cache_clear()
    cached_reads.forget()
    yield engine
    # or the connections of every test would add up to more than the server has
    for each in opened.values():
        each.dispose()
    settings.cache_clear()
    cached_reads.forget()


def database_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the dashboard's database be where nobody answers."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    settings.cache_clear()
    cached_reads.forget()


def open_page(path: str = OVERVIEW, **query: str | list[str]) -> AppTest:
    """Open a page by its file, with a query as its link would have."""
    return unopened(path, **query).run()


def unopened(path: str = OVERVIEW, **query: str | list[str]) -> AppTest:
    """Return the app about to open a page by a link to it, and no other page before."""
    cached_reads.forget()
    app = AppTest.from_file(str(APP), default_timeout=SECONDS)
    app._bidi_component_manager = _components()
    for name, value in query.items():
        app.query_params[name] = value
    # a page's file is named as its address is, so that it is found before the dashboard has said which pages there are
    return app if path == OVERVIEW else app.switch_page(path)


@functools.cache
def _components() -> BidiComponentManager:
    """Return the components of the packages installed; reading all their metadata again for every test costs half a second."""
    found = BidiComponentManager()
    found.discover_and_register_components(start_file_watching=False)
    return found


def texts(app: AppTest) -> str:
    """Return every text of a page, for looking for words."""
    found = [getattr(element, "value", "") for kind in ("markdown", "caption", "warning", "error", "info") for element in app.get(kind)]
    found += [f"{metric.label} {metric.value} {metric.delta}" for metric in app.metric]
    return "\n".join(str(text) for text in found)


def table(app: AppTest, number: int) -> dict[str, list[str]]:
    """Return a listing of a page by its heads, each cell as it reads."""
    cells = app.table[number].proto.arrow_data.styler.display_values
    frame = convert_arrow_bytes_to_pandas_df(cells)
    return {_seen(str(name)): [_seen(str(cell)) for cell in frame[name]] for name in frame.columns}


def _seen(text: str) -> str:
    return text.replace("\u2060", "").replace("\u00a0", " ")
