"""What does every command share: settings, database, the user's words for a time, and how an error is said?"""

import getpass
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from data.backup import DatabaseInUse, FileThere, NotABackup
from data.engine import (
    BadAddress,
    DatabaseProblem,
    ForeignDatabase,
    NewerDatabase,
    NoSuchDatabase,
    WrongKind,
    WrongPassword,
    open_engine,
    problem_of,
)
from data.settings import CHECKOUT, Settings, WrongSetting, settings
from jobs.faults import UserMistake, keep_traceback, one_line
from jobs.job import JobContext, utc_now
from jobs.logs import open_log

# What the person who typed the command can put right.
_WRONG_DATABASE = (BadAddress, ForeignDatabase, NewerDatabase, NoSuchDatabase, WrongKind, WrongPassword)
_WRONG_BACKUP = (DatabaseInUse, FileThere, NotABackup)
MISTAKES = (UserMistake, WrongSetting, typer.TyperException, *_WRONG_DATABASE, *_WRONG_BACKUP)


@dataclass
class Status:
    """The exit status a command will leave with."""

    code: int = 0


@contextmanager
def said_in_one_line() -> Iterator[Status]:
    """Turn whatever goes wrong inside into one line on standard error and an exit status."""
    status = Status()
    try:
        yield status
    except MISTAKES as error:
        status.code = _said(error.format_message() if isinstance(error, typer.TyperException) else str(error), code=2)
    except DatabaseProblem as problem:
        status.code = _said(str(problem), code=1)
    except (KeyboardInterrupt, typer.Abort):
        status.code = _said("已中断 interrupted", code=130)
    except BrokenPipeError:
        # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status.code = 1
    except Exception as error:  # noqa: BLE001 - the last line of defence: said in one line, kept in a file
        status.code = _said(_fault_in_one_line(error), code=1)


def started(*, chosen: Settings | None = None) -> JobContext:
    """Read the settings and reach the database; raises what ``said_in_one_line`` says."""
    found = chosen or settings()
    open_log(found.home / "logs")
    return JobContext(engine=open_engine(found), settings=found)


def leave_on_signals(context: JobContext) -> None:
    """Let SIGTERM and Ctrl-C finish the transaction under way; a second Ctrl-C leaves at once."""

    def leave(number: int, frame: object) -> None:
        if context.leaving.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        context.leaving.set()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)


def instant(text: str, *, settings: Settings, latest: datetime) -> datetime:
    """Read a time as a person types it; one without an offset is in the business zone. Not after ``latest``."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserMistake(f"不是时间 not a time: {text}; 例如 for example 2026-01-31T08:00") from None
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(settings.zone))).astimezone(UTC)
    if moment > latest:
        raise UserMistake(f"时间在未来 in the future: {text}")
    return moment


def business_time(moment: datetime, settings: Settings) -> str:
    """Show an instant in the business zone.

    >>> business_time(datetime(2026, 1, 31, tzinfo=UTC), Settings(zone="Asia/Shanghai"))
    '2026-01-31 08:00:00'
    """
    return f"{moment.astimezone(ZoneInfo(settings.zone)):%Y-%m-%d %H:%M:%S}"


def asked_by() -> str:
    """Name who typed the command, for the ledger and the audit log."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getuid()}"


def _fault_in_one_line(error: Exception) -> str:
    problem = problem_of(error)
    if problem is not None:
        return str(problem)
    kept = keep_traceback(error, folder=_home() / "logs", at=utc_now())
    return f"{one_line(error)} (详见 see {kept})"


def _said(line: str, *, code: int) -> int:
    sys.stderr.write(" ".join(line.split()) + "\n")
    return code


def _home() -> Path:
    try:
        return settings().home
    except WrongSetting:
        return CHECKOUT / ".orderhub"
