"""A workbook's cells are given as a person sees them, and a workbook that would burst memory is refused."""

import base64
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import BinaryIO, cast

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from data.connectors.readers import Entry, UnreadableFile, excel, preview, raw_row, read
from data.connectors.readers.excel import shown
from data.connectors.readers.sheet_extent import largest_sheet_cells

# A bank's .xls as BIFF8, written once with xlwt: a title row, a header, a row with a date, a card tail and a balance.
XLS = zlib.decompress(
    base64.b85decode(
        rb"""c-rk)OGs2v82-+^cbpmVF}@-VY!I@1Eu<DD=+&@vGinZ0MpT-Ug{CpoA~%^fixyJQ#-bL6E!tQS^q_)V1T6x4EP^6%irTaa3R|eR|NQsf8m+*A5|r~@&VT;%"""
        rb"""zs~!dd++nftf|pk1#v7u4Rp*|exxMG1SP*)2!QmKC0RH3QL+@475qM$$P^DAq(Ae@Ih6AqhlZQR1X18UrM)<YroP@ta0#)M+t4m#8>)#4Tqa2d^0`&nOb;^6"""
        rb"""VS0ltA2O|F$uQGuvYirpFljcGZgy7jZmo!Q8IW=Bvd<fqR3Z;g<tjdPUf8xC)J2c9_bf9-p^=6$(1bQbdLvO;UX5!sQfMPoghCbd^})u*s!*sZ9G*fh&H5O="""
        rb"""SwY~dyS*O=m3(RC0wn)FU+(>j+()yyP<}x(fB{$sc(=rmh7v<+G*NeSQ_l>x@ZOe*^u@!|VI87><lMgLumLgFlym4~WNjC*?cuVnw>v}4WYyMuWrP-1WvV>*"""
        rb"""`Jf2QJ1Ek51Emq|L?-iDyp00Xz?th`UWPha%>67G;LE|jLe|NK!oq3kLCzVh(V0q3DSMPL9ptEMm@i<OOKY6+;+8yz**?TJXINWI^=xFkGS?^Y8;Fm6-f^!m"""
        rb"""_Q5P6e!L;xpF95A97PdbX`SRRpCOcsa&hUR#C_Avg>&4zW19cl(c{wsPTwr&p3KB7Qkl(SDlG)}ZoY+J3rX#gJAQUaqmur!q*KXoVrhSfrEx5e97)YS*s}5D"""
        rb"""_SF}yCqC6a;vUF&gNLP+e%4FzYP4+Jk#2Ng{z57g6ciK`6ciK`RxkvA57@8Y^7Yc=yxM!6|2ngj=G1SJ6^mB%(Q}->CAXoM@+eLwwSHE?BivYGkv{JKLWx~e"""
        rb"""dlcR1;C6H;y?*J#MkMxU(T;(Cw}q0ee=eDJ{^$CC06xFsEC"""
    )
)


def entry_of(content: bytes, *, name: str = "a.xlsx") -> Entry:
    return Entry(name, len(content), "", lambda: cast(BinaryIO, io.BytesIO(content)))


def workbook_of(sheets: Mapping[str, Sequence[Sequence[object]]]) -> Entry:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"default_date_format": "yyyy-mm-dd hh:mm:ss"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, place, value)
                elif value is not None:
                    sheet.write(number, place, value)
    book.close()
    return entry_of(content.getvalue())


def rows_of(entry: Entry, *, sheet: str | None = None, header_row: int = 1) -> dict[int, list[object]]:
    rows: dict[int, list[object]] = {}
    for chunk in read(entry, preview(entry, sheet=sheet), header_row=header_row):
        assert chunk.frame is not None
        cells = chunk.frame.astype(object).where(chunk.frame.notna(), None).to_numpy().tolist()
        rows |= dict(zip(chunk.row_number.tolist(), cells, strict=True))
    return rows


def test_numbers_dates_and_texts_are_given_as_shown() -> None:
    # A workbook's times have no zone.
    paid, day = datetime.fromisoformat("2026-09-03T10:15:59"), datetime.fromisoformat("2026-09-04")
    entry = workbook_of(
        {
            "订单": [
                ["订单编号", "金额（元）", "付款时间", "数量"],
                ["35153131473293579001", 1234.5, paid, 3],
                [10160070484512.0, 0.1 + 0.2, day, "--"],
                [2.026e27, 1e-7, "'2026-09-05\t", True],
            ]
        }
    )

    assert rows_of(entry) == {
        2: ["35153131473293579001", "1234.5", "2026-09-03 10:15:59", "3"],
        3: ["10160070484512", "0.3", "2026-09-04 00:00:00", None],
        4: ["2.026E+27", "0.0000001", "2026-09-05", "TRUE"],
    }


