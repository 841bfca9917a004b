"""Whether what bulk scoring needs is installed; imports none of it."""

from importlib.util import find_spec

from runtime_app.errors import UserError


def refuse_without_ray() -> None:
    """Raises UserError that names the requirements file."""
    missing = [name for name, module in (("Ray", "ray"), ("PyArrow", "pyarrow")) if find_spec(module) is None]
    if missing:
        raise UserError(
            f"Bulk scoring needs {' and '.join(missing)}, not installed here:",
            "run `pip install -r requirements-bulk.txt` in the checkout.",
        )
