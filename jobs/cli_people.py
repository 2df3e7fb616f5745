"""Who may sign in? Added and disabled from the command line, each with an audit row."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from data.passwords import SHORTEST, password_hash
from data.writes.people import add_person, disable_person, listed_people
from jobs.cli_start import asked_by, started
from jobs.faults import UserMistake
from jobs.job import utc_now
from models.people import Person
from models.scope import ROLES, Scope

people = typer.Typer(no_args_is_help=True, help="人员 people who may sign in")

Login = Annotated[str, typer.Argument(metavar="LOGIN", help="登录名或 OIDC 邮箱 login name or OIDC e-mail")]
Limited = list[str] | None


@people.command("add")
def add(
    login: Login,
    name: Annotated[str, typer.Option("--name", help="姓名 name")],
    role: Annotated[str, typer.Option("--role", help="角色 role: " + ", ".join(ROLES))],
    shop: Annotated[Limited, typer.Option("--shop", help="只看这些店铺 sees only these shops")] = None,
    channel: Annotated[Limited, typer.Option("--channel", help="只看这些渠道 sees only these channels")] = None,
    warehouse: Annotated[Limited, typer.Option("--warehouse", help="只看这些仓库 sees only these warehouses")] = None,
    oidc: Annotated[bool, typer.Option("--oidc", help="只用单点登录，不设密码 signs in by OIDC only, no password")] = False,
) -> None:
    """新增人员 add a person; the password is asked for, or read from standard input."""
    login = login.lower()
    if role not in ROLES:
        raise UserMistake(f"没有这个角色 no such role: {role} (有 there are: {', '.join(ROLES)})")
    hashed = None if oidc else password_hash(_password())
    scope = Scope(shops=_limit(shop), channels=_limit(channel), warehouses=_limit(warehouse))
    person = Person(person_id=login, name=name, role=role, scope=scope)
    context = started()
    with context.engine.begin() as connection:
        if not add_person(connection, person, hashed=hashed, by=asked_by(), at=utc_now()):
            raise UserMistake(f"登录名已存在 this login name is taken: {login}")
    typer.echo(f"已新增 added: {login}")


@people.command("list")
def list_people() -> None:
    """列出人员 everybody, the disabled too."""
    context = started()
    table = Table(*("登录名 login", "姓名 name", "角色 role", "范围 scope", "状态 state"))
    with context.engine.connect() as connection:
        for person, active in listed_people(connection):
            state = "启用 active" if active else "停用 disabled"
            table.add_row(person.person_id, person.name, person.role, _scope_text(person.scope), state)
    Console().print(table)


@people.command("disable")
def disable(login: Login) -> None:
    """停用人员 let a person sign in no more."""
    context = started()
    with context.engine.begin() as connection:
        if not disable_person(connection, person_id=login, by=asked_by(), at=utc_now()):
            raise UserMistake(f"没有这个启用的人员 no such active person: {login}")
    typer.echo(f"已停用 disabled: {login}")


def _password() -> str:
    if sys.stdin.isatty():
        password: str = typer.prompt("密码 password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if len(password) < SHORTEST:
        raise UserMistake(f"密码至少 {SHORTEST} 个字符 a password has at least {SHORTEST} characters")
    return password


def _limit(values: list[str] | None) -> tuple[str, ...] | None:
    return tuple(values) if values else None


def _scope_text(scope: Scope) -> str:
    limits = {"店铺 shops": scope.shops, "渠道 channels": scope.channels, "仓库 warehouses": scope.warehouses}
    said = [f"{label}: {', '.join(values)}" for label, values in limits.items() if values is not None]
    return "; ".join(said) or "全部 everything"
