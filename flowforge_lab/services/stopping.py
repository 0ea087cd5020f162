"""The end of a cancelled execution and of all that it awaits, whether somebody runs them or not."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from flowforge_lab.engine import BY_PARENT, Handle
from flowforge_lab.store import StoreJournal

logger = logging.getLogger(__name__)
_MOMENT_SECONDS = 0.5
_ASKED = json.dumps({"by": BY_PARENT, "reason": "the execution that awaits it was cancelled"})

Claim = Callable[[Sequence[str]], Awaitable[dict[str, Handle | Exception]]]


class Stopping:
    """Brings the wish to cancel down, the upper ones first, and ends here what nobody else would end.

    `poke` has the signals fetched for what runs here, `claim` takes over what nobody runs.
    """

    def __init__(self, journal: StoreJournal, poke: Callable[[], None], claim: Claim) -> None:
        self._journal = journal
        self._poke = poke
        self._claim = claim

    async def see_off(self, execution_id: str, running: Mapping[str, Handle]) -> None:
        """Let an execution that was asked to cancel end, and all that it awaits; `running` is what runs here.

        Ones that others run are only asked. Ones that end here are given a moment, and what those that
        are over then have started in it ends as well.

        Raises:
            FlowForgeError: the execution itself cannot come to its end.
        """
        tree = {execution_id: None}
        fresh = [execution_id, *await self._ask_below([execution_id], tree)]
        while fresh:
            self._poke()
            claimed = await self._claim(fresh)
            for name, one in claimed.items():
                _refuse(name, one, is_root=name == execution_id)
            here = {name: one for name, one in running.items() if name in fresh} | claimed
            await _give_a_moment(one for one in here.values() if isinstance(one, Handle))
            fresh = await self._ask_below(await self._over(tree), tree)

    async def _over(self, tree: Iterable[str]) -> list[str]:
        """Return those that have ended: what others have started since may be their `finally`."""
        heads = [await self._journal.find_head(name) for name in tree]
        return [head.id for head in heads if head is not None and head.is_finished]

    async def _ask_below(self, upper: Sequence[str], tree: dict[str, None]) -> list[str]:
        """Ask all that is awaited below these to cancel; it joins the tree, and is returned."""
        ahead, fresh = list(upper), []
        for name in ahead:  # it grows meanwhile
            for child in await self._journal.awaited_children_of(name):
                if child.id not in tree:
                    await self._journal.signal(child.id, "cancel", _ASKED)
                    tree[child.id] = None
                    ahead.append(child.id)
                    fresh.append(child.id)
        return fresh


def _refuse(name: str, claimed: Handle | Exception, *, is_root: bool) -> None:
    if not isinstance(claimed, Exception):
        return
    if is_root:
        raise claimed
    facts = {"execution_id": name}
    logger.error("could not end a cancelled execution", extra=facts, exc_info=claimed)


async def _give_a_moment(handles: Iterable[Handle]) -> None:
    ends = (one.outcome() for one in handles)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_MOMENT_SECONDS):
            await asyncio.gather(*ends, return_exceptions=True)
