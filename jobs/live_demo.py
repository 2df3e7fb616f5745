"""What have the simulated platforms written since the last minute? Only in the demo."""

from datetime import datetime

from jobs.job import JobContext, Outcome


def run(context: JobContext, *, as_of: datetime) -> Outcome:
    """Let the simulated platforms write their live files up to now into the demo's own inbox."""
    if not context.settings.demo:
        return Outcome(0, "不是演示环境 not the demo")
    from jobs.simulate import write_live

    written = write_live(context.settings.inbox_dir, until=as_of)
    return Outcome(len(written), f"{len(written)} 个文件 files")
