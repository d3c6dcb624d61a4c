"""One Dag per dataset policy: receive > check > pseudonymise (mapped over parts) > assess > submit."""

from datetime import timedelta
from functools import partial

from airflow.sdk import Param, dag, get_current_context, task

from safezone.policy.dataset import DatasetPolicy, slug
from safezone.policy.load import load_policies
from safezone.settings import Settings

FORM = Param(
    "",
    type="string",
    minLength=3,
    maxLength=80,
    pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
    title="반입 번호 / Delivery id",
    description_md=(
        "반입함(deliveries)에 도착한 반입물의 번호입니다. 경로가 아닙니다.  \n"
        "The id of a delivery in the inbox; not a path. `safezone ingest --list` shows what has arrived."
    ),
)


def run(name: str, dataset: str, *references: object) -> object:
    """Run a step as the user who triggered this run."""
    from safezone.tasks import step

    return step(name, dataset, *references, user=get_current_context()["dag_run"].triggering_user_name)


def build(policy: DatasetPolicy) -> None:
    """Register the Dag of one dataset."""
    dataset = policy.dataset
    # A new decorator each time: one that is used again numbers its tasks receive, receive__1, receive__2.
    quiet = partial(task, show_return_value_in_logs=False, multiple_outputs=False)

    @dag(
        dag_id=f"ingest__{slug(dataset)}",
        dag_display_name=f"반입 · {policy.title.ko}",
        description=policy.title.en,
        schedule=None,
        catchup=False,
        max_active_runs=2,
        tags=["ingest", policy.sector, policy.controller],
        default_args={"retries": 1, "retry_delay": timedelta(seconds=5)},
        params={"delivery": FORM},
    )
    def ingest():
        @quiet
        def receive():
            return run("receive", dataset, get_current_context()["params"]["delivery"])

        @quiet
        def check(delivery):
            return run("check", dataset, delivery)

        @quiet
        def parts(raw):
            return run("parts", dataset, raw)

        @task(
            show_return_value_in_logs=False,
            multiple_outputs=False,
            map_index_template="{{ task.op_kwargs['part'] }}",
        )
        def pseudonymise(raw, part):
            return run("pseudonymise", dataset, raw, part)

        @quiet
        def assess(raw, notes):
            return run("assess", dataset, raw, list(notes))

        @quiet
        def submit(candidate):
            return run("submit", dataset, candidate)

        raw = check(receive())
        submit(assess(raw, pseudonymise.partial(raw=raw).expand(part=parts(raw))))

    ingest()


for each in load_policies(Settings().policy_dir / "datasets").values():
    build(each)
