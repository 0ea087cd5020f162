"""A lab elsewhere has the calls of a lab: none is missing, none takes other arguments."""

import inspect
from typing import get_type_hints

import pytest

import flowforge_lab as ff
from flowforge_lab import access, client, lab, variables
from flowforge_lab.errors import RemoteError

ONLY_HERE = {
    "loop",  # that of this process, for screens in it
}
ONLY_REMOTE = {"follow", "url"}  # a lab has the journal at hand; only a server has an address
PAIRS = {
    "queue": ("LabQueue", "RemoteQueue"),
    "waits": ("LabWaits", "RemoteWaits"),
    "dead_letters": ("LabDeadLetters", "RemoteDeadLetters"),
    "versions": ("LabVersions", "RemoteVersions"),
    "users": ("LabUsers", "RemoteUsers"),
    "bots": ("LabBots", "RemoteBots"),
    "alerts": ("LabAlerts", "RemoteAlerts"),
    "webhooks": ("LabWebhooks", "RemoteWebhooks"),
    "secrets": ("Secrets", "RemoteSecrets"),
    "tokens": ("Tokens", "RemoteTokens"),
    "accounts": ("Accounts", "RemoteAccounts"),
    "projects": ("LabProjects", "RemoteProjects"),
    "sessions": ("LabSessions", "RemoteSessions"),
    "notebooks": ("LabNotebooks", "RemoteNotebooks"),
}


def names_of(kind):
    return {name for name in dir(kind) if not name.startswith("_")}


def kinds_of(name):
    labs = (lab.Lab, client.RemoteLab)
    return tuple(get_type_hints(inspect.getattr_static(one, name).fget)["return"] for one in labs)


GROUPS = {**{name: kinds_of(name) for name in PAIRS}}


def test_all_groups_of_calls_are_compared():
    groups = {
        name
        for name in names_of(lab.Lab)
        if isinstance(inspect.getattr_static(lab.Lab, name), property)
    }

    assert groups - {"is_copy", "is_read_only"} - ONLY_HERE == set(PAIRS)
    assert {
        name: tuple(kind.__name__ for kind in found) for name, found in GROUPS.items()
    } == PAIRS


def test_a_lab_elsewhere_has_every_call_of_a_lab():
    assert names_of(client.RemoteLab) - ONLY_REMOTE == names_of(lab.Lab) - ONLY_HERE


@pytest.mark.parametrize("name", list(PAIRS))
def test_each_group_of_calls_is_whole(name):
    here, there = GROUPS[name]

    assert names_of(there) == names_of(here)


def test_pins_elsewhere_have_every_call_of_pins():
    here, there = (get_type_hints(one.pins)["return"] for one in (lab.Lab, client.RemoteLab))

    assert names_of(there) == names_of(here)


def test_a_process_elsewhere_has_every_call_of_a_process():
    here, there = (get_type_hints(one.process)["return"] for one in (lab.Lab, client.RemoteLab))

    assert names_of(there) == names_of(here)


def test_a_debugger_elsewhere_has_every_call_of_a_debugger():
    there = inspect.get_annotations(client.RemoteLab.debug)["return"]

    assert names_of(there) == names_of(lab.Debugger)


def calls():
    for name, (here, there) in {**GROUPS, "": (lab.Lab, client.RemoteLab)}.items():
        for call in sorted(names_of(here) - ONLY_HERE):
            found = getattr(here, call), getattr(there, call)
            if callable(found[0]):
                yield pytest.param(*found, id=f"{name}.{call}")


@pytest.mark.parametrize(("here", "there"), list(calls()))
def test_a_call_takes_what_it_takes_in_a_lab(here, there):
    taken, takes = (inspect.signature(call).parameters for call in (here, there))

    assert list(takes)[: len(taken)] == list(taken)
    more = [takes[name] for name in list(takes)[len(taken) :]]
    assert all(one.default is not one.empty for one in more)
    assert [one.kind for one in taken.values()] == [takes[name].kind for name in taken]


REFUSED = {
    "duckdb": (),
    "publish": (),
    "viewer": ("1",),
    "picture": ("1",),
    "serve": (),
    "keep": (None,),
    "surroundings": (),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_makes_sense_on_one_machine_only_says_what_to_use_instead(name):
    with ff.connect("http://127.0.0.1:9") as remote, pytest.raises(RemoteError) as caught:
        getattr(remote, name)(*REFUSED[name])

    assert len(str(caught.value)) > 30


def test_in_groups_too():
    with ff.connect("http://127.0.0.1:9") as remote:
        for refused in (
            remote.queue.work,
            lambda: remote.secrets.get("x"),
            lambda: remote.secrets.given,
            lambda: remote.tokens.find("x"),
            lambda: remote.tokens.valid("x"),
            lambda: remote.accounts.check("x", "y"),
            lambda: remote.notebooks.to_workflow("x"),
            lambda: remote.notebooks.compare(None, "x"),
            lambda: remote.notebooks.to_notebook("x"),
            lambda: remote.notebooks.walk("x"),
        ):
            with pytest.raises(RemoteError):
                refused()
    assert {access.Tokens, access.Accounts, variables.Secrets} <= {
        one for one, _ in GROUPS.values()
    }
