"""What `python -m trainer` does with its options: start a run, go on with one, or show the plan."""

import signal
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType

import click

from runtime_app.errors import UserError, some_of
from runtime_app.installation import command_line, program
from trainer import setup
from trainer.checkpoint import load_best
from trainer.config import RunRecord, TrainConfig, encode_record, read_record
from trainer.data import Splits, is_folder, load_splits
from trainer.distributed import Ranks, first_process_first, joined, planned_count
from trainer.dry_run import show_plan
from trainer.events import check_tensorboard
from trainer.files import write_bytes_atomically
from trainer.gpu_memory import enough_gpu_memory
from trainer.progress import EpochProgress
from trainer.recipes import load_recipe
from trainer.results import Summary, read_finished
from trainer.run import Run, check_growth, fit
from trainer.run_lock import only_training

DEFAULTS = TrainConfig()


def start(given: dict[str, object], runs: Path, *, dry_run: bool) -> Path | None:
    """Train a new run in a folder below `runs`, which is returned; with dry_run only print the plan."""
    signal.signal(signal.SIGTERM, _stop)
    config = configuration(given)
    if config.tensorboard:
        check_tensorboard()
    if dry_run and config.processes > 1:
        raise UserError("--dry-run shows the plan of one process.", "Start it without torchrun.")
    recipe = load_recipe(config.recipe)
    with joined(setup.choose_device(config.device)) as ranks, enough_gpu_memory(config.batch_size):
        setup.make_reproducible(config)
        with first_process_first(ranks):
            splits = load_splits(config)
        config = _with_possible_rounds(config, splits.classes, asked="rounds" in given)
        if ranks.first:
            _say_what_is_forgotten(config, splits.classes)
        network = setup.build_network(config, recipe, splits.classes)
        record = setup.describe(config, splits, network)
        folder = runs / record.name
        if dry_run:
            show_plan(setup.prepare_run(folder, record, splits, network), splits)
            return None
        if ranks.first:
            setup.make_folder(folder, record)
        with only_training(folder, ranks):
            return _fit(setup.prepare_run(folder, record, splits, network, ranks), resume=False)


def configuration(given: dict[str, object]) -> TrainConfig:
    """The options that were given, the recipe's own choices, and the defaults, in this order."""
    recipe = load_recipe(str(given.get("recipe", DEFAULTS.recipe)))
    device = setup.choose_device(str(given.get("device", "auto")))
    settings = {
        "epochs": recipe.epochs,
        "batch_size": recipe.batch_size,
        "rounds": recipe.rounds,
        **given,
        "device": str(device),
        "precision": setup.choose_precision(device),
    }
    config = TrainConfig(**settings, processes=planned_count())  # type: ignore[arg-type]
    if config.data == "digits":
        config = replace(config, flip=False)  # a mirrored 2 is no digit
    if config.recipe == "finetune" and config.init_from is None:
        raise UserError(
            "The recipe finetune goes on from a checkpoint.",
            "Pass --init-from with a best.pt, or choose another recipe.",
        )
    if config.batch_size < config.processes:
        raise UserError(
            f"{config.processes} processes cannot share batches of {config.batch_size}.", "Raise --batch-size."
        )
    return config


def _with_possible_rounds(config: TrainConfig, classes: tuple[str, ...], *, asked: bool) -> TrainConfig:
    """One round where there is no checkpoint of these classes; that is an error where several were asked for."""
    if config.rounds == 1 or setup.began_with_the_same_classes(config, classes):
        return config
    if asked:
        raise UserError(
            "--rounds averages trainings that begin with one checkpoint of the same classes.",
            "Pass it with --init-from, or leave --rounds out.",
        )
    return replace(config, rounds=1)


def _say_what_is_forgotten(config: TrainConfig, classes: tuple[str, ...]) -> None:
    """A folder of corrections often holds some classes only, and looks like more of the same."""
    known = load_best(Path(config.init_from)).classes if config.init_from is not None else classes
    if known != classes:
        lost = [name for name in known if name not in classes]
        forgotten = f", and does not know {some_of(lost)} any more" if lost else ""
        click.echo(
            f"The checkpoint's classes are {some_of(known)}, those of the data {some_of(classes)}: the head begins "
            f"anew{forgotten}.",
            err=True,
        )


