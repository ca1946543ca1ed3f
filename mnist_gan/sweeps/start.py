"""Starts a sweep, or resumes one; finds mistakes before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from mnist_gan.config.loading import load_config
from mnist_gan.config.schema import Config
from mnist_gan.data.locations import refuse_missing_data, say_which_data
from mnist_gan.runs import find_run
from mnist_gan.session.disk import folder_bytes, refuse_without_room
from mnist_gan.session.ended import Ended
from mnist_gan.session.memory import training_bytes
from mnist_gan.support.console import LOADING, say
from mnist_gan.support.errors import UserError
from mnist_gan.support.free_memory import free_bytes
from mnist_gan.support.runtime import chosen_backend, cores
from mnist_gan.support.text import escaped
from mnist_gan.support.units import counted, megabytes, span
from mnist_gan.sweeps.local import Local
from mnist_gan.sweeps.plan import Variant, config_of, seeds_of, trainings, values_of, variants_of
from mnist_gan.sweeps.record import Training, read_record
from mnist_gan.sweeps.together import Together
from mnist_gan.sweeps.train import Engine, How, Sweep, create


class Where(NamedTuple):
    """Where a sweep trains: on this machine, unless a scheduler is named."""

    jobs: int | None = None  # trainings at once; None: as many as there are cores and memory for
    scheduler: str | None = None
    scheduler_file: str | None = None
    together: bool = False  # all seeds of a setting in one program, on JAX


class Plan(NamedTuple):
    """What a sweep trains."""

    base: Config
    trainings: list[Training]


def planned(
    reference: str, settings: Sequence[str], flags: Mapping[str, Any], seeds: str, name: str | None
) -> Plan:
    """Return the plan of a sweep.

    Args:
        reference: The config that its trainings share.
        settings: `key=value` or `key=value,value,...`.
        flags: More settings, by dotted names.
        seeds: Seeds, as in 0-4,7.
        name: The name of the sweep; None: that of the config, with -sweep.

    Raises:
        UserError: Where a setting is not allowed.
    """
    choices = dict(values_of(setting) for setting in settings)
    fixed = {key: values[0] for key, values in choices.items() if len(values) == 1} | dict(flags)
    several = {key: values for key, values in choices.items() if len(values) > 1}
    for key in ("training.seed", "seed"):
        if key in choices:
            raise UserError(f"A sweep takes its seeds from --seeds, as in --seeds 0-4, not {key}.")
    base = load_config(reference, fixed)
    base = load_config(base, {"name": name or f"{base.name}-sweep"})
    return plan_of(base, seeds_of(seeds), variants_of(several))


def plan_of(base: Config, seeds: Sequence[int], variants: Sequence[Variant]) -> Plan:
    """Return the plan of a sweep with a backend chosen.

    Args:
        base: The config that all trainings share.
        seeds: Their seeds.
        variants: Their settings.

    Raises:
        UserError: Where a setting is not allowed.
    """
    training = base.training
    backend = chosen_backend(training.backend, training.device, training.devices)
    base = base.with_training(backend=backend)
    return Plan(base, trainings(base, seeds, variants))


def new(plan: Plan, outputs: Path, where: Where, how: How) -> Ended:
    """Train a new sweep.

    Args:
        plan: What to train.
        outputs: The folder of all runs.
        where: Where to train.
        how: What to do beside training.

    Raises:
        UserError: Where it cannot be trained or kept, before anything is written.
    """
    _refuse_without_room(plan, outputs)
    with closing(_engine(where, plan)) as engine:
        base = plan.base.with_training(threads=plan.base.training.threads or engine.threads)
        sweep = create(base, plan.trainings, outputs)
        if not how.quiet:
            say_which_data(base.data.source)
            say(_sentence(plan, engine, base.training.threads))
        return Sweep(sweep, engine, how).train()


def resume(reference: str, outputs: Path, where: Where, how: How) -> Ended:
    """Train what is left of a sweep. Arguments as for `new`, `reference` as for `find_run`.

    Raises:
        UserError: Where there is no such sweep, or another process trains it.
    """
    run = find_run(reference, outputs)
    plan = Plan(run.config(), read_record(run).trainings)
    with closing(_engine(where, plan)) as engine:
        return Sweep(run, engine, how).train()


def preview(plan: Plan, outputs: Path, where: Where) -> None:
    """Print what a sweep would train, and what that would take; nothing is written.

    The first steps of the first training are made for that, on this machine.

    Args:
        plan: What would be trained.
        outputs: Where it would be kept.
        where: Where it would be trained.

    Raises:
        UserError: As `new`.
    """
    _refuse_without_room(plan, outputs)
    with closing(_engine(where, plan)) as engine:
        for training in plan.trainings:
            settings = ", ".join(f"{key} {value}" for key, value in training.settings.items())
            line = f"{training.number:04d}  seed {training.seed}  {escaped(settings)}"
            print(line.rstrip(), flush=True)
        threads = plan.base.training.threads or engine.threads
        say_which_data(plan.base.data.source)
        say(_sentence(plan, engine, threads))
        say(LOADING)
        from mnist_gan.session.train import forecast

        one = forecast(plan.base.with_training(threads=threads))
        rounds = -(-len(plan.trainings) // engine.slots)
        say(f"forecast: {span(rounds * one.low, rounds * one.high)}, if all take as long as one")


def _engine(where: Where, plan: Plan) -> Engine:
    """Return what trains the sweep."""
    if not (where.scheduler or where.scheduler_file):
        return _local(where, plan)
    from mnist_gan.sweeps.cluster import Cluster

    return Cluster(where.scheduler, where.scheduler_file, plan.base.training.backend)


def _local(where: Where, plan: Plan) -> Local:
    """Return what trains on this machine; refuse more at once than there is memory for."""
    if where.together:
        return _together(plan)
    needed = max(training_bytes(config) for config in _configs(plan))
    free, threads = free_bytes(), plan.base.training.threads
    fitting = max(1, free // needed) if free else cores()
    jobs = where.jobs or min(max(1, cores() // (threads or 1)), fitting)
    jobs = min(jobs, len(plan.trainings))
    if free and jobs * needed > free:
        raise UserError(
            f"{counted(jobs, 'training')} at once need about {megabytes(jobs * needed)} of memory, "
            f"but only {megabytes(free)} are free; --jobs {fitting} needs less."
        )
    return Local(jobs, threads or max(1, cores() // jobs))


def _together(plan: Plan) -> Local:
    """Return what trains all seeds of a setting together."""
    if plan.base.training.backend != "jax":
        raise UserError(
            "--together makes one program of all seeds, which only JAX does; add "
            "--set training.backend=jax."
        )
    seeds = len({training.seed for training in plan.trainings})
    return Together(plan.base.training.threads or cores(), seeds)


def _refuse_without_room(plan: Plan, outputs: Path) -> None:
    """Raise UserError where the sweep cannot be trained or kept."""
    refuse_missing_data(plan.base.data.source)
    refuse_without_room(_disk(plan), outputs, "The sweep")


def _configs(plan: Plan) -> list[Config]:
    """Return the configs that differ in more than the seed."""
    first = plan.trainings[0].seed
    return [config_of(plan.base, each) for each in plan.trainings if each.seed == first]


def _disk(plan: Plan) -> int:
    """Return how many bytes the runs take at most."""
    configs = _configs(plan)
    return len(plan.trainings) // len(configs) * sum(map(folder_bytes, configs))


def _sentence(plan: Plan, engine: Engine, threads: int) -> str:
    """Return what a sweep is, in words."""
    count = counted(len(plan.trainings), "training")
    at_once = min(engine.slots, len(plan.trainings))
    disk = _disk(plan)
    return (
        f"{count} on {engine.name}, {at_once} at once with {counted(threads, 'thread')} each; "
        f"at most {megabytes(disk)} on the disk"
    )
