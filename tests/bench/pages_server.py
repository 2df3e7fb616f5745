"""How does a benchmark talk to the running dashboard? It starts one as a user does, and speaks to it as a browser's page does."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from dashboard.server import LOOPBACK
from tests.bench.pages_store import Store
from tests.bench.pages_views import Look

CHECKOUT = Path(__file__).resolve().parents[2]
_START_SECONDS, _RUN_SECONDS = 120, 120
_BYTES_A_MEGABYTE = 1024 * 1024
# As the pages say it when they cannot show what was asked (dashboard.states.failed).
_AWAY = "连不上数据库"


class ScriptFailed(AssertionError):
    """A page drew an error instead of figures, or its script did not end."""


@dataclass(frozen=True)
class Dashboard:
    """A running dashboard."""

    port: int
    process: psutil.Process

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def resident_mb(self) -> float:
        """Resident memory of its process and of any it has started."""
        family = [self.process, *self.process.children(recursive=True)]
        return float(sum(each.memory_info().rss for each in family)) / _BYTES_A_MEGABYTE

    @property
    def processor_seconds(self) -> float:
        """Processor time of its process so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def script_seconds(self) -> dict[str, tuple[float, int]]:
        """Return by page the seconds of all scripts so far and their number, as the dashboard itself counts them."""
        said = urlopen(f"{self.address}/metrics", timeout=60).read().decode()
        found: dict[str, dict[str, float]] = {}
        for line in said.splitlines():
            if line.startswith("orderhub_page_script_seconds_") and not line.startswith("orderhub_page_script_seconds_bucket"):
                name, value = line.rsplit(" ", 1)
                found.setdefault(name.split('"')[1], {})[name.split("{")[0].rsplit("_", 1)[1]] = float(value)
        return {page: (sums["sum"], int(sums["count"])) for page, sums in found.items()}


@contextmanager
def running_dashboard(store: Store) -> Iterator[Dashboard]:
    """Start ``python -m dashboard`` on a free loopback port, of the demo, with the store's database."""
    port, home = _free_port(), store.settings.home
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ORDERHUB_")}
    given = {"DATABASE_URL": store.engine.url.render_as_string(hide_password=False), "ORDERHUB_HOME": str(home), "ORDERHUB_PORT": str(port)}
    with (home / "dashboard.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "dashboard"], cwd=CHECKOUT, env=kept | given, stdout=log, stderr=log)
        try:
            found = Dashboard(port, psutil.Process(process.pid))
            _wait_for(found, process=process, log=home / "dashboard.log")
            yield found
        finally:
            process.terminate()
            process.wait(timeout=30)


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _wait_for(dashboard: Dashboard, *, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if urlopen(f"{dashboard.address}/healthz", timeout=5).status == 200:
                return
        except OSError:
            time.sleep(0.3)
    raise ScriptFailed(f"the dashboard did not start:\n{log.read_text(errors='replace')}")


@dataclass
class Session:
    """One browser page's connection. A view is opened as going back and forward in the history does: its link says all."""

    socket: ClientConnection
    refreshed: dict[str, float] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)

    def open(self, look: Look) -> float:
        """Open a view and return the seconds from asking until the script has ended and all it drew is here."""
        began = time.perf_counter()
        self.refreshed, self.due = {}, {}
        self._ask(look, fragment="")
        self._until_finished(ForwardMsg.FINISHED_SUCCESSFULLY)
        return time.perf_counter() - began

    def stay(self, look: Look, *, seconds: float) -> int:
        """Look at a view for a while, refreshing by themselves the parts that do so; returns how many refreshments came."""
        until, came = time.monotonic() + seconds, 0
        while (now := time.monotonic()) < until:
            for fragment in [name for name, at in self.due.items() if at <= now]:
                self._ask(look, fragment=fragment)
                self._until_finished(ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
                self.due[fragment] = time.monotonic() + self.refreshed[fragment]
                came += 1
            time.sleep(max(min(until, *self.due.values(), until) - time.monotonic(), 0))
        return came

    def _ask(self, look: Look, *, fragment: str) -> None:
        asked = BackMsg()
        asked.rerun_script.query_string = look.query_string
        asked.rerun_script.page_name = "" if look.page == "overview" else look.page
        asked.rerun_script.fragment_id = fragment
        asked.rerun_script.is_auto_rerun = bool(fragment)
        asked.rerun_script.is_history_navigation = not fragment
        asked.rerun_script.context_info.timezone = "Asia/Shanghai"
        asked.rerun_script.context_info.locale = "zh-CN"
        self.socket.send(asked.SerializeToString())

    def _until_finished(self, wanted: int) -> None:
        while True:
            said = ForwardMsg.FromString(bytes(self.socket.recv(timeout=_RUN_SECONDS, decode=False)))
            kind = said.WhichOneof("type")
            if kind == "auto_rerun":
                self.refreshed[said.auto_rerun.fragment_id] = said.auto_rerun.interval
                self.due[said.auto_rerun.fragment_id] = time.monotonic() + said.auto_rerun.interval
            if (wrong := _wrong(said)) is not None:
                raise ScriptFailed(wrong)
            if kind == "script_finished" and said.script_finished == wanted:
                return


def _wrong(said: ForwardMsg) -> str | None:
    """Return what a message says of an error, None where it says of none."""
    kind = said.WhichOneof("type")
    if kind == "script_finished" and said.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
        return "the script does not compile"
    if kind == "session_event" and said.session_event.WhichOneof("type") == "script_compilation_exception":
        return str(said.session_event.script_compilation_exception.message)
    if kind != "delta" or said.delta.WhichOneof("type") != "new_element":
        return None
    element = said.delta.new_element
    if element.WhichOneof("type") == "exception":
        return f"{element.exception.type}: {element.exception.message}"
    return _AWAY if element.WhichOneof("type") == "markdown" and _AWAY in element.markdown.body else None


@contextmanager
def session(dashboard: Dashboard) -> Iterator[Session]:
    """Connect as a new browser page does."""
    address = f"ws://{LOOPBACK}:{dashboard.port}/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], max_size=None, proxy=None, ping_interval=None) as socket:  # type: ignore[list-item]
        yield Session(socket)
