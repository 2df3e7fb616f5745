"""Are the index's components, grades and caps as they are written down?"""

from dataclasses import replace

import pytest

from models.health.components import CAPS, COMPONENTS, DEFINITION, GRADES, Component, definition_as_json, definition_from_json, grade_of


def test_the_weights_add_up_to_a_hundred_and_the_three_named_first_hold_eighty() -> None:
    weights = [component.weight for component in COMPONENTS]

    assert sum(weights) == 100
    assert sum(weights[:3]) == 80


def test_no_code_key_or_measure_appears_twice() -> None:
    measures = [name for component in COMPONENTS for name in (component.units, component.good)]

    assert len(set(measures)) == len(measures)
    assert len({component.key for component in COMPONENTS}) == len({component.code for component in COMPONENTS}) == len(COMPONENTS)
    assert len({cap.code for cap in CAPS}) == len(CAPS)


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.code)
def test_a_component_promises_no_more_than_its_target_and_more_than_its_floor(component: Component) -> None:
    assert component.floor < component.slo <= component.target <= 1


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.code)
def test_a_component_is_described_in_both_languages(component: Component) -> None:
    words = (component.name_zh, component.name_en, component.counts_zh, component.counts_en, component.good_zh, component.good_en)

    assert all(words) and component.owner


@pytest.mark.parametrize(
    ("score", "grade"), [(100, "excellent"), (90, "excellent"), (89.99, "good"), (80, "good"), (70, "watch"), (69.9, "poor"), (-1, "poor")]
)
def test_a_grade_begins_at_its_least_score(score: float, grade: str) -> None:
    assert grade_of(score) == grade


def test_the_best_grade_comes_first() -> None:
    assert [grade.name_zh for grade in GRADES] == ["优", "良", "关注", "差"]


def test_a_version_read_back_is_the_version_stored() -> None:
    heavier = tuple(replace(component, weight=component.weight + 1) for component in COMPONENTS[:4])
    version = replace(DEFINITION, version=2, components=heavier, caps=CAPS[:2], note="旺季")

    assert definition_from_json(definition_as_json(DEFINITION)) == DEFINITION
    assert definition_from_json(definition_as_json(version)) == version


def test_an_unknown_key_is_named() -> None:
    stored = {**definition_as_json(DEFINITION), "colour": "red"}

    with pytest.raises(ValueError, match="unknown: colour"):
        definition_from_json(stored)


@pytest.mark.parametrize("key", ["weights", "floors", "targets", "slos", "ceilings"])
def test_an_unknown_code_is_named_with_its_place(key: str) -> None:
    stored = definition_as_json(DEFINITION)
    numbers = stored[key]
    assert isinstance(numbers, dict)

    with pytest.raises(ValueError, match=f"unknown: {key}.C9"):
        definition_from_json({**stored, key: {**numbers, "C9": 1}})


def test_a_component_without_its_target_is_named() -> None:
    stored = definition_as_json(DEFINITION)
    targets = stored["targets"]
    assert isinstance(targets, dict)
    del targets["C2"]

    with pytest.raises(ValueError, match=r"missing: targets.C2"):
        definition_from_json(stored)


@pytest.mark.parametrize("changes", [{"weight": 0}, {"floor": 0.98}, {"target": 0.5}])
def test_a_component_needs_a_weight_and_a_floor_below_its_target(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="C1"):
        replace(COMPONENTS[0], **changes)  # type: ignore[arg-type] # any of its numbers
