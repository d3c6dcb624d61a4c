"""Expiry, retention, destruction, stale jobs and orphans, every hour."""

from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, task


@dag(
    dag_id="housekeeping",
    dag_display_name="정리 · housekeeping",
    description="Ends what is over and removes what no transaction owns",
    schedule=timedelta(hours=1),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    tags=["retention"],
)
def housekeeping():
    @task(show_return_value_in_logs=False, multiple_outputs=False)
    def keep_house():
        from safezone.tasks import housekeeping as run

        return run()

    keep_house()


housekeeping()
