"""Takes queued jobs of the catalog within seconds: checks, builds, ingests, announcements.

Every published version is announced as an asset event, ``safezone://<controller>/<dataset>`` with the version's id,
so that other Dags can be scheduled on it.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import Asset, AssetAlias, dag, get_current_context, task

PUBLISHED = AssetAlias("safezone-published")


@dag(
    dag_id="dispatch",
    dag_display_name="작업 배분 · dispatch",
    description="Checks and builds what requests wait for; announces what was published",
    schedule=timedelta(seconds=10),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=2,
    tags=["airlock"],
)
def dispatch():
    @task(show_return_value_in_logs=False)
    def take():
        from safezone.tasks import queued_jobs

        return queued_jobs()

    @task(
        show_return_value_in_logs=False,
        multiple_outputs=False,
        outlets=[PUBLISHED],
        retries=1,
        retry_delay=timedelta(seconds=5),
        map_index_template="{{ task.op_kwargs['job'] }}",
    )
    def do(job):
        from safezone.tasks import run_job

        done = run_job(job)
        if "version" in done:
            asset = Asset(name=done["dataset"], uri=f"safezone://{done['controller']}/{done['dataset']}")
            events = get_current_context()["outlet_events"]
            events[PUBLISHED].add(asset, extra={"version": done["version"]})
        return done["state"]

    do.expand(job=take())


dispatch()
