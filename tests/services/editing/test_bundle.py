"""The bundle of the screens stays small enough to be sent into a cell."""

import gzip

import pytest

from flowforge_lab.errors import NotFoundError
from flowforge_lab.services.editing.bundle import bundle_path, part_text

KB = 1000


@pytest.fixture
def bundle():
    try:
        return bundle_path().read_bytes(), part_text("code").encode()
    except NotFoundError:
        pytest.skip("the bundle was not built here")


def test_what_is_shown_first_and_all_of_it_keep_to_their_size(bundle):
    first, later = bundle

    assert len(first) + len(later) <= 1200 * KB
    assert len(gzip.compress(first, 9)) + len(gzip.compress(later, 9)) <= 350 * KB


def test_a_part_that_is_not_there_is_told():
    with pytest.raises(NotFoundError, match="it has: code"):
        part_text("../settings")
