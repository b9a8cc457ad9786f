"""The work of a run: what its own process, or a worker elsewhere, does. A plain function of the run's id."""

import math
import traceback
from pathlib import Path

import keras

from diagnosis.datasets import load
from diagnosis.jobs import local_plan, locks, record
from diagnosis.jobs.endings import Ending, of_error
from diagnosis.jobs.experiment import train_version
from diagnosis.jobs.journal import FoldJournal, GateSnapshots, Journal
from diagnosis.jobs.tracking import artifacts
from diagnosis.models import store
from diagnosis.registry import registry
from diagnosis.training.devices import placed


def work(run_id: str, *, elsewhere: bool = False) -> Ending:
    """Train as the run's plan says, going on from its checkpoint if there is one.

    Args:
        run_id: of a run.
        elsewhere: not on its supervisor's machine, which cannot kill it then.

    Returns:
        How it ended. Nothing is raised: what goes wrong is an ending, too.
    """
    journal = Journal(run_id, elsewhere=elsewhere)
    try:
        ending = _train(run_id, journal)
    except Exception as error:
        ending = of_error(error)
        if ending.details:
            traceback.print_exc()
            journal.say(ending.details)
    return ending


def _train(run_id: str, journal: Journal) -> Ending:
    if locks.fitted(run_id).is_file():
        journal.measures(stopped=True)
    else:
        record.set_phase(run_id, "loading")
    plan = record.find(run_id).plan
    local_plan.check_plan(run_id, plan)
    dataset = load(plan.dataset, size=plan.size)
    config = plan.checked(dataset)
    callbacks: list[keras.callbacks.Callback] = [journal]
    if config.recurrent:
        callbacks.append(GateSnapshots(run_id, config, dataset))
    what = "studies" if dataset.is_of_studies else "records" if dataset.codes else "images"
    journal.say(f"training on {dataset.facts.title}, {len(dataset.images['train']):,} {what}")
    with placed(plan.device, plan.devices):
        version = train_version(
            config,
            plan.training,
            dataset,
            root=None if plan.out is None else Path(plan.out),
            callbacks=callbacks,
            fold_callbacks=lambda number: [FoldJournal(journal, number, plan.training.folds)],
            checkpoint=locks.checkpoint(run_id),
            before_save=journal.commit,
        )
    if plan.out is None:
        registry.register(version, run_id)
    for name in (store.CONFIG, store.CARD):  # no weights: an archived version has no copy
        artifacts(run_id).log_artifact(run_id, str(version.folder / name), "version")
    training = version.card.training
    sentence = (
        f"epoch {training.best_epoch} of {training.epochs_run} was the best, and is saved as version "
        f"{version.version}."
    )
    losses = training.history["loss"]
    if math.isnan(losses[-1]):
        sentence += (
            f" The loss was no number from epoch {len(losses)} on, which ended it: lower the learning rate "
            "or clip the gradient for more."
        )
    if journal.stopped:
        return Ending("stopped", f"Stopped: {sentence}", str(version.folder))
    return Ending("finished", f"Finished: {sentence}", str(version.folder))
