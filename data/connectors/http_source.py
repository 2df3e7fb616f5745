"""Which interfaces shall be asked, how, and with which credentials?

``sources.toml`` names them; a credential is the name of an environment variable, never a value.
"""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

Value = str | int | bool


class Strict(BaseModel):
    """A part of a source: frozen, and any unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class SourceProblem(ValueError):
    """The file of sources is wrong, or a credential is missing; the message names file, key or variable."""


class Auth(Strict):
    """How a request proves who asks; ``*_env`` are names of environment variables."""

    kind: Literal["none", "header", "taobao", "jd", "pdd", "douyin", "shopee"] = "none"
    header: str = "Authorization"
    prefix: str = ""
    method: str = ""
    token_env: str = ""
    key_env: str = ""
    secret_env: str = ""
    shop_env: str = ""

    @model_validator(mode="after")
    def _named(self) -> Self:
        needed = {"none": (), "header": ("token_env",), "shopee": ("token_env", "key_env", "secret_env", "shop_env")}
        for name in needed.get(self.kind, ("method", "token_env", "key_env", "secret_env")):
            if not getattr(self, name):
                raise ValueError(f"auth of kind {self.kind} needs {name}")
        return self


class Span(Strict):
    """How a span of time is asked for: parameter names, the form of a time, and the platform's limits."""

    since: str
    until: str
    form: Literal["iso", "unix_seconds", "text"] = "iso"
    zone: str = "Asia/Shanghai"
    longest_minutes: int = Field(default=24 * 60, ge=1)
    overlap_minutes: int = Field(default=10, ge=0)
    lag_minutes: int = Field(default=0, ge=0)
    first_days: int = Field(default=30, ge=1)

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{zone!r} is not a time zone") from error
        return zone

    def written(self, moment: datetime) -> Value:
        """Write an instant as the platform wants it.

        >>> Span(since="a", until="b", form="text").written(datetime(2026, 1, 1, tzinfo=UTC))
        '2026-01-01 08:00:00'
        """
        if self.form == "unix_seconds":
            return int(moment.timestamp())
        if self.form == "text":
            return f"{moment.astimezone(ZoneInfo(self.zone)):%Y-%m-%d %H:%M:%S}"
        return moment.astimezone(UTC).isoformat(timespec="seconds")


class Paging(Strict):
    """How a long reply goes on.

    ``page``: numbered from ``first``; with ``backwards`` from the last page to the first, so that a row which leaves the
    list meanwhile pushes no other over a page already read. ``total`` (a path in the reply) tells whether the list
    changed under way. ``cursor``: the reply's ``next`` goes into ``parameter``. ``link``: the ``Link`` header.
    """

    kind: Literal["none", "page", "cursor", "link"] = "none"
    parameter: str = "page"
    first: int = 1
    size_parameter: str = ""
    size: int = Field(default=100, ge=1)
    backwards: bool = False
    total: str = ""
    next: str = ""
    more: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "page" and not self.total:
            raise ValueError("paging by page needs total: without it a list that changed under way would go unseen")
        if self.kind == "cursor" and not self.next:
            raise ValueError("paging by cursor needs next")
        return self


class Reply(Strict):
    """Where a reply has its records, and how it says that something went wrong with status 200."""

    records: str
    error: str = ""
    code: str = ""
    success: Value | None = None


class Backoff(Strict):
    """How often and how patiently a refused or failed request is repeated."""

    tries: int = Field(default=6, ge=1)
    longest_seconds: float = Field(default=60.0, gt=0)
    timeout_seconds: float = Field(default=30.0, gt=0)


class Source(Strict):
    """One interface of one shop."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    shop: str = Field(min_length=1)
    manifest: str
    url: str = Field(pattern=r"^https?://")
    method: Literal["GET", "POST"] = "GET"
    auth: Auth = Auth()
    parameters: Mapping[str, Value] = Field(default_factory=dict)
    span: Span
    paging: Paging = Paging()
    reply: Reply
    backoff: Backoff = Backoff()


class Sources(Strict):
    """The whole file."""

    sources: Annotated[tuple[Source, ...], Field(alias="source")] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        keys = [(source.name, source.shop) for source in self.sources]
        if len(set(keys)) < len(keys):
            raise ValueError("two sources of one name and shop")
        return self


def load_sources(path: Path) -> tuple[Source, ...]:
    """Read and check the file of sources, none where there is no such file; ``SourceProblem`` names file and key."""
    if not path.is_file():
        return ()
    try:
        return Sources.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).sources
    except tomllib.TOMLDecodeError as error:
        raise SourceProblem(f"{path.name}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SourceProblem(f"{path.name}: {key}: {first['msg']}") from None


def credential(variable: str, *, environment: Mapping[str, str]) -> str:
    """Return a credential by the name of its environment variable; ``SourceProblem`` names the one that is missing."""
    value = environment.get(variable, "")
    if not value:
        raise SourceProblem(f"环境变量 {variable} 未设置 the environment variable {variable} is not set")
    return value
