"""Does the simulated merchant's money add up, from the orders over the platforms' statements to the banks?"""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs.simulate import Statements, write_history, write_live
from jobs.simulate.money_faults import MONEY_FAULTS, USUAL_RATES, Rates, dice
from jobs.simulate.statements import TRUTH

UNTIL = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
MANY: Mapping[str, float] = {name: 20 * rate for name, rate in USUAL_RATES.items()}


def history(home: Path, faults: Mapping[str, float] | None = None, *, days: int = 24, orders: int = 2_500) -> Path:
    wanted = Statements(faults or {}, 7)
    write_history(home / "inbox", until=UNTIL, days=days, orders=orders, state=home / "state", statements=wanted)
    return home / "inbox"


def truth(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / "state" / "truth" / TRUTH).read_text().splitlines()]


def told(path: Path) -> tuple[list[str], list[dict[str, str]], list[str]]:
    """Return a statement's lines above its table, its rows, and those below."""
    content = path.read_bytes()
    text = content.decode("utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "gb18030")
    lines = text.split("\r\n")
    header = next(number for number, line in enumerate(lines) if line.count(",") > 5)
    end = next((n for n in range(header + 1, len(lines)) if lines[n].startswith(("#", "人民币合计")) or not lines[n]), len(lines))
    cells = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO("\r\n".join(lines[header:end])))]
    return lines[:header], [dict(zip(cells[0], row, strict=True)) for row in cells[1:]], lines[end:]


def files(inbox: Path, pattern: str) -> list[Path]:
    found = sorted(inbox.glob(pattern))
    assert found, pattern
    return found


