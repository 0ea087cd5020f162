import asyncio

import pytest

from flowforge_lab.errors import NotFoundError
from flowforge_lab.store import Draft, Version

from .rows import AT

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
