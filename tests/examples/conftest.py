import pytest

from tests.examples import stage


@pytest.fixture
def post():
    """A mail server on this machine: the mails that came, and its `port`."""
    with stage.post_office() as post:
        yield post
