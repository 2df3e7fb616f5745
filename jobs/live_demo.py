"""What have the simulated platforms written since the last minute? Only in the demo."""

from datetime import datetime

from jobs.demo_history import state_of
from jobs.job import JobContext, Outcome


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Let the simulated platforms write their live files up to now into the demo's own inbox."""
    from jobs.simulate.live import write_live

    if not context.settings.demo:
        return Outcome(0, "不是演示环境 / not the demo")
    try:
        written = write_live(
            context.settings.inbox_dir, state=state_of(context.settings), now=as_of, outbox=context.settings.home / "outbox"
        )
    except FileNotFoundError:
        return Outcome(0, "演示还没有历史，请先 make run / the demo has no history yet, make run writes it")
    return Outcome(len(written), f"{len(written)} 个文件 / {len(written)} files")
