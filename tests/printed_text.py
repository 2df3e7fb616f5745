"""What does a PDF of ours say, and which fonts does it carry? Enough of the format to read what ``dashboard.printed`` writes."""

import base64
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_OBJECT = re.compile(rb"(\d+) 0 obj(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_SHOWN = re.compile(rb"/(F\d+\+\d+) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\) Tj", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_PAIR = re.compile(rb"<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)>")


@dataclass(frozen=True)
class Font:
    """A font of a file: its name, whether its outlines are in the file, and which character each code shows."""

    name: str
    embedded: bool
    shows: Mapping[int, str]


def fonts(pdf: bytes) -> list[Font]:
    """Return the fonts that texts are set in."""
    return [font for _, font in _fonts(_objects(pdf))]


def lines(pdf: bytes) -> list[str]:
    """Return the texts of a PDF, one for each piece that was drawn at once, in the order of drawing."""
    objects = _objects(pdf)
    known = dict(_fonts(objects))
    return [said for body in objects.values() for said in _said(_stream(body), known)]


def _said(content: bytes, known: Mapping[str, Font]) -> Iterator[str]:
    font = None
    for found in _SHOWN.finditer(content):
        if found[1] is not None:
            font = known.get(found[1].decode())
        elif font is not None and (text := "".join(font.shows.get(code, "�") for code in _unescaped(found[2]))).strip():
            yield text


def _fonts(objects: Mapping[int, bytes]) -> Iterator[tuple[str, Font]]:
    for body in objects.values():
        for name, number in re.findall(rb"/(F\d+\+\d+) (\d+) 0 R", body):
            held = objects[int(number)]
            shows = {int(code, 16): bytes.fromhex(sign.decode()).decode("utf-16-be") for code, sign in _pairs(objects, held)}
            described = _referred(objects, held, b"FontDescriptor")
            outlines = re.search(rb"/FontFile2 (\d+) 0 R", described)
            embedded = outlines is not None and len(_stream(objects[int(outlines[1])])) > 0
            called = re.search(rb"/BaseFont /(\S+)", held)
            yield name.decode(), Font(called[1].decode() if called else "", embedded, shows)


def _pairs(objects: Mapping[int, bytes], font: bytes) -> Iterator[tuple[bytes, bytes]]:
    told = _stream(_referred(objects, font, b"ToUnicode"))
    for part in re.findall(rb"beginbfchar(.*?)endbfchar", told, re.DOTALL):
        yield from _PAIR.findall(part)


def _referred(objects: Mapping[int, bytes], body: bytes, key: bytes) -> bytes:
    found = re.search(rb"/" + key + rb" (\d+) 0 R", body)
    return objects[int(found[1])] if found else b""


def _objects(pdf: bytes) -> dict[int, bytes]:
    return {int(number): body for number, body in _OBJECT.findall(pdf)}


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    if found is None:
        return b""
    # what follows the packed bytes is a line break, which their own end leaves out
    data = base64.a85decode(found[1].strip().removesuffix(b"~>")) if b"/ASCII85Decode" in body else found[1]
    return zlib.decompressobj().decompress(data) if b"/FlateDecode" in body else data


def _unescaped(text: bytes) -> bytes:
    def plain(found: re.Match[bytes]) -> bytes:
        code = found[1]
        named = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
        return bytes([int(code, 8)]) if code[:1].isdigit() else named.get(code, code)

    return _ESCAPED.sub(plain, text)
