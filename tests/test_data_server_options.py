"""Do the server's settings suit small machines, large ones and containers?"""

import re
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import server_options
from data.server_options import MEGABYTE, usable_memory_bytes


@given(st.integers(min_value=256, max_value=2_000_000))
def test_memory_is_shared_in_proportion_within_bounds(megabytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server_options, "usable_memory_bytes", lambda: megabytes * MEGABYTE)
        chosen = {
            name: int(value.removesuffix("MB"))
            for name, value in server_options.server_options(Path("/")).items()
            if re.fullmatch(r"\d+MB", value)
        }

    assert 64 <= chosen["shared_buffers"] <= min(512, max(64, megabytes // 8))
    assert chosen["shared_buffers"] + 10 * chosen["work_mem"] + chosen["maintenance_work_mem"] <= max(megabytes, 256)
    assert chosen["min_wal_size"] < chosen["max_wal_size"] <= 4096


@pytest.mark.parametrize(("limit", "counts"), [("536870912", True), ("max", False), ("9223372036854771712", False)])
def test_a_containers_limit_counts_where_it_is_less(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit: str, counts: bool) -> None:
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    monkeypatch.setattr(server_options, "CGROUP_LIMITS", (tmp_path / "nowhere", tmp_path / "memory.max"))

    assert usable_memory_bytes() == (int(limit) if counts else psutil.virtual_memory().total)


def test_a_small_shared_memory_folder_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_options, "_roomy_shm", lambda: False)

    assert server_options.server_options(Path("/"))["dynamic_shared_memory_type"] == "mmap"
