"""What does an interface answer for one span of time, page by page?"""

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from data.connectors.http_request import Prepared, prepared
from data.connectors.http_source import Source, Value

LARGEST_PAGE_BYTES = 64 * 1024 * 1024
# A list that changes at every reading is not read to the end: the span is left for the next run.
LONGEST_PASSES = 5

Now = Callable[[], datetime]
Rest = Callable[[float], None]


class PullFailed(Exception):
    """An interface did not give what was asked; the message names what it said, never a buyer's data."""


class _TryAgain(Exception):
    def __init__(self, why: str, *, after_seconds: float | None = None) -> None:
        super().__init__(why)
        self.after_seconds = after_seconds


@dataclass(frozen=True)
class Page:
    """One reply as it came, and how many records it holds."""

    number: int
    body: bytes
    records: int


@dataclass(frozen=True)
class Interface:
    """A source with what is needed to speak to it: a client, a clock for signatures, a way to wait, and credentials."""

    source: Source
    client: httpx.Client
    now: Now
    rest: Rest
    environment: Mapping[str, str]


def open_client(source: Source) -> httpx.Client:
    """Return a client for one source. It follows no redirect: a token is never carried to another address."""
    return httpx.Client(timeout=source.backoff.timeout_seconds, follow_redirects=False)


def pages(interface: Interface, *, since: datetime, until: datetime) -> Iterator[Page]:
    """Yield every page of [since, until).

    A record may come twice, none is left out: where the list grew while it was read (or shrank, read forwards), it is
    read again. Raises ``PullFailed``.
    """
    span = interface.source.span
    asked = {**interface.source.parameters, span.since: span.written(since), span.until: span.written(until)}
    how = {"none": _one_page, "page": _numbered_pages, "cursor": _cursor_pages, "link": _linked_pages}[interface.source.paging.kind]
    yield from how(interface, asked)


def _one_page(interface: Interface, asked: Mapping[str, Value]) -> Iterator[Page]:
    reply = _reply(interface, _prepare(interface, asked))
    yield _page(interface, reply, number=1)


def _numbered_pages(interface: Interface, asked: Mapping[str, Value]) -> Iterator[Page]:
    paging = interface.source.paging
    for _ in range(LONGEST_PASSES):
        first = _numbered(interface, asked, number=paging.first)
        total = _total(interface, first)
        last = paging.first + max(1, math.ceil(total / paging.size)) - 1
        # the first page tells the total; read backwards it comes once more at the end, where it counts
        numbers = range(last, paging.first - 1, -1) if paging.backwards else range(paging.first, last + 1)
        after = total
        for number in numbers:
            reply = first if number == paging.first and not paging.backwards else _numbered(interface, asked, number=number)
            after = _total(interface, reply)
            yield _page(interface, reply, number=number)
        if after == total or (paging.backwards and after < total):
            return
    raise PullFailed(f"{interface.source.name}: 列表在读取时不断变化 the list kept changing while it was read")


def _cursor_pages(interface: Interface, asked: Mapping[str, Value]) -> Iterator[Page]:
    paging = interface.source.paging
    cursor: Value | None = None
    number = 0
    seen: set[Value] = set()
    while True:
        number += 1
        sized = {**asked, **({paging.size_parameter: paging.size} if paging.size_parameter else {})}
        reply = _reply(interface, _prepare(interface, sized if cursor is None else {**sized, paging.parameter: cursor}))
        yield _page(interface, reply, number=number)
        cursor = _found(reply.said, paging.next)
        more = bool(_found(reply.said, paging.more)) if paging.more else bool(cursor)
        if not more:
            return
        if not cursor or cursor in seen:
            raise PullFailed(f"{interface.source.name}: 游标没有前进 the cursor does not move on")
        seen.add(cursor)


def _linked_pages(interface: Interface, asked: Mapping[str, Value]) -> Iterator[Page]:
    paging = interface.source.paging
    request = _prepare(interface, {**asked, **({paging.size_parameter: paging.size} if paging.size_parameter else {})})
    number = 0
    while True:
        number += 1
        reply = _reply(interface, request)
        yield _page(interface, reply, number=number)
        address = _next_link(reply.headers.get("link", ""))
        if address is None:
            return
        if urlsplit(address)[:2] != urlsplit(interface.source.url)[:2]:
            raise PullFailed(f"{interface.source.name}: 下一页指向别的地址 the next page is at another address")
        # with a page's own address no other filter may be sent
        parts = urlsplit(address)
        request = replace(request, url=urlunsplit((*parts[:3], "", "")), query=dict(parse_qsl(parts.query)), form={})


