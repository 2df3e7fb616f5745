"""How does ``make run`` bring everything up, and ``make stop`` or Ctrl-C take all of it down again?"""

import os
import shlex
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import honcho.manager
import httpx
from honcho.manager import Manager
from rich.console import Console

from data import embedded
from data.settings import CHECKOUT, Settings, settings
from jobs.cli_start import said_in_one_line, started
from jobs.faults import UserMistake
from jobs.job import utc_now
from jobs.running import end_leftovers, launcher_pid, marked_as_ours, noted

LEAVE_SECONDS = 30
READY_SECONDS = 90.0
PROCESSES = {"jobs": ("-m", "jobs", "serve"), "dashboard": ("-m", "dashboard")}

say = Console(stderr=True, highlight=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run or stop; one clear line and status 2 for a user's mistake."""
    command = list(sys.argv[1:] if arguments is None else arguments)
    with said_in_one_line() as status:
        if command == ["run"]:
            status.code = run(settings())
        elif command == ["stop"]:
            status.code = stop(settings())
        else:
            raise UserMistake("用法 usage: python -m jobs.launcher run | stop")
    return status.code


def run(chosen: Settings) -> int:
    """Start the database, the demo's history where it is missing, jobs and dashboard; return when all of it has ended."""
    _check_not_running(chosen)
    end_leftovers(chosen.home)
    _check_port(chosen.port)
    with noted(chosen.home), _ended_by_terms(), _server_ended_with_us(chosen):
        context = started(chosen=chosen)
        try:
            if chosen.demo:
                # loads the connectors, which stopping does without
                from jobs.demo_history import bring_history

                bring_history(context, now=utc_now, console=say)
        finally:
            context.engine.dispose()
        return _run_processes(chosen)


def stop(chosen: Settings) -> int:
    """End whatever ``run`` started for this home, from any shell."""
    pid = launcher_pid(chosen.home)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + LEAVE_SECONDS + 60
        while launcher_pid(chosen.home) == pid and time.monotonic() < until:
            time.sleep(0.1)
    leftovers = end_leftovers(chosen.home)
    server = chosen.database_url is None and embedded.stop(chosen.home)
    say.print("已停止 stopped" if pid or leftovers or server else "没有在运行 nothing was running")
    return 0


def _run_processes(chosen: Settings) -> int:
    honcho.manager.KILL_WAIT = LEAVE_SECONDS
    manager = Manager()
    environment = marked_as_ours(os.environ, home=chosen.home)
    for name, arguments in PROCESSES.items():
        # exec: the shell in between would swallow the signal
        manager.add_process(name, f"exec {shlex.join([sys.executable, *arguments])}", env=environment, cwd=str(CHECKOUT))
    threading.Thread(target=_say_when_ready, args=(chosen.port,), daemon=True).start()
    manager.loop()
    by_person = manager.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM)
    return 0 if by_person else 1


def _say_when_ready(port: int) -> None:
    """Print the address once the dashboard answers."""
    until = time.monotonic() + READY_SECONDS
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(trust_env=False, timeout=2) as client:
        while time.monotonic() < until:
            try:
                if client.get(f"{address}/healthz").is_success:
                    say.print(f"\n  订单中枢已就绪 OrderHub is ready: [bold]{address}[/bold]\n  Ctrl-C 停止 stops it\n")
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
    say.print(f"看板在 {READY_SECONDS:.0f} 秒内没有应答 the dashboard did not answer; see the lines above")


def _check_not_running(chosen: Settings) -> None:
    pid = launcher_pid(chosen.home)
    if pid is not None:
        raise UserMistake(f"已经在运行 already running (PID {pid}): http://127.0.0.1:{chosen.port}; make stop 停止 stops it")


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            said = f"端口 {port} 已被占用 port {port} is in use; 请设置 ORDERHUB_PORT 换一个 set ORDERHUB_PORT to another"
            raise UserMistake(said) from None


@contextmanager
def _server_ended_with_us(chosen: Settings) -> Iterator[None]:
    """End the embedded server on the way out, whatever the way."""
    try:
        yield
    finally:
        if chosen.database_url is None:
            # a second Ctrl-C must not leave it behind
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            embedded.stop(chosen.home)


@contextmanager
def _ended_by_terms() -> Iterator[None]:
    """Let SIGTERM, and a closed terminal, end us as Ctrl-C does."""

    def end(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, lambda number, frame: os.kill(os.getpid(), signal.SIGTERM))
    yield


if __name__ == "__main__":
    sys.exit(main())
