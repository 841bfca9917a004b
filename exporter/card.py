"""MODEL_CARD.md: what the network knows, how well, how honest its percentages are and where it fails, in plain words."""

import numpy as np

from exporter.evaluation import Evaluation
from exporter.markdown import literal, table
from runtime_app.manifest import Manifest

_SETS = {
    "photographs": "crops of scikit-learn's two sample photographs (a temple, a flower)",
    "textures": "stripes and plaids made by this project",
    "noise": "coloured noise made by this project",
    "digits": "handwritten digits from scikit-learn",
}
_SCORES = {
    "max_probability": "the largest probability",
    "margin": "the distance between the two largest probabilities",
    "energy": "the energy of the logits (log-sum-exp)",
}


def model_card(
    manifest: Manifest,
    evaluation: Evaluation,
    about_data: str,
    *,
    golden_vectors: int,
    has_curves: bool,
    known_test_pictures: int = 0,
) -> str:
    """The whole card as Markdown; it names no person, no path and no date but the start of the training run.

    golden_vectors: how many of the gate's pictures they are, which the manifest does not count; known_test_pictures: those
    that also lie among the ones that it learned from.
    """
    sections = (
        _opening(manifest, evaluation, known_test_pictures),
        _uses(manifest),
        _data(manifest, about_data, has_curves),
        _accuracy(evaluation),
        _confidence(evaluation),
        _verdicts(evaluation),
        _variants(manifest, golden_vectors),
        _how_to_run(manifest),
        _origin(manifest),
    )
    return "\n\n".join(sections) + "\n"


def _opening(manifest: Manifest, evaluation: Evaluation, known: int) -> str:
    test, (low, high) = manifest.metrics.test, evaluation.interval
    never = f"of which {known:,} are copies of pictures that it learned from" if known else "that it never learned from"
    return (
        f"# {literal(manifest.name)}\n\n"
        f"A small image classifier. It says which of {len(manifest.classes)} classes a picture most likely shows: "
        f"{', '.join(map(literal, manifest.classes))}.\n\n"
        f"On {test.n:,} test pictures {never}, its first answer is right for **{test.accuracy:.2%}** "
        f"(95% interval {low:.1%} to {high:.1%}). Its percentages are off by {test.ece:.2%} on average."
    )


def _uses(manifest: Manifest) -> str:
    size = f"{manifest.input.height}x{manifest.input.width}"
    return (
        "## What it is for\n\n"
        f"Learning, demonstrations and experiments with pictures that show one of its classes, large and alone. Every "
        f"picture is reduced to {size} pixels first: small things in a large scene cannot be seen.\n\n"
        "Not for decisions about people, for safety, or for pictures of anything outside its classes. It has no class "
        '"something else"; the verdict below catches only part of such pictures.'
    )


def _data(manifest: Manifest, about_data: str, has_curves: bool) -> str:
    training = manifest.provenance.training
    before = outside = ""
    if "began_with_checkpoint" in training:
        before = (
            " It began with the weights of another network, which had learned already, perhaps from other pictures."
        )
    if "outliers" in training:
        count = training["outliers"].split()[0]
        outside = (
            f" Beside them it was shown {count} other pictures, which show none of the classes, and learned to find every "
            "class equally likely there (outlier exposure, Hendrycks et al. 2019)."
        )
    curves = "\n\n![Training curves](report/curves.png)" if has_curves else ""
    return (
        "## What it learned from\n\n"
        f"{literal(about_data[:1].upper() + about_data[1:])}. {training['training_pictures']} pictures for training, {manifest.metrics.validation.n:,} for "
        f"choosing the best epoch, the temperature and the thresholds (validation), {manifest.metrics.test.n:,} for the "
        f"figures below (test). The test pictures decided nothing.{outside}{before} No picture of any of them is part of this bundle."
        f"{curves}"
    )


def _accuracy(evaluation: Evaluation) -> str:
    named = np.sum(evaluation.confusion, axis=0)
    rows = [
        (
            literal(row.name),
            f"{row.support:,}",
            _of(row.support, row.recall),
            _of(int(named[place]), row.precision),
            _of(row.support + int(named[place]), row.f1),
        )
        for place, row in enumerate(evaluation.classes_table)
    ]
    by_class = table(("class", "test pictures", "found", "right when named", "F1"), rows)
    confusions = "\n".join(
        f"- {c.share:.1%} of the pictures of **{literal(c.true)}** ({c.count}) are taken for **{literal(c.predicted)}**"
        for c in evaluation.confusions
    )
    return (
        "## How well, class by class\n\n"
        '"Found": of the pictures of that class, how many it recognises (recall). "Right when named": how often the class '
        f"is right when it says so (precision).\n\n{by_class}\n\n"
        f"Confusions worth knowing:\n\n{confusions or 'None on the test pictures.'}\n\n"
        "![Confusion matrix](report/confusion.png)"
    )


def _of(pictures: float, share: float) -> str:
    """A share of no pictures is none. pictures: their number, or their own share of all."""
    return f"{share:.1%}" if pictures else "\u2013"


