"""A view of a screen that keeps what it is told."""

import threading


class Page:
    """Asks by `answer`, a function of session, view and message; `told` is what came since the last question."""

    def __init__(self, answer):
        self._answer = answer
        self.told = []
        self.news = threading.Condition()

    def send(self, message):
        with self.news:
            self.told.append(message)
            self.news.notify_all()

    def wait_for(self, holds, seconds=10):
        with self.news:
            assert self.news.wait_for(lambda: any(map(holds, self.told)), seconds)
        return [message for message in self.told if holds(message)][-1]

    def ask(self, session, kind, **fields):
        self.told.clear()
        self._answer(session, self, {"kind": kind, "client": "c", **fields})
        return self.told[-1] if self.told else None
