"""Pictures that cannot be decoded: each is named, and none is left out in silence."""

from pathlib import Path

import click

from runtime_app.errors import UserError

_NAMED = 20


def refuse_unreadable(folder: Path, reasons: list[str], *, skip: bool) -> None:
    """reasons: one sentence a picture. Raises UserError when there are some, or with `skip` says to stderr how many."""
    if not reasons:
        return
    count = f"{len(reasons):,} picture{'' if len(reasons) == 1 else 's'} in {folder}"
    if skip:
        click.echo(f"{count} cannot be used and {'is' if len(reasons) == 1 else 'are'} left out.", err=True)
        return
    more = [f"and {len(reasons) - _NAMED:,} more"] if len(reasons) > _NAMED else []
    raise UserError(
        f"{count} cannot be used.",
        "\n  ".join(["Repair or remove them, or pass --skip-unreadable:", *reasons[:_NAMED], *more]),
    )
