"""The whole of ingest in one process, in the order the Dag runs it."""

from __future__ import annotations

from collections.abc import Callable

from safezone.access.actions import Actor
from safezone.pipeline.assess import assess
from safezone.pipeline.check import check
from safezone.pipeline.context import Ingest
from safezone.pipeline.pseudonymise import part_names, pseudonymise
from safezone.pipeline.receive import receive
from safezone.pipeline.submit import submit

STEPS = ("receive", "check", "pseudonymise", "assess", "submit")


def ingest(
    zone: Ingest,
    actor: Actor,
    dataset: str,
    delivery: str,
    on_step: Callable[[str, int, int], None] = lambda step, done, total: None,
) -> str:
    """Take a delivery from the inbox to its adequacy review.

    Args:
        zone: the ingest duty.
        actor: who brings it in.
        dataset: the dataset.
        delivery: the delivery's id in the inbox.
        on_step: told the step, and how many of how many pieces of it are done.

    Returns:
        The id of the version to be reviewed, or published where the policy lets it through.
    """
    on_step("receive", 0, 1)
    received = receive(zone, actor, dataset, delivery)
    on_step("check", 0, 1)
    raw = check(zone, actor, dataset, received)
    names = part_names(zone, actor, dataset, raw)
    notes = []
    for number, name in enumerate(names):
        on_step("pseudonymise", number, len(names))
        notes.append(pseudonymise(zone, actor, dataset, raw, name))
    on_step("assess", 0, 1)
    candidate = assess(zone, actor, dataset, raw, notes)
    on_step("submit", 0, 1)
    done = submit(zone, actor, dataset, candidate)
    on_step("submit", 1, 1)
    return done
