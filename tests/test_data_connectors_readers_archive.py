"""What a path holds is listed whole, and nothing unsafe is unpacked."""

import gzip
import hashlib
import io
import struct
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from data.connectors.readers import UnreadableFile, archive, open_entries, preview, unpacked_bytes


def zip_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def refusal_of(path: Path) -> str:
    with pytest.raises(UnreadableFile) as problem:
        open_entries(path)
    return problem.value.code


def renamed(path: Path, *, old: bytes, new: bytes) -> Path:
    """Write a name into the archive's own bytes, as a tool without the UTF-8 flag would."""
    assert len(old) == len(new)
    path.write_bytes(path.read_bytes().replace(old, new))
    return path


def test_a_plain_file_is_one_entry_with_its_own_sha256(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(b"a,b\n1,2\n")

    (entry,) = open_entries(path)

    assert (entry.name, entry.size, entry.sha256) == ("orders.csv", 8, hashlib.sha256(b"a,b\n1,2\n").hexdigest())
    with entry.open() as file:
        assert file.read() == b"a,b\n1,2\n"


def test_a_gzip_is_known_by_its_content_and_hashed_as_it_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))

    (entry,) = open_entries(path)

    assert (entry.name, entry.sha256) == ("orders.csv", hashlib.sha256(path.read_bytes()).hexdigest())
    assert preview(entry).rows == [["a", "b"], ["1", "2"]]


def test_a_zip_gives_one_entry_a_member_hashed_unpacked(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "bill.zip", {"a.csv": b"a,b\n", "day/b.csv": b"c,d\n", "__MACOSX/._a.csv": b"x"})

    entries = open_entries(path)

    assert [entry.name for entry in entries] == ["bill.zip!a.csv", "bill.zip!day/b.csv"]
    assert entries[1].sha256 == hashlib.sha256(b"c,d\n").hexdigest()
    with entries[1].open() as first, entries[1].open() as second:
        assert first.read() == second.read() == b"c,d\n"


def test_gbk_names_without_the_utf8_flag_are_read(tmp_path: Path) -> None:
    name = "2088_业务明细.csv".encode("gbk")
    path = renamed(zip_of(tmp_path / "bill.zip", {"x" * len(name): b"a,b\n"}), old=b"x" * len(name), new=name)

    assert [entry.name for entry in open_entries(path)] == ["bill.zip!2088_业务明细.csv"]


def test_utf8_names_with_the_flag_are_read(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "bill.zip", {"业务明细.csv": b"a,b\n"})

    assert [entry.name for entry in open_entries(path)] == ["bill.zip!业务明细.csv"]


@pytest.mark.parametrize("name", ["../evil.csv", "a/../../evil.csv", "/etc/passwd", "C:\\evil.csv", "..\\evil.csv"])
def test_a_name_that_leaves_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    assert refusal_of(zip_of(tmp_path / "a.zip", {"good.csv": b"a", name: b"a"})) == "unsafe_name"


@pytest.mark.parametrize("inner", ["zip", "gzip"])
def test_an_archive_within_an_archive_is_refused(tmp_path: Path, inner: str) -> None:
    nested = zip_of(tmp_path / "b.zip", {"a.csv": b"a,b\n"}).read_bytes() if inner == "zip" else gzip.compress(b"a,b\n")

    assert refusal_of(zip_of(tmp_path / "a.zip", {"b.csv": nested})) == "nested_archive"


@pytest.mark.parametrize("inner", [gzip.compress(b"a,b\n", mtime=0), b"PK\x03\x04"])
def test_an_archive_within_a_gzip_is_refused(tmp_path: Path, inner: bytes) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(inner))

    assert refusal_of(tmp_path / "a.gz") == "nested_archive"


def test_a_workbook_is_no_archive_alone_or_within_a_zip(tmp_path: Path) -> None:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content)
    book.add_worksheet().write_row(0, 0, ["订单号", "金额"])
    book.close()
    (tmp_path / "a.csv").write_bytes(content.getvalue())

    entries = [*open_entries(tmp_path / "a.csv"), *open_entries(zip_of(tmp_path / "a.zip", {"b.xlsx": content.getvalue()}))]

    assert [(entry.name, preview(entry).rows) for entry in entries] == [
        ("a.csv", [["订单号", "金额"]]),
        ("a.zip!b.xlsx", [["订单号", "金额"]]),
    ]


def test_a_packed_file_says_how_large_it_is_unpacked(tmp_path: Path) -> None:
    text = b"a,b\n" * 10_000
    (tmp_path / "a.csv").write_bytes(text)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text))
    zip_of(tmp_path / "a.zip", {"a.csv": text, "b.csv": text})
    (tmp_path / "cut.zip").write_bytes((tmp_path / "a.zip").read_bytes()[:100])
    (tmp_path / "cut.gz").write_bytes(b"\x1f\x8b")

    sizes = {path.name: unpacked_bytes(path) for path in tmp_path.iterdir()}

    assert sizes.pop("cut.gz") >= 2
    assert sizes == {"a.csv": 40_000, "a.csv.gz": 40_000, "a.zip": 80_000, "cut.zip": 100}


def test_a_bomb_is_refused_by_its_ratio_before_it_is_unpacked(tmp_path: Path) -> None:
    assert refusal_of(zip_of(tmp_path / "a.zip", {"a.csv": bytes(archive.RATIO_FREE_BYTES + 1)})) == "too_large"


def test_a_gzip_bomb_is_refused_while_it_unpacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "RATIO_FREE_BYTES", 1 << 20)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(bytes(8 << 20)))
    (entry,) = open_entries(tmp_path / "a.csv.gz")

    with pytest.raises(UnreadableFile) as problem:
        preview(entry)

    assert problem.value.code == "too_large"


def test_a_size_that_lies_in_the_directory_is_damage(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"a.csv": b"a,b\n" * 1000})
    path.write_bytes(path.read_bytes().replace(struct.pack("<L", 4000), struct.pack("<L", 40)))

    assert refusal_of(path) == "damaged"


def test_more_than_a_thousand_members_are_refused(tmp_path: Path) -> None:
    assert refusal_of(zip_of(tmp_path / "a.zip", {f"{number}.csv": b"" for number in range(1001)})) == "too_many_entries"


def test_a_protected_member_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"a.csv": b"a,b\n"})
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag in the local header
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    path.write_bytes(content)

    assert refusal_of(path) == "encrypted"


def test_a_cut_or_empty_archive_is_refused(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"a.csv": b"a,b\n" * 1000})
    path.write_bytes(path.read_bytes()[:-30])
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"a,b\n" * 1000)[:-10])
    (entry,) = open_entries(tmp_path / "cut.csv.gz")

    with pytest.raises(UnreadableFile) as problem:
        preview(entry)

    assert (refusal_of(path), problem.value.code) == ("damaged", "damaged")
    assert refusal_of(zip_of(tmp_path / "none.zip", {})) == "empty"