@dataclass(frozen=True)
class _Reply:
    body: bytes
    said: Any
    headers: Mapping[str, str]


def _numbered(interface: Interface, asked: Mapping[str, Value], *, number: int) -> _Reply:
    paging = interface.source.paging
    numbered = {**asked, paging.parameter: number}
    if paging.size_parameter:
        numbered[paging.size_parameter] = paging.size
    return _reply(interface, _prepare(interface, numbered))


def _prepare(interface: Interface, asked: Mapping[str, Value]) -> Prepared:
    return prepared(interface.source, parameters=asked, at=interface.now(), environment=interface.environment)


def _reply(interface: Interface, request: Prepared) -> _Reply:
    """Send until it is answered; waits as long as the platform says, or ever longer."""
    backoff = interface.source.backoff

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        stated = error.after_seconds if isinstance(error, _TryAgain) else None
        return min(backoff.longest_seconds, stated if stated is not None else 0.5 * 2**state.attempt_number)

    attempts = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, _TryAgain | httpx.TransportError)),
        stop=stop_after_attempt(backoff.tries),
        wait=wait,
        sleep=interface.rest,
        reraise=True,
    )
    try:
        return attempts(_sent, interface, request)
    except (_TryAgain, httpx.HTTPError) as error:
        raise PullFailed(f"{interface.source.name}: {str(error) or type(error).__name__}") from None


def _sent(interface: Interface, request: Prepared) -> _Reply:
    with interface.client.stream(
        request.method, request.url, params=dict(request.query), data=dict(request.form) or None, headers=dict(request.headers)
    ) as response:
        if response.status_code == 429 or response.status_code >= 500:
            raise _TryAgain(f"HTTP {response.status_code}", after_seconds=_retry_after(response, now=interface.now()))
        if response.status_code != 200:
            raise PullFailed(f"{interface.source.name}: HTTP {response.status_code}")
        body = bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > LARGEST_PAGE_BYTES:
                raise PullFailed(f"{interface.source.name}: 一页过大 a page over {LARGEST_PAGE_BYTES} bytes")
        headers = dict(response.headers)
    try:
        said = json.loads(bytes(body))
    except ValueError:
        # a gateway's error page, or a reply cut off
        raise _TryAgain("回复不是 JSON the reply is not JSON") from None
    _check_said(interface.source, said)
    return _Reply(bytes(body), said, headers)


def _check_said(source: Source, said: Any) -> None:
    reply = source.reply
    if reply.error and (problem := _found(said, reply.error)):
        raise PullFailed(f"{source.name}: {_short(problem)}")
    if reply.code and _found(said, reply.code) != reply.success:
        raise PullFailed(f"{source.name}: {reply.code} = {_short(_found(said, reply.code))}")


def _page(interface: Interface, reply: _Reply, *, number: int) -> Page:
    records = _found(reply.said, interface.source.reply.records)
    if not isinstance(records, list):
        raise PullFailed(f"{interface.source.name}: 回复中没有 {interface.source.reply.records} is not in the reply")
    return Page(number, reply.body, len(records))


def _total(interface: Interface, reply: _Reply) -> int:
    total = _found(reply.said, interface.source.paging.total)
    try:
        return int(total)
    except (TypeError, ValueError):
        raise PullFailed(f"{interface.source.name}: 回复中没有 {interface.source.paging.total} is not in the reply") from None


def _found(said: Any, path: str) -> Any:
    for name in path.split(".") if path else ():
        said = said.get(name) if isinstance(said, dict) else None
    return said


def _next_link(header: str) -> str | None:
    """Return the address marked as next in a ``Link`` header.

    >>> _next_link('<https://a/1>; rel="previous", <https://a/3>; rel="next"')
    'https://a/3'
    """
    for address, attributes in re.findall(r"<([^>]*)>([^<]*)", header):
        if re.search(r'rel="?next"?', attributes):
            return str(address)
    return None


def _retry_after(response: httpx.Response, *, now: datetime) -> float | None:
    stated = response.headers.get("retry-after", "")
    try:
        return max(0.0, float(stated))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(stated) - now).total_seconds())
    except (TypeError, ValueError):
        return None


def _short(said: Any) -> str:
    """Quote what a platform says is wrong: codes and messages only, cut short."""
    if isinstance(said, dict):
        said = {name: said[name] for name in said if re.search(r"code|msg|message", name)}
    return json.dumps(said, ensure_ascii=False)[:200]
