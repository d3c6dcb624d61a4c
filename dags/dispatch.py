"""Takes queued jobs of the catalog (checks, builds, ingests asked for in the portal) within seconds."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task


@dag(
    dag_id="dispatch",
    dag_display_name="작업 배분 · dispatch",
    description="Checks and builds what requests wait for",
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
        retries=1,
        retry_delay=timedelta(seconds=5),
        map_index_template="{{ task.op_kwargs['job'] }}",
    )
    def do(job):
        from safezone.tasks import run_job

        return run_job(job)

    do.expand(job=take())


dispatch()
