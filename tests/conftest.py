"""What several test modules share."""

from pathlib import Path

import pytest

RECORDED_DATA = Path(__file__).parents[2] / "shared" / "data"
"""Real recorded chain data, kept beside the project and never in it."""


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    """The folder of recorded data; the test is skipped, visibly, where it is absent."""
    if not RECORDED_DATA.is_dir():
        pytest.skip("no recorded data beside the project (../shared/data)")
    return RECORDED_DATA