def yuan(text: str) -> Decimal:
    return Decimal(text.replace(",", "") or "0") if text not in ("", "-") else Decimal(0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return history(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return history(tmp_path_factory.mktemp("faulty"), MANY)


@pytest.mark.parametrize("shop", ["taobao_home", "tmall_flagship"])
def test_every_balance_of_alipay_follows_from_the_one_before_over_all_files(shop: str, faulty: Path) -> None:
    balance = None
    for path in files(faulty, f"{shop}/history/*账务明细*.csv"):
        for row in told(path)[1]:
            moved = yuan(row["收入金额（+元）"]) + yuan(row["支出金额（-元）"])
            assert balance is None or balance + moved == yuan(row["账户余额（元）"])
            balance = yuan(row["账户余额（元）"])


@pytest.mark.parametrize("pattern", ["*/history/*账务明细*.csv", "pdd_select/history/*账务明细*.csv"])
def test_footers_state_what_the_rows_add_up_to(pattern: str, faulty: Path) -> None:
    for path in files(faulty, pattern):
        _, rows, foot = told(path)
        for word, column in (("收入合计", "收入金额（+元）"), ("支出合计", "支出金额（-元）")):
            said = re.search(rf"#{word}：(\d+)笔，共(-?[\d.]+)元", "\n".join(foot))
            amounts = [yuan(row[column]) for row in rows if yuan(row[column])]
            assert said is not None
            assert (int(said[1]), Decimal(said[2])) == (len(amounts), sum(amounts, Decimal(0)))


def test_a_douyin_settlement_is_the_sum_of_its_components(faulty: Path) -> None:
    parts = ("订单实付应结", "运费实付", "实际平台补贴_运费", "实际平台补贴", "平台服务费", "佣金")
    rows = [row for path in files(faulty, "douyin_live/history/*动账明细*.csv") for row in told(path)[1]]
    settled = [row for row in rows if row["动账场景"] == "货款结算入账"]

    assert len(settled) > 50
    assert all(sum(yuan(row[name]) for name in parts) == yuan(row["动账金额"]) for row in settled)


def test_jd_pays_out_each_batch_to_the_last_fen(whole: Path) -> None:
    batches: dict[str, Decimal] = defaultdict(Decimal)
    for path in files(whole, "jd_flagship/history/*结算明细*.csv"):
        for row in told(path)[1]:
            batches[row["结算单号"]] += yuan(row["应结金额"])
    booked = {
        number: yuan(row["记账金额(收入)"])
        for path in files(whole, "bank/history/icbc_*.csv")
        for row in told(path)[1]
        if row["交易详情"].startswith("京东")
        for number in [row["交易详情"].split()[-1]]
    }

    assert len(booked) > 5
    assert booked == {number: batches[number] for number in booked}


def test_what_leaves_the_platforms_reaches_the_bank_at_home(whole: Path) -> None:
    left = Decimal(0)
    for pattern, column, word in (
        ("*/history/*账务明细*.csv", "支出金额（-元）", "提现"),
        ("douyin_live/history/*动账明细*.csv", "动账金额", "提现"),
    ):
        for path in files(whole, pattern):
            left += sum(
                (abs(yuan(row[column])) for row in told(path)[1] if word in "".join(row.values()) and not row_has_order(row)), Decimal(0)
            )
    arrived = Decimal(0)
    for path in files(whole, "bank/history/icbc_*.csv"):
        arrived += sum((yuan(row["记账金额(收入)"]) for row in told(path)[1] if not row["交易详情"].startswith("京东")), Decimal(0))
    # What left on the last days is still under way.
    assert Decimal(0) <= left - arrived < left / 3
    assert arrived > 10_000


def row_has_order(row: Mapping[str, str]) -> bool:
    return bool(row.get("商户订单号") or row.get("订单号"))


def test_a_bank_abroad_closes_where_its_lines_lead(faulty: Path) -> None:
    for path in files(faulty, "bank/history/mt940_*.sta"):
        text = path.read_text("ascii")
        opening, closing = (Decimal(re.search(rf":{tag}:C\d+USD([\d,]+)", text)[1].replace(",", ".")) for tag in ("60F", "62F"))  # type: ignore[index]
        lines = [Decimal(amount.replace(",", ".")) for amount in re.findall(r":61:\d{10}C([\d,]+)NTRF", text)]
        assert opening + sum(lines, Decimal(0)) == closing


def test_shopify_pays_out_what_the_transactions_of_a_payout_come_to(faulty: Path) -> None:
    sums: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for path in files(faulty, "shopify_global/history/payments_transactions_*.json"):
        for row in json.loads(path.read_bytes())["transactions"]:
            assert Decimal(row["amount"]) - Decimal(row["fee"]) == Decimal(row["net"])
            sums[row["payout_id"], row["currency"]] += Decimal(row["net"])

    assert len(sums) > 5
    assert set(sums.values()) == {Decimal(0)}


def test_the_same_seed_writes_the_same_statements_and_another_others(whole: Path, tmp_path: Path) -> None:
    again = history(tmp_path / "again")
    other = tmp_path / "other"
    write_history(other / "inbox", until=UNTIL, days=24, orders=2_500, seed=5, state=other / "state", statements=Statements({}, 7))

    for pattern in ("*/history/*明细*.csv", "bank/history/*", "*/history/payments*.json"):
        assert [path.read_bytes() for path in files(again, pattern)] == [path.read_bytes() for path in files(whole, pattern)]
        assert [path.read_bytes() for path in files(other / "inbox", pattern)] != [path.read_bytes() for path in files(whole, pattern)]


def test_without_faults_there_is_no_truth_to_tell(whole: Path) -> None:
    assert truth(whole.parent) == []


def test_every_fault_strikes_and_some_orders_are_struck_twice(faulty: Path) -> None:
    struck = {fault for row in truth(faulty.parent) for fault in row["faults"]}
    by_order: dict[str, set[str]] = defaultdict(set)
    for row in truth(faulty.parent):
        by_order[row["order_no"]] |= set(row["faults"])

    assert struck == set(MONEY_FAULTS) - {"lost_statement", "equal_sums"}
    assert any(len(faults) == 2 for faults in by_order.values())
    assert any(row["ambiguous"] for row in truth(faulty.parent))


def test_a_lost_statement_is_not_there_and_the_truth_names_what_it_told(whole: Path, tmp_path: Path) -> None:
    inbox = history(tmp_path, {"lost_statement": 0.5})
    names = {path.relative_to(whole).as_posix() for path in whole.rglob("*") if "history" in path.parts}
    gone = {name for name in names if not (inbox / name).exists()}
    told_of = {row["shop_id"] for row in truth(tmp_path)}

    assert gone
    assert {name.split("/")[0] for name in gone} == told_of
    assert all((inbox / name).read_bytes() == (whole / name).read_bytes() for name in names - gone if "/history/" in f"/{name}")


def test_day_by_day_ends_like_once_after_some_days(tmp_path: Path) -> None:
    for home, hours in ((tmp_path / "often", range(5, 73, 4)), (tmp_path / "once", (69,))):
        history(home, MANY, days=16, orders=1_200)
        for hour in hours:
            write_live(home / "inbox", state=home / "state", now=UNTIL + timedelta(hours=hour))
        write_live(home / "inbox", state=home / "state", now=UNTIL + timedelta(hours=72))
    often, once = (
        {p.relative_to(tmp_path / home).as_posix().partition("/")[2]: p.read_bytes() for p in (tmp_path / home / "inbox").glob("*/*明细_*")}
        for home in ("often", "once")
    )

    assert often and often == once
    assert (tmp_path / "often/state/merchant.npz").read_bytes() == (tmp_path / "once/state/merchant.npz").read_bytes()
    said = [sorted(json.dumps(row, sort_keys=True) for row in truth(tmp_path / home)) for home in ("often", "once")]
    assert said[0] == said[1]


def test_a_fault_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault of money is called lost_cat"):
        Rates({"lost_cat": 0.1})
    with pytest.raises(ValueError, match="between 0 and 1"):
        Rates({"cut_off": 3.0})


def test_dice_are_even_and_their_own_by_name() -> None:
    keys = np.arange(200_000, dtype=np.int64) + 2 * 10**11
    one, other = (dice(keys, seed=7, name=name) for name in ("cut_off", "exchange"))

    assert abs(float((one < 0.1).mean()) - 0.1) < 0.005
    assert abs(float(np.corrcoef(one, other)[0, 1])) < 0.01
