"""Can everybody read the theme's texts and tell its colours apart, whichever way they see colours?"""

import tomllib
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from dashboard import charts
from dashboard.health_charts import STRENGTHS
from dashboard.server import CONFIG

Vector = npt.NDArray[np.float64]

THEMES = ("light", "dark")
ROLES = ("actual", "previous", "accent", "good", "watch", "severe", "grey")
# Those that stand beside each other and mean different things.
TOLD_APART = ("good", "watch", "severe", "actual", "previous")
# CIEDE2000: 1 is the least difference one sees side by side (Sharma, Wu, Dalal 2005).
APART = 12
# WCAG 2.2, 1.4.3: of a text on its ground; of a large one.
READABLE, LARGE = 4.5, 3.0
# So much of a text's colour remains in a caption; what is chosen and badges stand on so much of their colour. Streamlit's theme.
CAPTION, TINT = 0.6, 0.1

# Machado, Oliveira, Fernandes 2009, "A Physiologically-based Model for Simulation of Color Vision Deficiency", severity 1.0, linear RGB.
SEEN = {
    "everybody": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ),
}
# IEC 61966-2-1: linear sRGB to XYZ, D65.
XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])


def theme(name: str) -> dict[str, str]:
    """Return the colours of a theme by their option, the roles of charts among them."""
    with CONFIG.open("rb") as file:
        options: dict[str, Any] = tomllib.load(file)["theme"][name]
    return options | dict(zip(ROLES, options["chartCategoricalColors"], strict=True))


def rgb(color: str) -> Vector:
    return np.array([int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)])


def linear(color: Vector) -> Vector:
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)


def over(color: str, ground: str, *, strength: float) -> Vector:
    """Return what is seen of a colour that lets its ground through."""
    return strength * rgb(color) + (1 - strength) * rgb(ground)


def contrast(one: Vector, other: Vector) -> float:
    """Return the contrast of two colours after WCAG 2.2."""
    darker, lighter = sorted(float(XYZ[1] @ linear(color)) for color in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def lab(seen: Vector) -> Vector:
    """Return a linear colour in CIELAB, D65."""
    ratio = (XYZ @ seen) / XYZ.sum(axis=1)
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def difference(one: Vector, other: Vector) -> float:
    """Return CIEDE2000 of two colours in CIELAB (Sharma, Wu, Dalal 2005, equations 2 to 22)."""
    lightness = np.array([one[0], other[0]])
    chroma = float(np.mean([np.hypot(*one[1:]), np.hypot(*other[1:])]))
    stretch = 1 + 0.5 * (1 - np.sqrt(chroma**7 / (chroma**7 + 25**7)))
    a, b = np.array([one[1], other[1]]) * stretch, np.array([one[2], other[2]])
    c, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    grey = c.prod() == 0
    turn = 0.0 if grey else (hue[1] - hue[0] + 180) % 360 - 180
    middle = hue.sum() if grey else (hue[0] + turn / 2) % 360
    shift = 2 * np.sqrt(c.prod()) * np.sin(np.radians(turn / 2))
    t = 1 + sum(
        weight * np.cos(np.radians(times * middle + by))
        for weight, times, by in ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.2, 4, -63))
    )
    off = (lightness.mean() - 50) ** 2
    parts = (
        (lightness[1] - lightness[0]) / (1 + 0.015 * off / np.sqrt(20 + off)),
        (c[1] - c[0]) / (1 + 0.045 * c.mean()),
        shift / (1 + 0.015 * c.mean() * t),
    )
    rotation = -2 * np.sqrt(c.mean() ** 7 / (c.mean() ** 7 + 25**7)) * np.sin(np.radians(60 * np.exp(-(((middle - 275) / 25) ** 2))))
    return float(np.sqrt(sum(part**2 for part in parts) + rotation * parts[1] * parts[2]))


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1, 2), (50, 0, 0), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_of_two_colours_is_that_of_the_published_pairs(
    one: tuple[float, ...], other: tuple[float, ...], apart: float
) -> None:
    assert difference(np.array(one), np.array(other)) == pytest.approx(apart, abs=5e-5)
    assert difference(np.array(other), np.array(one)) == pytest.approx(apart, abs=5e-5)


def test_the_roles_are_those_of_the_charts_in_their_order() -> None:
    assert [getattr(charts, role.upper()) for role in ROLES] == [f"#{number:06d}" for number in range(1, len(ROLES) + 1)]


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("eyes", SEEN)
def test_no_eyes_take_one_role_for_another(eyes: str, name: str) -> None:
    seen = {role: lab(np.clip(SEEN[eyes] @ linear(rgb(theme(name)[role])), 0, 1)) for role in TOLD_APART}

    near = {pair: difference(*(seen[role] for role in pair)) for pair in combinations(TOLD_APART, 2)}
    assert {pair: round(apart, 1) for pair, apart in near.items() if apart < APART} == {}


@pytest.mark.parametrize("name", THEMES)
def test_a_light_has_the_colour_of_its_role(name: str) -> None:
    colors = theme(name)

    named = [colors[option] for option in ("greenColor", "orangeColor", "redColor", "grayColor")]
    assert named == [colors[role] for role in ("good", "watch", "severe", "grey")]


@pytest.mark.parametrize("ground", ["backgroundColor", "secondaryBackgroundColor"])
@pytest.mark.parametrize("name", THEMES)
def test_texts_links_and_captions_are_readable(name: str, ground: str) -> None:
    colors = theme(name)
    below = rgb(colors[ground])

    read = {text: contrast(rgb(colors[text]), below) for text in ("textColor", "linkColor", "actual", "accent", "grey")}
    read |= {"caption": contrast(over(colors["textColor"], colors[ground], strength=CAPTION), below)}
    assert {text: round(ratio, 2) for text, ratio in read.items() if ratio < READABLE} == {}
    assert contrast(rgb(colors["dataframeHeaderTextColor"]), rgb(colors["dataframeHeaderBackgroundColor"])) >= READABLE


@pytest.mark.parametrize("name", THEMES)
def test_a_figure_is_readable_on_a_loss_of_any_strength(name: str) -> None:
    colors = theme(name)

    cells = [over(colors["severe"], colors["backgroundColor"], strength=strength) for strength in STRENGTHS]
    assert min(contrast(rgb(colors["actual"]), cell) for cell in cells) >= READABLE


@pytest.mark.parametrize("name", THEMES)
def test_what_is_chosen_is_readable_and_so_is_white_on_a_button(name: str) -> None:
    colors = theme(name)
    primary = colors["primaryColor"]

    assert contrast(rgb(primary), over(primary, colors["backgroundColor"], strength=TINT)) >= READABLE
    # Streamlit writes white on its primary buttons and says what is chosen in the same colour: on a dark ground no colour serves both
    assert contrast(rgb("#FFFFFF"), rgb(primary)) >= (READABLE if name == "light" else LARGE)
