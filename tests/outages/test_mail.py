"""Mail by HTTP and by SMTP, from servers in every bad state."""

import asyncio
import contextlib

import pytest

from tests.nodes.action.mail_servers import Post, serve
from tests.outages.conftest import kinds_of
from tests.outages.ill_servers import STATES
from tests.ports import free_port

pytestmark = pytest.mark.slow
MAIL = {"to": ["anna@example.org"], "subject": "Hi", "text": "Hello"}
GREETING = b"220 here\r\n"
SMTP_STATES = {
    "down": "mail.connect",
    "slow": "mail.timeout",
    "rubbish": "mail.connect",
    "cut": "mail.connect",
    "busy": ("mail.failed", 421),
    "full": ("mail.failed", 452),
    "denied": ("mail.refused", 550),
    "broken": ("mail.refused", 554),
    "login": ("mail.auth", 535),
}


def test_resend(ill, outages):
    connections = {
        f"r{state}": {
            "kind": "resend",
            "api_key": "k",
            "from": "lab@example.org",
            "base_url": ill.url(state),
            "allow_private": True,
            "timeout": 1.0,
        }
        for state in STATES
    }
    nodes = {
        state: {"kind": "action.send_email", "config": {"connection": f"r{state}", **MAIL}}
        for state in STATES
    }

    assert kinds_of(outages(nodes, connections)) == {
        "down": "mail.connect",
        "slow": "mail.timeout",
        "rubbish": ("mail.failed", 200),
        "strange": "mail.failed",
        "cut": "mail.connect",
        "401": ("mail.auth", 401),
        "404": ("mail.refused", 404),
        "409": ("mail.refused", 409),
        "429": ("mail.failed", 429),
        "500": ("mail.failed", 500),
    }


def test_smtp(ill, outages):
    ports, close = ill.do(mail_servers())
    connections = {
        f"m{state}": {
            "kind": "smtp",
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "from": "lab@example.org",
            "timeout": 1.0,
            **({"user": "anna", "password": "wrong"} if state == "login" else {}),
        }
        for state, port in ports.items()
    }
    nodes = {
        state: {"kind": "action.send_email", "config": {"connection": f"m{state}", **MAIL}}
        for state in ports
    }

    try:
        assert kinds_of(outages(nodes, connections)) == SMTP_STATES
    finally:
        ill.do(close())


async def mail_servers():
    """Return the port of a server for each state, and how to close them all."""
    answers = {
        "busy": "421 try later",
        "full": "452 full",
        "denied": "550 no",
        "broken": "554 bad",
    }
    servers, writers = {}, []
    for state, answer in answers.items():
        post = Post()
        post.data_answer = answer
        servers[state] = await serve(post)
    servers["login"] = await serve(Post(), login=("anna", "right"))
    for state, words in {"slow": None, "rubbish": b"\x00\xff<html>\r\n", "cut": b"22"}.items():
        servers[state] = await asyncio.start_server(saying(words, writers), "127.0.0.1", 0)
    ports = {state: server.sockets[0].getsockname()[1] for state, server in servers.items()}

    async def close():
        for one in (*servers.values(), *(writer.transport for writer in writers)):
            one.close()
        await asyncio.sleep(0.05)

    return ports | {"down": free_port()}, close


def saying(words, writers):
    """Return what greets with some words and hangs up, or says nothing at all."""

    async def converse(reader, writer):
        writers.append(writer)
        with contextlib.closing(writer):
            if words is None:
                await reader.read()
                return
            writer.write(words)
            await writer.drain()

    return converse