@given(st.floats(-1e300, 1e300))
def test_a_number_is_exact_or_visibly_damaged(number: float) -> None:
    text = shown(number)

    assert "E" in text if abs(number) >= 1e15 else "e" not in text.lower()
    assert float(text) == pytest.approx(number, rel=1e-14)


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_an_id_of_up_to_fifteen_digits_keeps_them_all(number: int) -> None:
    assert shown(float(number)) == str(number)


def test_blank_rows_count_and_the_sheet_begins_at_row_one() -> None:
    entry = workbook_of({"a": [[], ["名称：日报"], [], ["订单号", "金额"], [], ["1", "2"]]})

    assert rows_of(entry, header_row=4) == {6: ["1", "2"]}
    assert preview(entry).rows[3] == ["订单号", "金额"]


def test_the_first_sheet_with_a_table_is_taken_unless_one_is_asked() -> None:
    entry = workbook_of(
        {"说明": [["请勿修改"]], "交易汇总": [["订单编号", "金额"], ["1", "2"]], "费用明细": [["费用", "金额"], ["佣金", "-1"]]}
    )

    seen = preview(entry)

    assert (seen.sheets, seen.sheet) == (("说明", "交易汇总", "费用明细"), "交易汇总")
    assert rows_of(entry) == {2: ["1", "2"]}
    assert rows_of(entry, sheet="费用明细") == {2: ["佣金", "-1"]}
    with pytest.raises(UnreadableFile, match="没有这个工作表"):
        preview(entry, sheet="没有")


def test_an_old_xls_is_read_by_its_magic_bytes() -> None:
    entry = entry_of(XLS, name="bank.csv")

    assert rows_of(entry, header_row=2) == {3: ["1", "2025-12-03 14:06:51", "6688", "1234.56"]}


def test_a_refused_row_can_be_shown_again() -> None:
    entry = workbook_of({"a": [["订单号", "金额"], ["1", "2"], ["3", 4.5]]})

    assert raw_row(entry, preview(entry), 3) == ["3", "4.5"]


@pytest.mark.parametrize("content", [b"PK\x03\x04nonsense", b"\xd0\xcf\x11\xe0nonsense", XLS[:700]])
def test_a_broken_workbook_is_refused_whole(content: bytes) -> None:
    with pytest.raises(UnreadableFile) as problem:
        preview(entry_of(content))

    assert problem.value.code == "damaged"


def test_an_empty_workbook_is_refused_whole() -> None:
    with pytest.raises(UnreadableFile) as problem:
        preview(workbook_of({"a": []}))

    assert problem.value.code == "empty"


def test_a_stray_cell_in_the_last_corner_is_refused_before_it_takes_memory() -> None:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content)
    book.add_worksheet().write(1048575, 16383, "stray")
    book.close()

    with pytest.raises(UnreadableFile) as problem:
        preview(entry_of(content.getvalue()))

    assert problem.value.code == "too_large"


@pytest.mark.parametrize(
    ("sheet", "cells"),
    [
        (b'<row r="3"><c r="B3"><v>1</v></c></row>', 3 * 2),
        (b"<row\nr='3'><c\ts='1'\nr='AB3'/></row>", 3 * 28),
        (b'<x:row spans="1:2" r="12"><x:c r="XFD12"/></x:row>', 12 * 16384),
        (b'<row r="3"><c r="B1048576"/></row>', 1048576 * 2),
        (b"<row><c><v>1</v></c></row>", 1),
    ],
)
def test_the_extent_of_a_sheet_is_seen_however_it_is_written(sheet: bytes, cells: int) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", sheet)

    with zipfile.ZipFile(content) as archive:
        assert largest_sheet_cells(archive) == cells


def test_a_bomb_within_a_workbook_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "MAX_UNPACKED_BYTES", 1000)

    with pytest.raises(UnreadableFile) as problem:
        preview(workbook_of({"a": [["x" * 100, "y"]] * 50}))

    assert problem.value.code == "too_large"