def _confidence(evaluation: Evaluation) -> str:
    before, after = evaluation.before.test, evaluation.metrics.test
    rows = [
        ("expected calibration error (15 bins)", f"{before.ece:.2%}", f"{after.ece:.2%}"),
        ("negative log-likelihood (nats)", f"{before.nll:.4f}", f"{after.nll:.4f}"),
        ("Brier score", f"{before.brier:.4f}", f"{after.brier:.4f}"),
    ]
    return (
        "## How honest its percentages are\n\n"
        "A network that says 80% should be right four times out of five. All logits are divided by one temperature, "
        f"{evaluation.temperature:.4f}, fitted on the validation pictures and built into the model (Guo et al. 2017). On "
        f"the test pictures:\n\n{table(('', 'before', 'after'), rows)}\n\n"
        "![Reliability](report/reliability.png)"
    )


def _verdicts(evaluation: Evaluation) -> str:
    rule, effect = evaluation.rule, evaluation.thresholds
    labels = {"none_below": "not “none”", "unsure_below": "“sure”"}
    rows = [
        (
            labels[name],
            f"{getattr(rule, name):.4f}",
            *(f"{effect[split][name].coverage:.1%}" for split in ("validation", "test")),
            *(_of(effect[split][name].coverage, effect[split][name].accuracy) for split in ("validation", "test")),
        )
        for name in ("none_below", "unsure_below")
    ]
    header = ("verdict", "score at least", "of validation", "of test", "right (validation)", "right (test)")
    flagged = [(name, _SETS.get(name, ""), f"{share:.1%}") for name, share in sorted(evaluation.flagged.items())]
    return (
        "## When it says that it does not know\n\n"
        f"The app compares {_SCORES[rule.score]} with two thresholds. Below the first the picture may show none of the "
        "classes; below the second the answer is unsure. Which score is used was decided by which flags most pictures of "
        "the sets below while 95% of the validation pictures pass (photographs count as much as all other sets together).\n\n"
        f"{table(header, rows)}\n\n"
        "Pictures that show none of the classes, and the share of them with the verdict “none”:\n\n"
        f"{table(('set', 'what it is', 'flagged'), flagged)}\n\n"
        "The rest would be given one of the classes. Do not rely on this verdict to keep foreign pictures out."
    )


def _variants(manifest: Manifest, golden_vectors: int) -> str:
    rows = [(v.file, v.precision, f"{v.bytes / 1e6:.1f} MB", f"{v.test_accuracy:.2%}") for v in manifest.variants]
    parity = manifest.parity
    total = parity.held_out_pictures + parity.generated_pictures + parity.edge_cases + golden_vectors
    worst = ", ".join(f"{name} {value:.1e}" for name, value in sorted(parity.max_difference.items()))
    return (
        "## Model files\n\n"
        f"{table(('file', 'precision', 'size', 'test accuracy'), rows)}\n\n"
        f"Before this bundle was published, the app's own code ran {manifest.variants[0].file} on {total:,} pictures "
        f"({parity.held_out_pictures:,} held out, {parity.generated_pictures:,} copies in other sizes and file types, "
        f"{parity.edge_cases} edge cases, {golden_vectors} golden vectors) in batches of "
        f"{', '.join(map(str, parity.batch_sizes))} and compared every number with PyTorch's. Largest differences: {worst}; another winning class: {parity.argmax_differences} times. "
        "`report/parity.json` has the details."
    )


def _how_to_run(manifest: Manifest) -> str:
    size = manifest.input
    return (
        "## How to run it\n\n"
        "With the app (no PyTorch needed):\n\n"
        "```\npython -m runtime_app --bundle THIS_FOLDER PICTURES\n"
        "python -m runtime_app classify --bundle THIS_FOLDER PICTURES\n"
        "python -m runtime_app selftest THIS_FOLDER\n```\n\n"
        f"With ONNX Runtime alone: the input `image` is uint8 [batch, {size.height}, {size.width}, 3], RGB, the picture's "
        "centre square resized; the outputs are `probabilities`, `logits` and `evidence`, a map for each class whose mean "
        "plus the class's bias is its logit. Normalisation and temperature are part of the model."
    )


def _origin(manifest: Manifest) -> str:
    p = manifest.provenance
    facts = {
        "training run": literal(f"{p.run}, started {p.run_started}"),
        **{name.replace("_", " "): literal(value) for name, value in p.training.items()},
        "exported at commit": f"{p.git_commit or 'unknown'}{' (with local changes)' if p.git_dirty else ''}",
        "checkpoint (SHA-256)": f"`{p.checkpoint_sha256}`",
        "data (SHA-256)": f"`{p.data_sha256}`",
        "versions": ", ".join(f"{name} {version}" for name, version in sorted(p.versions.items())),
    }
    return (
        f"## Where it comes from\n\n{table(('', ''), list(facts.items()))}\n\n## Licence\n\n{literal(manifest.licence)}"
    )
