import asyncio
import time

import pytest

from flowforge_lab.errors import NotFoundError
from flowforge_lab.store import Activation, Draft, Label, Pin, Version

from .conftest import BOTH
from .rows import AT

KEEPERS = BOTH

ONE = Version("1" * 64, "report", "Report", "kind: one", AT)
TWO = Version("2" * 64, "report", "The report", "kind: two", AT + 1)


def test_keeps_every_version_newest_first(open_lab):
    catalogue = open_lab().catalogue

    async def work():
        for version in (ONE, TWO, ONE):
            await catalogue.put_version(version, path="/lab/report.flow.yaml")
        return await catalogue.list_versions("report"), await catalogue.get_version(ONE.digest)

    assert asyncio.run(work()) == ([TWO, ONE], ONE)


def test_a_version_that_was_never_kept_is_named(open_lab):
    with pytest.raises(NotFoundError, match="nope"):
        asyncio.run(open_lab().catalogue.get_version("nope"))


def test_activates_a_kept_version_and_deactivates_it(open_lab):
    catalogue, other = open_lab().catalogue, open_lab().catalogue

    async def work():
        await catalogue.put_version(ONE, path="/lab/report.flow.yaml")
        await catalogue.activate("report", ONE.digest, at=AT + 5)
        active = await other.find_workflow("report")
        await catalogue.deactivate("report", at=AT + 6)
        return active, await other.find_workflow("report")

    active, resting = asyncio.run(work())
    assert (active.active_digest, active.activated_at, active.is_active) == (
        ONE.digest,
        AT + 5,
        True,
    )
    assert (active.path, active.name) == ("/lab/report.flow.yaml", "Report")
    assert not resting.is_active


def test_activates_nothing_that_is_not_kept(open_lab):
    catalogue = open_lab().catalogue

    with pytest.raises(NotFoundError, match="has no version"):
        asyncio.run(catalogue.activate("report", ONE.digest, at=AT))
    with pytest.raises(NotFoundError, match="knows no workflow"):
        asyncio.run(catalogue.deactivate("report", at=AT + 6))


def test_a_draft_lies_beside_the_active_version_until_a_version_is_kept(open_lab):
    catalogue = open_lab().catalogue

    async def work():
        await catalogue.put_version(ONE)
        await catalogue.activate("report", ONE.digest, at=AT)
        await catalogue.save_draft(Draft("report", "kind: [broken", AT + 2))
        during = await catalogue.find_workflow("report"), await catalogue.find_draft("report")
        await catalogue.put_version(TWO)
        return during, await catalogue.find_workflow("report")

    (workflow, draft), after = asyncio.run(work())
    assert workflow.has_draft
    assert workflow.active_digest == ONE.digest
    assert draft.text == "kind: [broken"
    assert (after.has_draft, after.latest_digest, after.active_digest) == (
        False,
        TWO.digest,
        ONE.digest,
    )


def test_a_workflow_that_is_only_a_draft_is_listed(open_lab):
    catalogue = open_lab().catalogue

    async def work():
        await catalogue.save_draft(Draft("sketch", "", AT))
        return await catalogue.list_workflows()

    [workflow] = asyncio.run(work())
    assert (workflow.id, workflow.has_draft, workflow.latest_digest) == ("sketch", True, "")


def test_a_removed_workflow_leaves_its_versions_for_old_executions(open_lab):
    catalogue = open_lab().catalogue

    async def work():
        await catalogue.put_version(ONE)
        assert await catalogue.remove("report")
        assert not await catalogue.remove("report")
        return await catalogue.list_workflows(), await catalogue.get_version(ONE.digest)

    assert asyncio.run(work()) == ([], ONE)


def test_tells_which_version_was_active_since_when(open_lab):
    catalogue = open_lab().catalogue

    async def work():
        for version in (ONE, TWO):
            await catalogue.put_version(version)
        for at, version in enumerate((ONE, TWO, ONE)):
            await catalogue.activate("report", version.digest, at=at, by="ann")
        for at in (3, 4):
            await catalogue.deactivate("report", at=at, by="bob")
        with pytest.raises(NotFoundError):
            await catalogue.activate("report", "nope", at=9)
        return await catalogue.list_activations("report")

    assert asyncio.run(work()) == [
        Activation("report", "", 3, "bob"),
        Activation("report", ONE.digest, 2, "ann"),
        Activation("report", TWO.digest, 1, "ann"),
        Activation("report", ONE.digest, 0, "ann"),
    ]


def test_a_label_names_one_version(open_lab):
    catalogue = open_lab().catalogue

    async def work():
        for version in (ONE, TWO):
            await catalogue.put_version(version)
            await catalogue.set_label(Label("report", "good", version.digest, AT))
        await catalogue.set_label(Label("report", "first", ONE.digest, AT))
        with pytest.raises(NotFoundError, match="has no version"):
            await catalogue.set_label(Label("report", "good", "nope", AT))
        return (
            await catalogue.list_labels("report"),
            await catalogue.remove_label("report", "first"),
            await catalogue.remove_label("report", "first"),
        )

    labels, *removed = asyncio.run(work())
    assert [(one.label, one.digest) for one in labels] == [
        ("first", ONE.digest),
        ("good", TWO.digest),
    ]
    assert removed == [True, False]


def test_a_pin_stands_until_it_is_removed(open_lab):
    catalogue = open_lab().catalogue

    async def work():
        for value in ({"n": 1}, {"n": [None, "ž"]}):
            await catalogue.set_pin(Pin("report", "load", value, AT))
        return (
            await catalogue.list_pins("report"),
            await catalogue.list_pins("other"),
            await catalogue.remove_pin("report", "load"),
            await catalogue.remove_pin("report", "load"),
        )

    pins, others, *removed = asyncio.run(work())
    assert pins == [Pin("report", "load", {"n": [None, "ž"]}, AT)]
    assert (others, removed) == ([], [True, False])


def test_a_pinned_blob_is_kept_as_long_as_the_pin(open_lab):
    store = open_lab()
    catalogue, blobs = store.catalogue, [store.blobs.put(text) for text in (b"one", b"two")]

    def pin(digest: str) -> Pin:
        frame = {"$frame": {"digest": digest, "row_count": 1, "columns": {}}}
        return Pin("report", "load", {"table": frame}, AT)

    async def work():
        await catalogue.put_version(ONE)
        for digest in blobs:
            await catalogue.set_pin(pin(digest))
        time.sleep(0.02)
        kept = await store.sweep_blobs(grace=0.0)
        await catalogue.remove("report")
        return kept, await store.sweep_blobs(grace=0.0)

    assert asyncio.run(work()) == (1, 1)
