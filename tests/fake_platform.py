"""What does a platform's interface do? A small server on the loopback that pages, limits, fails and changes under way."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

MANIFEST = """
name = "fakeshop"
version = 1
title = { zh = "假平台", en = "fake platform" }
channel = "fakeshop"
kind = "orders"
zone = "Asia/Shanghai"
currency = "CNY"

[[table]]
name = "orders"
title = { zh = "订单", en = "orders" }
format = "json"
records = ["orders"]
parent = true
required = ["order_id", "created", "updated"]
order_no = "order_id"

[table.observed]
columns = ["updated"]

[table.order]
total_minor = "total"

[table.times]
created = { from = "created", as = "time", required = true }
"""

Headers = dict[str, str]
Answer = tuple[int, Headers, bytes]


@dataclass
class FakePlatform:
    """The platform's orders (number -> when last updated), what it was asked, and how it will misbehave next.

    ``before_answer`` is called with the number of the request (from 1) and may change the orders: that is how rows shift
    between two pages. ``answers`` are given first, before anything true.
    """

    orders: dict[int, datetime] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    before_answer: Callable[[int], None] = lambda number: None
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[Headers] = field(default_factory=list)
    size: int = 10
    address: str = ""

    def matching(self, asked: dict[str, str]) -> list[dict[str, Any]]:
        """Return the orders updated in [since, until), the longest unchanged first."""
        since, until = (datetime.fromisoformat(asked[name]) for name in ("since", "until"))
        found = sorted((updated, number) for number, updated in self.orders.items() if since <= updated < until)
        return [_order(number, updated) for updated, number in found]

    def answer(self, path: str, asked: dict[str, str]) -> Answer:
        """Answer one request."""
        self.asked.append(asked)
        self.before_answer(len(self.asked))
        if self.answers:
            return self.answers.pop(0)
        return {"/page": self._page, "/cursor": self._cursor, "/link": self._link}[path](asked)

    def _page(self, asked: dict[str, str]) -> Answer:
        found, start = self.matching(asked), (int(asked["page"]) - 1) * self.size
        return _said({"orders": found[start : start + self.size], "total": len(found)})

    def _cursor(self, asked: dict[str, str]) -> Answer:
        found, start = self.matching(asked), int(asked.get("cursor", 0))
        more = start + self.size < len(found)
        return _said({"orders": found[start : start + self.size], "more": more, "next_cursor": str(start + self.size) if more else ""})

    def _link(self, asked: dict[str, str]) -> Answer:
        if "page_info" in asked:
            plain = dict(parse_qsl(asked["page_info"]))
            assert len(asked) == 1, "with a page's own address no other filter may be sent"
        else:
            plain = {**asked, "start": "0"}
        found, start = self.matching(plain), int(plain["start"])
        headers = {}
        if start + self.size < len(found):
            following = urlencode({"page_info": urlencode({**plain, "start": start + self.size})})
            headers["Link"] = f'<{self.address}/link?x=1>; rel="previous", <{self.address}/link?{following}>; rel="next"'
        return _said({"orders": found[start : start + self.size]}, headers)


@contextmanager
def serving(platform: FakePlatform) -> Iterator[FakePlatform]:
    """Serve a platform on a free port of the loopback."""

    class Handler(BaseHTTPRequestHandler):
        wbufsize = -1  # one packet an answer

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            platform.headers.append(dict(self.headers))
            status, headers, body = platform.answer(parts.path, dict(parse_qsl(parts.query)))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    platform.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def order_no(number: int) -> str:
    """Return the number under which the platform sells an order."""
    return f"FK{number:010d}"


def _order(number: int, updated: datetime) -> dict[str, Any]:
    created = datetime(2026, 9, 1, tzinfo=UTC)
    return {"order_id": order_no(number), "total": "12.00", "created": created.isoformat(), "updated": updated.isoformat()}


def _said(said: dict[str, Any], headers: Headers | None = None) -> Answer:
    return 200, headers or {}, json.dumps(said).encode()
