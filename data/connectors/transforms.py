"""What does a column of text say, as ids, names and codes?"""

from zoneinfo import available_timezones

import pyarrow.compute as pc

from data.connectors.texts import Parsed, Texts, by_unique, faults_of, filled, mask_of, without


def text(texts: Texts) -> Parsed:
    """Strip a text; a NUL character is a fault, for Postgres cannot store it."""
    values = pc.utf8_trim_whitespace(texts)
    nul = mask_of(pc.match_substring(values, "\0"))
    return Parsed(without(values, nul), faults_of(control_character=nul))


def identifier(texts: Texts) -> Parsed:
    """Read an id: a ``.0`` left by a spreadsheet is repaired, an exponent cannot be.

    >>> from data.connectors.texts import as_texts
    >>> identifier(as_texts(["35153131473293579", "10160070484512.0", "2.026E+27"])).values.to_pylist()
    ['35153131473293579', '10160070484512', None]
    """
    values = pc.utf8_trim_whitespace(texts)
    plain = pc.match_substring_regex(values, r"^[A-Za-z0-9_#-]{1,64}$")
    if pc.all(pc.fill_null(plain, True)).as_py():
        return Parsed(values)
    repaired = pc.replace_substring_regex(values, r"^(\d+)\.0+$", r"\1")
    repairs = int(pc.sum(pc.fill_null(pc.not_equal(repaired, values), False)).as_py() or 0)
    damaged = mask_of(pc.match_substring_regex(repaired, r"^\d+(\.\d+)?[eE]\+\d+$|^\d+\.\d+[eE]\d+$"))
    odd = mask_of(pc.match_substring_regex(repaired, r"[\x00-\x1f\x7f]"))
    long = mask_of(pc.greater(pc.utf8_length(repaired), 64))
    bad = (odd | long) & ~damaged
    notices = {"repaired_id": repairs} if repairs else {}
    return Parsed(without(repaired, damaged | bad), faults_of(damaged_id=damaged, bad_id=bad), notices)


def currency(texts: Texts) -> Parsed:
    """Read ISO currency codes.

    >>> from data.connectors.texts import as_texts
    >>> currency(as_texts(["usd", "人民币", "US$"])).values.to_pylist()
    ['USD', 'CNY', None]
    """
    codes = by_unique(texts, lambda word: {"人民币": "CNY", "RMB": "CNY"}.get(word.strip().upper(), word.strip().upper()))
    good = mask_of(pc.match_substring_regex(codes, "^[A-Z]{3}$"))
    return Parsed(without(codes, ~good), faults_of(not_a_currency=filled(texts) & ~good))


def zone_name(texts: Texts) -> Parsed:
    """Read IANA time zone names."""
    # to list them takes as long as to read a file
    zones = available_timezones()
    known = by_unique(pc.utf8_trim_whitespace(texts), lambda word: word if word in zones else None)
    return Parsed(known, faults_of(not_a_zone=filled(texts) & ~filled(known)))


def waybill_of_pair(texts: Texts) -> Parsed:
    """Read the waybill of Douyin's ``SF123-顺丰速运``.

    >>> from data.connectors.texts import as_texts
    >>> waybill_of_pair(as_texts(["SF123-顺丰速运", "SF123"])).values.to_pylist()
    ['SF123', 'SF123']
    """
    return identifier(pc.replace_substring_regex(texts, r"^([A-Za-z0-9]+)-[^A-Za-z0-9].*$", r"\1"))
