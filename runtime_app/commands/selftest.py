"""python -m runtime_app selftest: is this bundle whole, and does this machine compute what torch computed?"""

from pathlib import Path

import click

from runtime_app.commands.options import ANY_PATH, bundle_of, engine_options
from runtime_app.imaging import Resize
from runtime_app.providers import Device


@click.command()
@click.argument("bundle", required=False, type=ANY_PATH)
@engine_options
def selftest(
    bundle: Path | None, bundle_path: Path | None, device: Device, precision: str, resize: Resize | None
) -> int:
    """Check digest, hashes and golden vectors of BUNDLE on this machine. Exit status 1 when something does not hold."""
    from runtime_app.bundle import BundleError
    from runtime_app.catalog import open_bundle_or_newest
    from runtime_app.classifier import Classifier
    from runtime_app.selftest import run_golden

    wanted = bundle_of(bundle, bundle_path)
    if wanted is not None and not wanted.exists():  # a wrong path is wrong usage, not a failed test
        open_bundle_or_newest(wanted)
    try:
        opened = open_bundle_or_newest(wanted)
        click.echo(f"bundle     {opened.path}")
        click.echo(f"digest     ok    {opened.manifest.digest}")
        click.echo(f"files      ok    {len(opened.manifest.files)} files, sizes and SHA-256 as listed")
        passed = True
        variants = opened.manifest.variants if precision == "auto" else [None]
        for variant in variants:
            classifier = Classifier(opened, device, variant.precision if variant else precision)
            engine = classifier.engine
            click.echo(f"model      {classifier.variant.file} ({engine.precision}) on {engine.provider_name}")
            for check in run_golden(classifier):
                word = "ok  " if check.passed else "FAIL"
                click.echo(
                    f"  {check.output:<15}{word}  largest difference {check.difference:.2e}, allowed {check.allowed:.2e}"
                )
                passed = passed and check.passed
    except BundleError as error:
        error.exit_status = 1
        raise
    click.echo("selftest passed" if passed else "selftest FAILED: do not trust this bundle on this machine")
    return 0 if passed else 1
