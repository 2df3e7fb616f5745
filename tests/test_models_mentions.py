"""Does an @ call exactly the colleague it names?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.mentions import called

NAMES = {"chen": "陈阳", "chen2": "陈阳光", "li@a.example": "Li Na", "demo.it": "何鸣", "he": "何鸣"}


@pytest.mark.parametrize(
    ("words", "person_ids", "unknown"),
    [
        ("@陈阳 请看", ("chen",), ()),
        ("@陈阳请看", ("chen",), ()),
        # the longer name is meant
        ("请@陈阳光看", ("chen2",), ()),
        ("@CHEN，@Chen", ("chen",), ()),
        ("抄送@li na。", ("li@a.example",), ()),
        ("@li@a.example", ("li@a.example",), ()),
        # two bear the name, and nobody who was meant is left out
        ("@何鸣", ("demo.it", "he"), ()),
        ("@demo.item", (), ("demo.item",)),
        ("@张三 和 @李四、@张三", (), ("张三", "李四")),
        ("写信到 x@b.cn 或 chen@chen", (), ()),
        ("@ 陈阳", (), ()),
        ("@@陈阳", ("chen",), ()),
        ("没有人", (), ()),
    ],
)
def test_an_at_calls_whom_it_names(words: str, person_ids: tuple[str, ...], unknown: tuple[str, ...]) -> None:
    found = called(words, names=NAMES)

    assert (found.person_ids, found.unknown) == (person_ids, unknown)


@given(words=st.text(alphabet=st.sampled_from("@陈阳光何鸣chen.it 李\n👍"), max_size=60))
def test_whoever_is_called_is_somebody_and_is_called_once(words: str) -> None:
    found = called(words, names=NAMES)

    assert set(found.person_ids) <= set(NAMES)
    assert len(set(found.person_ids)) == len(found.person_ids)
    assert len(found.person_ids) + len(found.unknown) <= 2 * words.count("@")
    assert all(f"@{word}" in words for word in found.unknown)


def test_nobody_is_called_where_nobody_may_see_the_order() -> None:
    assert called("@陈阳", names={}).unknown == ("陈阳",)
