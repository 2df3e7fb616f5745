"""What can be wrong with a database, in words that tell people what to do?

An error's docstring is its message in English, ``chinese`` the same in Chinese; each is one line.
"""

from typing import ClassVar

import psycopg2
import psycopg2.errors
from sqlalchemy.exc import DBAPIError

# SQLSTATE: connection, authorisation, too many connections, shut down
CONNECTION_LOST = ("08", "28", "53300", "57P")


class DatabaseProblem(Exception):
    """The database cannot be used: {detail}."""

    chinese: ClassVar[str] = "数据库无法使用：{detail}。"

    def __init__(self, *, language: str = "zh", **facts: object) -> None:
        template = self.chinese if language == "zh" else type(self).__doc__ or ""
        super().__init__(" ".join(template.format(**facts).split()))


class NoConnection(DatabaseProblem):
    """No connection to the database at {where} ({detail}); start it, or correct DATABASE_URL."""

    chinese = "连接不上数据库 {where}（{detail}）；请启动它，或改正 DATABASE_URL。"


class WrongPassword(DatabaseProblem):
    """The database at {where} refuses this user or password; correct them in DATABASE_URL."""

    chinese = "数据库 {where} 拒绝了用户名或密码；请在 DATABASE_URL 中改正。"


class NoSuchDatabase(DatabaseProblem):
    """There is no database at {where}; create it (createdb), or correct its name in DATABASE_URL."""

    chinese = "数据库 {where} 不存在；请先创建（createdb），或改正 DATABASE_URL 中的库名。"


class BadAddress(DatabaseProblem):
    """DATABASE_URL is not the address of a PostgreSQL; it looks like postgresql://user:password@host:5432/database."""

    chinese = "DATABASE_URL 不是 PostgreSQL 地址；应形如 postgresql://user:password@host:5432/database。"


class ServerTooOld(DatabaseProblem):
    """The database at {where} is PostgreSQL {found}; OrderHub needs {oldest} or later, upgrade it or name another."""

    chinese = "数据库 {where} 是 PostgreSQL {found}，需要 {oldest} 或更高；请升级或换一个。"


class DiskFull(DatabaseProblem):
    """The disk of the database at {where} is full; nothing was half written, free some space and run again."""

    chinese = "数据库 {where} 所在磁盘已满；没有写入半截数据，请腾出空间后重试。"


class NewerDatabase(DatabaseProblem):
    """The database at {where} was migrated by a newer OrderHub (revision {revision}); update this checkout."""

    chinese = "数据库 {where} 已由更新版本的 OrderHub 迁移（版本 {revision}）；请更新本程序。"


class WrongKind(DatabaseProblem):
    """The database at {where} holds {found} data and this run is {wanted}; set or unset ORDERHUB_INBOX, or name another database."""

    chinese = "数据库 {where} 存的是 {found} 数据，而本次运行是 {wanted}；请设置或取消 ORDERHUB_INBOX，或换一个数据库。"


class ForeignDatabase(DatabaseProblem):
    """The database at {where} already has tables of something else ({tables}); give OrderHub a database of its own."""

    chinese = "数据库 {where} 里已有其他程序的表（{tables}）；请给 OrderHub 单独的数据库。"


class ServerDown(DatabaseProblem):
    """The embedded database did not start ({detail})."""

    chinese = "内置数据库未能启动（{detail}）。"


class NoPermission(DatabaseProblem):
    """The database at {where} does not let this user make or write tables ({detail}); grant them CREATE on the schema, or name another."""

    chinese = "数据库 {where} 不允许该用户建表或写入（{detail}）；请授予 schema 的 CREATE 权限，或换一个。"


def problem_of(error: BaseException, *, where: str = "", language: str = "zh") -> DatabaseProblem | None:
    """Say a driver's error in words for people, None where it is a fault of ours rather than of the world."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    facts = {"where": where, "language": language}
    if isinstance(cause, psycopg2.errors.DiskFull):
        return DiskFull(**facts)
    said = str(cause)
    if isinstance(cause, psycopg2.errors.InsufficientPrivilege | psycopg2.errors.ReadOnlySqlTransaction):
        return NoPermission(**facts, detail=_first_line(said))
    if not isinstance(cause, psycopg2.OperationalError | psycopg2.InterfaceError):
        return None
    if cause.pgcode is not None and not cause.pgcode.startswith(CONNECTION_LOST):
        return None  # a deadlock, a timeout: the database is there
    # a refused connection has no SQLSTATE in psycopg2, only the server's words
    if "password" in said or "authentication failed" in said or "no pg_hba.conf entry" in said:
        return WrongPassword(**facts)
    if 'database "' in said and "does not exist" in said:
        return NoSuchDatabase(**facts)
    if "No space left on device" in said:
        return DiskFull(**facts)
    return NoConnection(**facts, detail=_first_line(said))


def said_without_values(error: BaseException) -> str:
    """Return what a driver said in one line that quotes no cell: errors reach logs, and cells may be personal.

    PostgreSQL quotes a failing row in DETAIL and CONTEXT, a value it cannot read (SQLSTATE 22) at the message's end.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    said = _first_line(str(cause))
    code = cause.pgcode if isinstance(cause, psycopg2.Error) else None
    return said.split(': "')[0] if code and code.startswith("22") else said


def _first_line(said: str) -> str:
    return next((line.strip() for line in said.splitlines() if line.strip()), "")
