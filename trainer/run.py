"""A run folder: filled epoch by epoch, gone on with, and finished with a summary."""

from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from runtime_app.errors import UserError
from trainer.checkpoint import Checkpoint, load_last, random_states, restore_random_states, save_best, save_last
from trainer.config import RunRecord
from trainer.engine import DeviceData, Training, run_epoch
from trainer.events import open_events
from trainer.files import remove_unfinished, uninterrupted, write_bytes_atomically
from trainer.metrics import EpochMetrics, to_csv
from trainer.progress import EpochProgress
from trainer.results import Summary, best_row, write_results


@dataclass(frozen=True)
class Run:
    """A run in progress. mean, std: per channel, units of full scale."""

    folder: Path
    record: RunRecord
    training: Training
    test: DeviceData
    statistics: tuple[tuple[float, ...], tuple[float, ...]]

    @property
    def epochs(self) -> int:
        """Over all rounds."""
        return self.record.config.total_epochs


def fit(run: Run, progress: EpochProgress, *, resume: bool = False) -> Summary | None:
    """Train to the last epoch, then look at the test pictures once. Every epoch ends with files that can be resumed.

    The summary is None in every process but the first, which alone writes files.
    """
    ranks = run.training.ranks
    if ranks.first:
        remove_unfinished(run.folder)
    rows = _restore(run) if resume else []
    if not resume:
        _save_last(run, rows)
    with closing(open_events(run.folder, len(rows), wanted=run.record.config.tensorboard and ranks.first)) as events:
        for epoch in range(len(rows) + 1, run.epochs + 1):
            if epoch > 1 and (epoch - 1) % run.record.config.epochs == 0:
                run.training.begin_round()
            with progress.epoch(epoch, len(run.training.train.labels)) as on_batch:
                row = run_epoch(run.training, epoch, on_batch)
            rows.append(row)
            with uninterrupted():
                _save_epoch(run, rows)
                events.add(row)
            progress.report(row, best_row(rows) is row)
    summary = _finish(run, rows) if ranks.first else None
    ranks.wait()
    return summary


def check_growth(record: RunRecord, epochs: int | None) -> RunRecord:
    """The record with `epochs` put in, when it grows. Raises UserError when the run cannot go on so long."""
    planned = record.config.epochs
    if epochs is None or epochs == planned:
        return record
    if epochs < planned:
        raise UserError(f"The run was started with {planned} epochs; {epochs} are fewer.", "--epochs may only grow.")
    if record.config.recipe != "baseline" or record.config.rounds > 1:
        raise UserError(
            f"The {record.config.recipe} recipe's learning rate is planned for a fixed number of epochs and cannot grow.",
            "Start a new run with --init-from and this run's best.pt, or use the baseline recipe.",
        )
    return replace(record, config=replace(record.config, epochs=epochs))


def _restore(run: Run) -> list[EpochMetrics]:
    training = run.training
    parts = {"optimizer": training.optimizer, "scheduler": training.scheduler}
    progress = load_last(run.folder / "last.pt", training.network, parts, training.generator)
    training.averaging.restore(progress.get("averaging", {}), training.train.labels.device)  # older ones have none
    if not training.ranks.first:
        restore_random_states(progress["other_random_states"][training.ranks.rank - 1])
    training.ranks.wait()
    return [EpochMetrics(**row) for row in progress["rows"]]


def _save_epoch(run: Run, rows: list[EpochMetrics]) -> None:
    """last.pt comes last: whatever is missing when the process is killed, the same epoch is done again."""
    if run.training.ranks.first:
        if best_row(rows) is rows[-1]:
            save_best(run.folder / "best.pt", _checkpoint(run, rows[-1]))
        write_bytes_atomically(run.folder / "metrics.csv", to_csv(EpochMetrics, rows))
    _save_last(run, rows)


def _save_last(run: Run, rows: list[EpochMetrics]) -> None:
    training = run.training
    others = training.ranks.gather(random_states())[1:]  # each process draws its own dropout
    if not training.ranks.first:
        return
    parts = {"optimizer": training.optimizer, "scheduler": training.scheduler}
    progress = {"epoch": len(rows), "rows": [asdict(row) for row in rows], "other_random_states": others}
    progress |= {"averaging": training.averaging.state_dict()}
    save_last(run.folder / "last.pt", training.network, parts, training.generator, progress)


def _checkpoint(run: Run, row: EpochMetrics) -> Checkpoint:
    mean, std = run.statistics
    config, provenance = run.record.config, run.record.provenance
    return Checkpoint(run.training.averaged, provenance.classes, mean, std, config.image_size, row.epoch, row.val_acc)


def _finish(run: Run, rows: list[EpochMetrics]) -> Summary:
    provenance, flip = run.record.provenance, run.record.config.flip
    return write_results(run.folder, rows, run.test, provenance.classes, flip=flip, machine=provenance.machine)
