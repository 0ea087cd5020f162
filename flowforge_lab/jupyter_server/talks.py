"""What a page of JupyterLab and the session behind it say to each other, over one connection."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Protocol

from flowforge_lab.errors import FlowForgeError, NotFoundError
from flowforge_lab.lab import open_session
from flowforge_lab.services import EditorSession, ViewerSession, answer, answer_viewer
from flowforge_lab.spec import Document, stem_of

from .labs import Labs

Message = dict[str, Any]
Send = Callable[[Message], None]


class Talk(Protocol):
    """One side of a connection. Its calls may block, and come one after the other."""

    def take(self, message: Mapping[str, Any]) -> None:
        """Do what the page asks for."""

    def settle(self) -> None:
        """Tell the page what has come of all it asked for, now that nothing more is there to be done."""

    def close(self) -> None:
        """End the session; may be called twice."""


class ViewerTalk:
    """A page that shows an execution."""

    def __init__(self, labs: Labs, send: Send) -> None:
        self._labs = labs
        self.send = send
        self._session: ViewerSession | None = None

    def take(self, message: Mapping[str, Any]) -> None:
        """Open the execution that the first message names, and answer all others."""
        if message.get("kind") == "open":
            self._open(message)
        elif self._session is not None:
            answer_viewer(self._session, self, dict(message))

    def _open(self, message: Mapping[str, Any]) -> None:
        try:
            lab = self._labs.find(self._labs.root_of(str(message.get("folder", ""))))
            if lab is None:
                msg = "there is no lab here"
                raise NotFoundError(msg)
            self.close()
            self._session = lab.viewer(str(message.get("execution_id", "")))
        except FlowForgeError as error:
            self.send({"kind": "broken", "reason": str(error)})
            return
        self._session.join(self)
        self.send({"kind": "opened"})

    def settle(self) -> None:
        """Tell nothing: a viewer tells by itself."""

    def close(self) -> None:
        """Follow the execution no longer."""
        if self._session is not None:
            self._session.close()


class EditorTalk:
    """A page that edits a document of JupyterLab.

    JupyterLab keeps the text, with all that belongs to a document: saving, renaming, reverting, other
    views of it. The session makes the text anew after each edit, and reads it where something else
    wrote it.
    """

    def __init__(self, labs: Labs, send: Send) -> None:
        self._labs = labs
        self.send = send
        self._session: EditorSession | None = None
        self._text = ""
        self._address = ""
        self._edits = 0
        self._is_edited = False

    def take(self, message: Mapping[str, Any]) -> None:
        """Do what the page asks for: of the document here, all else of the session."""
        act = self._ACTS.get(str(message.get("kind")))
        if act is None:
            if self._session is not None:
                self._count(message)
                answer(self._session, self, dict(message))
            return
        try:
            act(self, message)
        except FlowForgeError as error:
            self.send({"kind": "broken", "reason": str(error)})

    def _count(self, message: Mapping[str, Any]) -> None:
        if message.get("kind") == "ops":
            self._edits += 1
            self._is_edited = True

    def settle(self) -> None:
        """Hand the text of the document to the page after its edits, and say how many of them are in it."""
        if self._session is None or not self._is_edited:
            return
        self._is_edited = False
        self._text = self._session.document.text
        self.send({"kind": "text", "text": self._text, "edits": self._edits})

    def close(self) -> None:
        """End the session; what runs goes on."""
        if self._session is not None:
            self._session.close()

    def _open(self, message: Mapping[str, Any]) -> None:
        self._address = str(message.get("path", ""))
        self._text = str(message.get("text", ""))
        document = self._document()
        lab = self._labs.open(self._labs.root_of(self._folder()))
        is_read_only = bool(message.get("read_only")) or lab.is_read_only
        self.close()
        self._session = open_session(document, lab=lab, is_read_only=is_read_only)
        self._session.join(self)
        self.send({"kind": "opened"})

    def _read(self, message: Mapping[str, Any]) -> None:
        """Show what somebody else wrote into the document: another editor, a revert, a collaborator."""
        text = str(message.get("text", ""))
        if text == self._text and self._session is not None:
            return
        self._text = text
        self._show()

    def _move(self, message: Mapping[str, Any]) -> None:
        """Follow the document to its new name, which may be the id of the workflow."""
        self._address = str(message.get("path", ""))
        self._text = str(message.get("text", self._text))
        self._show()

    def _show(self) -> None:
        document = self._document()
        if self._session is None:
            self._open({"path": self._address, "text": self._text})
        else:
            self._session.take(document)
            self.send({"kind": "opened"})

    def _keep(self, message: Mapping[str, Any]) -> None:
        """Note that JupyterLab has written the file: what it says is the newest version, or a draft."""
        session = self._session
        if session is None:
            return
        text = str(message.get("text", ""))
        if session.document.text == text:
            session.kept()
            self._tell_draft(session)
        else:  # an edit came while the file was written
            self._labs.open(self._labs.root_of(self._folder())).keep(self._document(text))

    def _tell_draft(self, session: EditorSession) -> None:
        errors = sum(problem.severity == "error" for problem in session.problems)
        if errors:
            what = "an error keeps" if errors == 1 else f"{errors} errors keep"
            text = f"Saved as a draft: {what} it from running"
            self.send({"kind": "notice", "text": text, "tone": "warning"})

    def _document(self, text: str | None = None) -> Document:
        """Return the document that the page shows; one without any text is an empty workflow.

        Raises:
            DocumentError: the text is no workflow.
        """
        text = self._text if text is None else text
        path = self._path()
        stem = stem_of(path or Path(self._address or "workflow"))
        if not text.strip():
            return replace(Document.empty(stem), path=path)
        return replace(Document.parse(text, source=self._address, stem=stem), path=path)

    def _path(self) -> Path | None:
        if self._labs.ground.root is None:
            return None
        return self._labs.ground.path_of(self._address)

    def _folder(self) -> str:
        return self._address.rpartition("/")[0]

    _ACTS: ClassVar[Mapping[str, Callable[["EditorTalk", Mapping[str, Any]], None]]] = {
        "open": _open,
        "text": _read,
        "moved": _move,
        "kept": _keep,
    }
