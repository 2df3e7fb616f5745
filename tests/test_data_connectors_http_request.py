"""Is every request signed over exactly what is sent, and no secret sent along?"""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.connectors import http_source, signing
from data.connectors.http_request import Prepared, prepared
from data.connectors.http_source import Auth, Reply, Source, SourceProblem, Span, load_sources

AT = datetime(2026, 11, 22, 4, 0, 0, 123_000, tzinfo=UTC)
KEYS = {"KEY": "key-1", "SECRET": "s3cret", "TOKEN": "token-1", "SHOP": "77"}
EXAMPLE = Path(http_source.__file__).with_name("sources.example.toml")


def asked(kind: str, *, method: str = "GET") -> Prepared:
    auth = Auth(kind=kind, method="order.searchList", key_env="KEY", secret_env="SECRET", token_env="TOKEN", shop_env="SHOP")  # type: ignore[arg-type]
    source = Source(
        name="some",
        shop="s1",
        manifest="m",
        url="https://platform.example/api/v2/order/list",
        method=method,  # type: ignore[arg-type]
        auth=auth,
        span=Span(since="a", until="b"),
        reply=Reply(records="orders"),
    )
    return prepared(source, parameters={"page": 2, "all": True, "word": "订单"}, at=AT, environment=KEYS)


@pytest.mark.parametrize(
    ("kind", "sign", "unsigned"),
    [
        ("taobao", signing.taobao_hmac, ()),
        ("jd", signing.jd, ()),
        ("pdd", signing.pdd, ()),
        ("douyin", signing.douyin, ("sign_method", "access_token")),
    ],
)
def test_the_signature_is_over_what_is_sent(kind: str, sign: object, unsigned: tuple[str, ...]) -> None:
    query = dict(asked(kind).query)

    signature = query.pop("sign")

    signed = {name: value for name, value in query.items() if name not in unsigned}
    assert signature == sign(signed, secret="s3cret")  # type: ignore[operator]


@pytest.mark.parametrize("kind", ["taobao", "jd", "pdd", "douyin", "shopee"])
def test_the_secret_itself_is_never_sent(kind: str) -> None:
    request = asked(kind)

    assert "s3cret" not in str(request)


def test_times_in_signatures_are_written_as_each_platform_wants() -> None:
    assert asked("taobao").query["timestamp"] == "2026-11-22 12:00:00"
    assert asked("jd").query["timestamp"] == "2026-11-22 12:00:00.123+0800"
    assert asked("pdd").query["timestamp"] == str(int(AT.timestamp()))


def test_shopee_signs_key_path_time_token_and_shop() -> None:
    query = asked("shopee").query

    said = {
        "partner_id": "key-1",
        "path": "/api/v2/order/list",
        "timestamp": int(AT.timestamp()),
        "access_token": "token-1",
        "shop_id": "77",
    }
    assert query["sign"] == signing.shopee(**said, key="s3cret")  # type: ignore[arg-type]
    assert re.fullmatch("[0-9a-f]{64}", query["sign"])


def test_a_post_carries_its_parameters_in_the_body() -> None:
    request = asked("pdd", method="POST")

    assert (request.method, dict(request.query)) == ("POST", {})
    assert request.form["type"] == "order.searchList"


def test_a_header_token_is_in_the_header_alone() -> None:
    request = asked("header")

    assert dict(request.headers) == {"Authorization": "token-1"}
    assert dict(request.query) == {"page": "2", "all": "true", "word": "订单"}


def test_the_shipped_example_is_a_valid_file_of_sources(tmp_path: Path) -> None:
    (source,) = load_sources(EXAMPLE)
    signed = tmp_path / "sources.toml"
    commented = EXAMPLE.read_text().split("and pages from the back.\n")[1]
    signed.write_text("\n".join(line.removeprefix("#").removeprefix(" ") for line in commented.splitlines()))

    (pdd,) = load_sources(signed)

    assert (source.paging.kind, source.auth.kind) == ("link", "header")
    assert (pdd.auth.kind, pdd.paging.backwards, pdd.span.longest_minutes) == ("pdd", True, 30)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("[[source]\n", "sources.toml"),
        ('[[source]]\nname = "x"\n', "source.0"),
        (EXAMPLE.read_text().replace('kind = "link"', 'kind = "page"'), "total"),
        (EXAMPLE.read_text().replace('token_env = "SHOPIFY_TOKEN"', ""), "token_env"),
        (EXAMPLE.read_text().replace('token_env = "SHOPIFY_TOKEN"', 'token = "s3cret"'), "token"),
    ],
)
def test_a_wrong_file_of_sources_is_named_with_its_key(tmp_path: Path, wrong: str, named: str) -> None:
    path = tmp_path / "sources.toml"
    path.write_text(wrong)

    with pytest.raises(SourceProblem, match=re.escape(named)) as problem:
        load_sources(path)
    assert "s3cret" not in str(problem.value)
