"""The named ways in which an export fails."""

from pathlib import Path

from exporter.parity import GateReport
from runtime_app.errors import UserError


class GateError(UserError):
    """The gate refused the model; nothing was published. details: where parity.json lies, None when it has no place."""

    def __init__(self, report: GateReport, departure: str | None = None, details: Path | None = None) -> None:
        first, more = report.refusals[0], len(report.refusals) - 1
        also = f" (and {more} more objection{'s' * (more > 1)})" if more else ""
        where = f" The first layer that departs from torch is {departure}." if departure else ""
        super().__init__(
            f"The gate refused the model: {first.sentence}{also}.{where}",
            f"Nothing was published{f'; {details} has the details' if details else ''}.",
            exit_status=1,
        )
        self.report = report


class BlindGateError(UserError):
    """The gate did not see that a weight is wrong, so its acceptance of the right model means nothing. instead: for what
    else it refused that model."""

    def __init__(self, weight: str, instead: str | None = None) -> None:
        advice = "A network whose first layer hardly matters, as one that was never trained, does this."
        super().__init__(
            f"The gate did not notice a changed weight ({weight}), so it cannot be trusted with this model.",
            f"Nothing was published. {f'It stopped at something else: {instead}.' if instead else advice}",
            exit_status=1,
        )
