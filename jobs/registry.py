"""Which jobs are there?"""

from dataclasses import replace

from data.settings import Settings
from jobs import housekeeping, live_demo, pull_http, pull_inbox, roll_up
from jobs.job import Daily, Every, Job

JOBS: tuple[Job, ...] = (
    Job(
        name="live_demo",
        run=live_demo.run,
        schedule=Every(1),
        zone="Asia/Shanghai",
        worker="light",
        why_zh="演示环境中模拟平台每分钟写出新文件，让看板有活数据",
        why_en="in the demo the simulated platforms write new files every minute, so that the dashboard lives",
        grace_minutes=5,
        demo_only=True,
    ),
    Job(
        name="pull_inbox",
        run=pull_inbox.run,
        schedule=Every(5),
        demo_schedule=Every(1),
        zone="Asia/Shanghai",
        worker="pull",
        why_zh="把收件箱里的平台文件入库，下单到入库不超过 10 分钟",
        why_en="takes the platforms' files from the inbox, so that an order is known within 10 minutes",
        grace_minutes=10,
    ),
    Job(
        name="pull_http",
        run=pull_http.run,
        schedule=Every(5),
        zone="Asia/Shanghai",
        worker="pull",
        why_zh="按水位向平台接口拉取新订单，睡过头也会自动补齐",
        why_en="asks the platforms' interfaces for what is new since the watermark, so that a long sleep is caught up",
        grace_minutes=10,
    ),
    Job(
        name="roll_up",
        run=roll_up.run,
        schedule=Every(5),
        demo_schedule=Every(1),
        zone="Asia/Shanghai",
        worker="light",
        why_zh="把订单的变化汇总进各统计格，连同快照和健康指数一起更新",
        why_en="adds what has changed of orders to the cells, together with a snapshot and the health index",
        grace_minutes=10,
    ),
    Job(
        name="housekeeping",
        run=housekeeping.run,
        schedule=Daily("03:30"),
        zone="Asia/Shanghai",
        worker="heavy",
        why_zh="按保留期删除原始文件与买家信息，清理旧运行记录",
        why_en="removes kept files and buyers' data past their retention, and old run records",
        grace_minutes=120,
    ),
)


def jobs_of(settings: Settings) -> tuple[Job, ...]:
    """Return the jobs of this installation, each with the schedule and zone that hold here."""
    return tuple(
        replace(job, zone=settings.zone, schedule=job.demo_schedule if settings.demo and job.demo_schedule else job.schedule)
        for job in JOBS
        if settings.demo or not job.demo_only
    )


def job_named(name: str, *, settings: Settings) -> Job | None:
    """Find a job of this installation by name."""
    return next((job for job in jobs_of(settings) if job.name == name), None)
