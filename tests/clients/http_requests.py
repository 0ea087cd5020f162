"""What the tests of the HTTP client share."""

import pytest

from flowforge_lab.errors import NodeError


def failure(run, client, request):
    with pytest.raises(NodeError) as caught:
        run(client.send(request))
    return caught.value
