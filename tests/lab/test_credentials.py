"""What a service says back of our credentials is nowhere in what the lab keeps."""

import asyncio

import pytest

from flowforge_lab.testing import LocalServer, Reply

ASK = """\
nodes:
  start: {{kind: trigger.manual, next: ask}}
  ask:
    kind: action.http_request
    config: {{url: "{url}", allow_private: true, auth: {auth}}}
    retry: {{attempts: 1}}
    continue_with: null
"""
BASIC = '{type: basic, user: u, password: "{{ secrets.token }}"}'
OAUTH = (
    '{{type: oauth2, token_url: "{url}", client_id: c, client_secret: "{{{{ secrets.token }}}}"}}'
)
TEXT = {"Content-Type": "text/plain", "Connection": "close"}


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("way", ["basic", "oauth2"])
def test_a_service_that_echoes_our_credentials_leaves_them_nowhere(lab, folder, way, status):
    lab.secrets.set("token", "canary-5f1c")

    async def asked():
        async with LocalServer() as server:
            token = Reply(body=b'{"access_token": "issued-77"}', headers={"Connection": "close"})
            server.tell("/token", token)
            echo = b"sent Basic dTpjYW5hcnktNWYxYw=="
            if way == "oauth2":
                echo = b"sent Basic YzpjYW5hcnktNWYxYw==, Bearer issued-77"
            server.tell("/echo", Reply(body=echo, status=status, headers=TEXT))
            auth = BASIC if way == "basic" else OAUTH.format(url=server.url("/token"))
            path = folder / "ask.flow.yaml"
            path.write_text(ASK.format(url=server.url("/echo"), auth=auth))
            return await asyncio.to_thread(lab.run, path)

    outcome = asyncio.run(asked())

    kept = str(lab.entries(outcome.execution_id)) + str(outcome)
    assert "sent Basic" in kept
    assert not [one for one in ("jYW5hcn", "canary", "issued-77") if one in kept]
