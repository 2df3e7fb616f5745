"""Does the web app run with the settings of its one file, on this machine alone, asking nobody else for anything?"""

import re
from pathlib import Path

import pytest
from streamlit import config as streamlit_config

from dashboard.navigation import PAGES
from dashboard.server import CONFIG, SCRIPT, server_config
from data.settings import Settings


@pytest.fixture
def config(tmp_path: Path) -> dict[str, object]:
    return server_config(Settings(home=tmp_path, port=8599))


def test_it_binds_to_this_machine_and_the_port_of_the_settings(config: dict[str, object]) -> None:
    assert (config["server.address"], config["server.port"]) == ("127.0.0.1", 8599)


def test_the_demo_answers_to_names_of_this_machine_only(tmp_path: Path, config: dict[str, object]) -> None:
    assert config["server.allowedHosts"] == ["127.0.0.1", "localhost", "::1"]
    assert "server.allowedHosts" not in server_config(Settings(home=tmp_path, inbox=tmp_path))


def test_nothing_is_fetched_from_the_network_or_told_to_anybody(config: dict[str, object]) -> None:
    assert config["browser.gatherUsageStats"] is False
    assert not re.search(r"https?://", CONFIG.read_text())


def test_the_agent_interface_stays_off(config: dict[str, object]) -> None:
    assert config["server.enableAgentApi"] is False


def test_every_option_is_one_that_streamlit_knows(config: dict[str, object]) -> None:
    known = {name for name in streamlit_config.get_config_options() if name}

    assert {name for name in config if name not in known} == set()


def test_light_and_dark_say_the_same_things(config: dict[str, object]) -> None:
    light, dark = ({name.split(".")[-1] for name in config if name.startswith(f"theme.{mode}.")} for mode in ("light", "dark"))

    assert light == dark >= {"backgroundColor", "textColor", "primaryColor", "chartCategoricalColors"}


def test_chinese_is_set_in_fonts_of_the_machine(config: dict[str, object]) -> None:
    for name in ("theme.font", "theme.headingFont"):
        assert {"PingFang SC", "Microsoft YaHei", "Noto Sans SC"} <= set(re.findall(r"'([^']+)'", str(config[name])))


def test_the_entry_script_is_absolute_and_every_page_is_a_file() -> None:
    assert SCRIPT.is_absolute()
    assert [page.path for page in PAGES if not (SCRIPT.parent / page.path).is_file()] == []
    assert len({page.url_path for page in PAGES}) == len(PAGES)


def test_no_colour_is_written_outside_the_config_file() -> None:
    folder = SCRIPT.parent
    # a workbook is drawn by Excel, which knows no theme of ours
    files = [file for file in (*folder.glob("*.py"), *(folder.parent / "pages").glob("*.py")) if file.name != "workbook.py"]

    assert [file.name for file in files if re.search(r"#[0-9a-fA-F]{6}\b", file.read_text())] == []
