"""Does a pull get every record of a span, however the interface pages, limits, fails or changes under way?"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.http import Interface, PullFailed, open_client, pages
from data.connectors.http_source import Auth, Backoff, Paging, Reply, Source, Span
from tests.fake_platform import FakePlatform, order_no, serving
from tests.laws import tries

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
UNTIL = datetime(2026, 11, 2, tzinfo=UTC)
PAGE = Paging(kind="page", parameter="page", first=1, size=10, total="total")
CURSOR = Paging(kind="cursor", parameter="cursor", next="next_cursor", more="more")
LINK = Paging(kind="link")


@pytest.fixture
def platform() -> Iterator[FakePlatform]:
    with serving(FakePlatform()) as fake:
        yield fake


def sold(platform: FakePlatform, count: int) -> None:
    platform.orders = {number: SINCE + timedelta(minutes=number) for number in range(1, count + 1)}


def source_of(platform: FakePlatform, paging: Paging, *, auth: Auth | None = None, tries: int = 4) -> Source:
    return Source(
        name="fakeshop_main",
        shop="fk1",
        manifest="fakeshop",
        url=f"{platform.address}/{paging.kind}",
        auth=auth or Auth(),
        span=Span(since="since", until="until"),
        paging=paging,
        reply=Reply(records="orders"),
        backoff=Backoff(tries=tries, timeout_seconds=5),
    )


def numbers(
    source: Source, *, rest: Callable[[float], None] = lambda seconds: None, environment: dict[str, str] | None = None
) -> list[str]:
    with open_client(source) as client:
        interface = Interface(source, client, now=lambda: UNTIL, rest=rest, environment=environment or {})
        found = pages(interface, since=SINCE, until=UNTIL)
        return [order["order_id"] for page in found for order in json.loads(page.body)["orders"]]


@pytest.mark.parametrize(
    "paging", [PAGE, PAGE.model_copy(update={"backwards": True}), CURSOR, LINK], ids=["page", "backwards", "cursor", "link"]
)
@pytest.mark.parametrize("count", [0, 1, 10, 11, 35])
def test_every_way_of_paging_brings_every_order_once(platform: FakePlatform, paging: Paging, count: int) -> None:
    sold(platform, count)

    found = numbers(source_of(platform, paging))

    assert sorted(found) == [order_no(number) for number in range(1, count + 1)]


@pytest.mark.parametrize("backwards", [False, True])
def test_an_order_that_leaves_the_list_between_two_pages_hides_no_other(platform: FakePlatform, backwards: bool) -> None:
    sold(platform, 35)

    def bought_again(request: int) -> None:
        # it was on the first page and is now updated after the span: all others move up by one
        if request == 3:
            platform.orders[5] = UNTIL + timedelta(minutes=1)

    platform.before_answer = bought_again
    found = numbers(source_of(platform, PAGE.model_copy(update={"backwards": backwards})))

    assert set(found) >= {order_no(number) for number in range(1, 36)} - {order_no(5)}


@settings(max_examples=tries(40))
@given(leaves=st.lists(st.tuples(st.integers(2, 8), st.integers(1, 35)), max_size=4), backwards=st.booleans())
def test_whatever_leaves_and_whenever_no_order_that_stays_is_missed(leaves: list[tuple[int, int]], backwards: bool) -> None:
    with serving(FakePlatform()) as platform:
        sold(platform, 35)

        def left(request: int) -> None:
            for when, number in leaves:
                if when == request:
                    platform.orders.pop(number, None)

        platform.before_answer = left
        found = numbers(source_of(platform, PAGE.model_copy(update={"backwards": backwards})))

        assert set(found) >= {order_no(number) for number in platform.orders}


def test_a_list_that_never_stands_still_is_given_up_for_this_time(platform: FakePlatform) -> None:
    sold(platform, 35)
    platform.before_answer = lambda request: platform.orders.update({100 + request: SINCE})

    with pytest.raises(PullFailed, match="kept changing"):
        numbers(source_of(platform, PAGE))


def test_too_many_requests_is_waited_for_as_long_as_the_platform_says(platform: FakePlatform) -> None:
    sold(platform, 3)
    platform.answers = [(429, {"Retry-After": "7"}, b""), (429, {"Retry-After": format_datetime(UNTIL + timedelta(seconds=9))}, b"")]
    waits: list[float] = []

    found = numbers(source_of(platform, PAGE), rest=waits.append)

    assert len(found) == 3
    assert waits == [7.0, 9.0]


@pytest.mark.parametrize("answer", [(503, {}, b""), (200, {}, b"<html>busy"), (200, {}, b'{"orders": [')])
def test_a_passing_failure_is_tried_again_ever_more_patiently(platform: FakePlatform, answer: tuple[int, dict[str, str], bytes]) -> None:
    sold(platform, 3)
    platform.answers = [answer, answer]
    waits: list[float] = []

    found = numbers(source_of(platform, PAGE), rest=waits.append)

    assert len(found) == 3
    assert waits == [1.0, 2.0]


def test_a_platform_that_stays_down_fails_after_the_tries_it_is_given(platform: FakePlatform) -> None:
    platform.answers = [(500, {}, b"")] * 10

    with pytest.raises(PullFailed, match="HTTP 500"):
        numbers(source_of(platform, PAGE, tries=3))
    assert len(platform.asked) == 3


def test_a_refusal_is_not_tried_again(platform: FakePlatform) -> None:
    platform.answers = [(401, {}, b"")] * 2

    with pytest.raises(PullFailed, match="HTTP 401"):
        numbers(source_of(platform, PAGE))
    assert len(platform.asked) == 1


def test_an_error_inside_a_reply_of_status_200_fails_and_names_code_and_message(platform: FakePlatform) -> None:
    platform.answers = [(200, {}, json.dumps({"error_response": {"error_code": 10019, "buyer": "张三"}}).encode())]
    source = source_of(platform, PAGE).model_copy(update={"reply": Reply(records="orders", error="error_response")})

    with pytest.raises(PullFailed, match="10019") as problem:
        numbers(source)
    assert "张三" not in str(problem.value)


def test_a_reply_without_its_records_is_no_empty_page(platform: FakePlatform) -> None:
    platform.answers = [(200, {}, b'{"total": 0}')]

    with pytest.raises(PullFailed, match="orders"):
        numbers(source_of(platform, PAGE))


def test_a_token_is_sent_in_its_header_and_never_to_another_address(platform: FakePlatform) -> None:
    sold(platform, 3)
    auth = Auth(kind="header", header="X-Shopify-Access-Token", token_env="SHOP_TOKEN")
    platform.answers = [(200, {"Link": '<https://elsewhere.example/link?page_info=1>; rel="next"'}, b'{"orders": []}')]

    with pytest.raises(PullFailed, match="another address"):
        numbers(source_of(platform, LINK, auth=auth), environment={"SHOP_TOKEN": "s3cret"})

    assert [headers["X-Shopify-Access-Token"] for headers in platform.headers] == ["s3cret"]


def test_a_redirect_is_not_followed(platform: FakePlatform) -> None:
    platform.answers = [(302, {"Location": "https://elsewhere.example/"}, b"")]

    with pytest.raises(PullFailed, match="HTTP 302"):
        numbers(source_of(platform, PAGE))


def test_a_cursor_that_stands_still_is_not_followed_for_ever(platform: FakePlatform) -> None:
    platform.answers = [(200, {}, b'{"orders": [], "more": true, "next_cursor": "7"}')] * 9

    with pytest.raises(PullFailed, match="cursor"):
        numbers(source_of(platform, CURSOR))
