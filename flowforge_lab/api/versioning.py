"""Which version of the product answers."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def product_version() -> str:
    """Return the version that is installed, or where the source lies that runs."""
    try:
        return version("flowforge-lab")
    except PackageNotFoundError:
        return f"source in {Path(__file__).parents[2].name}"