def resume(folder: Path, given: dict[str, object]) -> Path:
    """Go on where the run's last checkpoint was written. Raises UserError when settings or data are not the run's."""
    signal.signal(signal.SIGTERM, _stop)
    before = read_record(folder / "config.json")
    _refuse_other_settings(folder, before.config, given)
    epochs = given.get("epochs")
    record = check_growth(before, int(str(epochs)) if epochs is not None else None)
    if record == before and read_finished(folder) is not None:
        click.echo(f"{folder} is finished: {record.config.total_epochs} epochs are done.", err=True)
        return folder
    elsewhere = {name: str(given[name]) for name in ("data", "data_root", "outliers") if name in given}
    config = replace(record.config, **elsewhere)  # type: ignore[arg-type]
    if is_folder(config.data) and not Path(config.data).is_dir():
        raise UserError(f"The pictures of {folder} are not in {config.data} any more.", "Pass --data with their place.")
    if config.tensorboard:
        check_tensorboard()
    with joined(setup.choose_device(config.device)) as ranks, enough_gpu_memory(config.batch_size):
        setup.make_reproducible(config)
        with first_process_first(ranks):
            splits = load_splits(config)
        _refuse_other_data(folder, record, splits)
        with only_training(folder, ranks):
            now = replace(record, config=config)
            if ranks.first and record != before:
                (folder / "summary.json").unlink(missing_ok=True)
            if ranks.first and now != before:
                write_bytes_atomically(folder / "config.json", encode_record(now))
            return _continue(folder, now, splits, ranks)


def _continue(folder: Path, record: RunRecord, splits: Splits, ranks: Ranks) -> Path:
    # A run that was killed before its first checkpoint begins as it did the first time.
    has_checkpoint = (folder / "last.pt").exists()
    ranks.wait()
    config = record.config
    if has_checkpoint:
        network = setup.rebuild_network(config, folder / "last.pt")
    else:
        network = setup.build_network(config, load_recipe(config.recipe), splits.classes)
        setup.refuse_other_start(folder, record)
    begins = not has_checkpoint
    return _fit(setup.prepare_run(folder, record, splits, network, ranks, begins=begins), resume=has_checkpoint)


def _refuse_other_settings(folder: Path, before: TrainConfig, given: dict[str, object]) -> None:
    was = asdict(before)
    now = given | {"processes": planned_count()}
    free = {"epochs", "data_root", "outliers"}  # the data may lie elsewhere on another day; its hash is checked
    if is_folder(before.data) and is_folder(str(given.get("data", before.data))):
        free.add("data")
    if given.get("device") == "auto":
        free.add("device")
    differences = [
        f"{name} was {was[name]}, now {value}" for name, value in now.items() if name not in free and was[name] != value
    ]
    if differences:
        raise UserError(
            f"{folder} was started with other settings: {'; '.join(differences)}.",
            "Resume with the run's own (only --epochs may grow), or start a new run.",
        )


def _refuse_other_data(folder: Path, record: RunRecord, splits: Splits) -> None:
    if splits.classes != record.provenance.classes:
        raise UserError(
            f"The classes are {', '.join(splits.classes)}; {folder} was started on {', '.join(record.provenance.classes)}.",
            "Give the folders their names back, or start a new run.",
        )
    if splits.sha256 != record.provenance.data_sha256:
        raise UserError(
            f"The data set {record.config.data} is not the one that {folder} was started on (its SHA-256 differs).",
            "Restore the data, or start a new run.",
        )
    found = splits.outliers.sha256 if splits.outliers is not None else None
    if found != record.provenance.outlier_sha256:
        raise UserError(
            f"The outliers are not those that {folder} was started with (their SHA-256 differs).",
            "Restore the pictures, or start a new run.",
        )


def _fit(run: Run, *, resume: bool) -> Path:
    first, folder = run.training.ranks.first, run.folder
    try:
        summary = fit(run, EpochProgress(run.epochs, quiet=not first), resume=resume)
    except KeyboardInterrupt:
        if first:
            click.echo(f"\nStopped. Every finished epoch is saved; go on with:\n  {resume_command(run)}", err=True)
        raise
    except OSError:
        click.echo(
            f"The last good checkpoint is kept; once this is repaired, go on with:\n  {resume_command(run)}", err=True
        )
        raise
    if summary is not None:
        click.echo(closing_lines(folder, summary), err=True)
    return folder


def resume_command(run: Run) -> str:
    """What to type to go on with this run."""
    processes = run.training.ranks.count
    alone = program("trainer", "evidence-train")
    start = alone if processes == 1 else f"torchrun --nproc-per-node={processes} -m trainer"
    return f"{start} --resume {command_line([str(run.folder)])}"


def closing_lines(folder: Path, summary: Summary) -> str:
    """The result, where everything lies, and the command that comes next."""
    low, high = summary.test_accuracy_interval
    return (
        f"best epoch {summary.best_epoch}: validation {summary.validation_accuracy:.2%}, "
        f"test {summary.test_accuracy:.2%} (95% interval {low:.2%} to {high:.2%}; "
        f"averaged over views {summary.test_accuracy_averaged:.2%}), {summary.training_seconds / 60:.1f} minutes\n"
        f"curves.png, confusion.png, per_class.csv and summary.json lie in the run folder; next:\n"
        f"  {program('exporter', 'evidence-export')} --run {command_line([str(folder)])}"
    )


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
