"""A handful of files of the same few orders, for laws that must hold in whatever order they arrive."""

from pathlib import Path

from hypothesis import strategies as st

from tests.own_files import (
    CLOSED,
    DONE,
    SHIPPED,
    TO_SHIP,
    UNPAID,
    stock_out,
    taobao_line,
    taobao_order,
    write_lines,
    write_orders,
    write_stock_out,
)

_STATUSES = st.sampled_from([UNPAID, TO_SHIP, SHIPPED, DONE, CLOSED])


@st.composite
def some_files(draw: st.DrawFn) -> list[tuple[str, list[dict[str, str]]]]:
    """A handful of files that speak, at different moments, of the same few orders."""
    files: list[tuple[str, list[dict[str, str]]]] = []
    for place in range(draw(st.integers(1, 4))):
        day = draw(st.integers(2, 9))
        stamp = taobao_order(90, paid=f"2026-11-{day:02d} 09:00:00", 订单创建时间="2026-11-01 09:00:00")
        orders = []
        for number in draw(st.sets(st.integers(1, 3), min_size=1)):
            status = draw(_STATUSES)
            amount = draw(st.sampled_from(["100.00", "90.00"]))
            orders.append(taobao_order(number, status=status, paid=None if status == UNPAID else "2026-11-01 10:05:00", 总金额=amount))
        files.append((f"orders{place}", draw(st.permutations([*orders, stamp]))))
    for place in range(draw(st.integers(0, 2))):
        lines = [taobao_line(draw(st.integers(1, 3)), draw(st.sampled_from(["SKU1", "SKU2"]))) for _ in range(draw(st.integers(1, 4)))]
        files.append((f"lines{place}", lines))
    for place in range(draw(st.integers(0, 2))):
        hour = draw(st.integers(12, 20))
        shipped = draw(st.sampled_from(["", f"2026-11-01 {hour}:00:00"]))
        files.append((f"stock{place}", [stock_out(draw(st.integers(1, 3)), shipped=shipped, updated=f"2026-11-02 {hour}:00:00")]))
    return files


def write_file(folder: Path, name: str, cells: list[dict[str, str]]) -> Path:
    """Write one of them."""
    write = {"orders": write_orders, "lines": write_lines, "stock": write_stock_out}[name.rstrip("0123456789")]
    return write(folder / f"{name}.csv", cells)
