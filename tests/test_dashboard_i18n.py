"""Is every word a person reads in the catalogue of both languages?"""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from dashboard.i18n import LANGUAGES, SOURCE, catalogue, speaking, t

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted([*(ROOT / "dashboard").glob("*.py"), *(ROOT / "pages").glob("*.py")])
# Figures in both languages side by side, names of demo people, and the switch itself need no catalogue.
TWO_TONGUED = {"fmt.py"}
NAMES = {"中文", "林悦", "周衡", "陈阳", "许清", "赵川", "何鸣", "语言 / Language", "，", "一二三四五六日"}
# What Streamlit draws as words, by the name of its first argument.
SPOKEN = {"markdown", "caption", "button", "metric", "text_input", "selectbox", "multiselect", "radio", "toggle", "checkbox", "toast"}
SPOKEN |= {
    "error",
    "warning",
    "info",
    "success",
    "title",
    "header",
    "subheader",
    "write",
    "text",
    "popover",
    "expander",
    "form_submit_button",
}
SPOKEN |= {"download_button", "segmented_control", "file_uploader", "date_input", "pills", "tabs"}


def _is_chinese(text: str) -> bool:
    return any("\u3000" < sign <= "\u9fff" or "\uff00" <= sign <= "\uffef" for sign in text.replace("　", ""))


def _messages(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("t", "msg"):
            for argument in node.args[:1]:
                assert isinstance(argument, ast.Constant | ast.Name | ast.Attribute | ast.Subscript | ast.IfExp), ast.dump(argument)
                if isinstance(argument, ast.Constant):
                    yield str(argument.value)


def _docstrings(tree: ast.AST) -> set[int]:
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)]
    return {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}


def _unwrapped(tree: ast.AST) -> Iterator[str]:
    wrapped = {
        id(argument)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("t", "msg", "_both")
        for argument in node.args
    }
    told = _docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in wrapped | told:
            text = node.value.strip()
            if _is_chinese(text) and text not in NAMES:
                yield text


def _english_literals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SPOKEN and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and any(sign.isalpha() for sign in first.value):
                yield first.value


@pytest.mark.parametrize("file", [file for file in FILES if file.name not in TWO_TONGUED], ids=lambda file: file.name)
def test_no_chinese_word_is_left_out_of_the_catalogue(file: Path) -> None:
    assert list(_unwrapped(ast.parse(file.read_text()))) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_english_word_is_drawn_unwrapped(file: Path) -> None:
    assert [text for text in _english_literals(ast.parse(file.read_text())) if text not in NAMES] == []


@pytest.mark.parametrize("code", [code for code, _ in LANGUAGES if code != SOURCE])
def test_every_message_is_translated_and_no_translation_is_left_over(code: str) -> None:
    used = {message for file in FILES for message in _messages(ast.parse(file.read_text()))}

    assert used - set(catalogue(code)) == set()
    assert set(catalogue(code)) - used == set()


@pytest.mark.parametrize("code", [code for code, _ in LANGUAGES if code != SOURCE])
def test_a_translation_names_the_same_values_and_no_chinese(code: str) -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert [chinese for chinese, said in catalogue(code).items() if fields(chinese) != fields(said)] == []
    assert [said for said in catalogue(code).values() if _is_chinese(said)] == []


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1 order is not scored yet, the next run will do it"),
        ("1", "1 order is not scored yet, the next run will do it"),
        (0, "0 orders are not scored yet, the next run will do it"),
        ("1,001", "1,001 orders are not scored yet, the next run will do it"),
    ],
)
def test_english_says_one_and_many_apart(count: object, said: str) -> None:
    with speaking("en"):
        assert t("{count} 单还没有评估，下一次评分就有", count=count) == said


def test_the_scan_sees_a_bare_word() -> None:
    assert list(_unwrapped(ast.parse('st.button("保存")'))) == ["保存"]
    assert list(_english_literals(ast.parse('st.button("Save")'))) == ["Save"]
