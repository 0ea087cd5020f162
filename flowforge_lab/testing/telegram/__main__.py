"""A Telegram on this machine with you in front of it: `python -m flowforge_lab.testing.telegram`.

Each line is what somebody does: `anna: hello` writes to the bot, `anna@desk: hello` writes into the group
`desk`, `anna: !Yes` presses a button, `anna: !contact` shares the own number (`anna+4915112345678: hello` has
one). Without a name it is the one who did something last. What the bots say is printed as it comes.
"""

import argparse
import re
import sys
import threading
from collections.abc import Iterable
from typing import Any

from .people import Person, buttons_of, told
from .server import TelegramServer

_LINE = re.compile(
    r"(?:(?P<name>[a-z]\w*)(?P<phone>\+\d+)?(?:@(?P<group>\w+))?:\s*)?(?P<what>.+)", re.IGNORECASE
)


class Console:
    """Turns lines into what people do, and tells what bots say."""

    def __init__(self, server: TelegramServer) -> None:
        self._server = server
        self._people: dict[str, Person] = {}
        self._groups: dict[str, Person] = {}
        self._last = "you"

    def do(self, line: str) -> str:
        """Do what a line says, and return what is wrong with it, if anything."""
        found = _LINE.fullmatch(line.strip())
        if found is None:
            return ""
        person = self._person(found["name"] or self._last, found["phone"], found["group"])
        what = found["what"]
        try:
            if what == "!contact":
                person.shares_contact()
            elif what.startswith("!"):
                person.presses(what[1:])
            else:
                person.writes(what)
        except AssertionError as error:
            return str(error)
        return ""

    def _person(self, name: str, phone: str | None, group: str | None) -> Person:
        """Return somebody, in a group or alone with the bot; who is new comes in."""
        plain = name.partition("@")[0].lower()
        group = group or name.partition("@")[2]
        self._last = f"{plain}@{group}" if group else plain
        if plain not in self._people:
            facts = {"username": plain, "phone": (phone or "+4915100000").removeprefix("+")}
            self._people[plain] = self._server.person(plain.capitalize(), **facts)
        person = self._people[plain]
        if not group:
            return person
        if group not in self._groups:
            [self._groups[group]] = self._server.group(person, title=group)
        return person.within(self._groups[group].chat)

    def news(self) -> Iterable[str]:
        """Yield what bots have said since the last time, in every chat."""
        for name, person in {**self._people, **self._groups}.items():
            for message in person.news():
                yield f"[{name}] {message['from']['first_name']}: {_shown(message)}"


def _shown(message: dict[str, Any]) -> str:
    keyboard = message.get("reply_markup", {}).get("keyboard", [])
    labels = [*buttons_of(message), *(button["text"] for row in keyboard for button in row)]
    return told(message) + "".join(f"  [{label}]" for label in labels)


def main() -> None:
    """Serve until the input ends."""
    options = argparse.ArgumentParser(prog="python -m flowforge_lab.testing.telegram")
    options.add_argument("--bot", default="local_bot", help="the name of the bot")
    options.add_argument("--token", default="1000:local", help="its token")
    options.add_argument("--port", type=int, default=8081, help="where to listen")
    given = options.parse_args()
    with TelegramServer(port=given.port) as server:
        server.add_bot(given.token, username=given.bot)
        print(f"export FLOWFORGE_TELEGRAM_API_URL={server.url}   # the token is {given.token}")
        _converse(Console(server))


def _converse(console: Console) -> None:
    over = threading.Event()
    lock = threading.Lock()

    def tell() -> None:
        while not over.wait(0.2):
            with lock:
                for line in console.news():
                    print(line, flush=True)

    teller = threading.Thread(target=tell)
    teller.start()
    try:
        for line in sys.stdin:
            with lock:
                fault = console.do(line)
            if fault:
                print(fault, flush=True)
    except KeyboardInterrupt:
        pass
    finally:
        over.set()
        teller.join()


if __name__ == "__main__":
    main()
