"""Serving: one process that answers pages, with a small watch beside it that passes on what nobody took up."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import uvicorn

from limen.centre.accounts import users
from limen.centre.care.duty import sweep
from limen.centre.care.sitting import watch
from limen.centre.centre import Centre, is_centre, make_centre, open_centre, set_within, setting_within
from limen.centre.demo import fill
from limen.centre.live.door import LiveDoor
from limen.centre.web.app import make_app
from limen.centre.web.security import hostname
from limen.quantities import InputError

#: Seconds between two looks at tasks and vitals that are overdue (ours).
WATCH_S: Final = 15
DAY_S: Final = 86_400
DEMO: Final = "demo"
FIRST_ADMIN: Final = "admin"
BACKLOG: Final = 512
#: Seconds that a browser may think before its connection is closed (ours).
KEEP_S: Final = 60
log: Final = logging.getLogger("limen.centre")


def check_address(host: str, *, tls: bool, forced: bool, demo: bool) -> None:
    """Refuse an address that others can reach without TLS, and one for a demo that lets anybody in."""
    loopback = host == "localhost" or is_loopback(host)
    if demo and not loopback:
        raise InputError(f"--host {host} can be reached by others, and the demo lets anybody in: use 127.0.0.1.")
    if not loopback and not tls and not forced:
        raise InputError(
            f"--host {host} can be reached by others without TLS: name --certificate and --key, stand a proxy with TLS"
            " before 127.0.0.1, or add --insecure if you know why."
        )


def is_loopback(host: str) -> bool:
    """Tell whether an address is of this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_port(host: str, port: int) -> None:
    """Refuse a port that something else listens on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return
    except OSError as error:
        raise InputError(f"--port {port} cannot be used on {host} ({error.strerror}): name another one.") from None


def address_of(host: str, port: int, *, tls: bool) -> str:
    """Give the address at which the centre answers; one of IPv6 stands in brackets."""
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def centre_to_serve(data: Path, *, url: str | None, demo: bool) -> Centre:
    """Open the centre of a folder, or make one on the first start."""
    if is_centre(data):
        centre = open_centre(data, url=url)
        if demo and not is_demo(centre):
            raise InputError(f"{data} holds a centre that is no demo: name another folder for --demo.")
        return centre
    centre = make_centre(data, url=url)
    if demo:
        fill(centre)
        with centre.database.writing() as connection:
            set_within(connection, DEMO, "yes")
    return centre


def is_demo(centre: Centre) -> bool:
    """Tell whether a centre was made as a demo."""
    with centre.database.reading() as connection:
        return setting_within(connection, DEMO) == "yes"


def first_link(centre: Centre, address: str) -> str:
    """Give the one-time link by which the first administrator sets a password; empty where somebody has one.

    While it was not used each start makes it anew, so that one that was lost is no loss.
    """
    now = centre.clock.now().wall
    with centre.database.writing() as connection:
        there = users.users(connection)
        waits = [(one["name"], one["state"]) for one in there] == [(FIRST_ADMIN, users.INVITED)]
        if there and not waits:
            return ""
        if waits:
            secret = users.new_setup(connection, there[0]["id"], now)
        else:
            grants = [("admin", users.EVERYWHERE), ("medical director", users.EVERYWHERE)]
            _, secret = users.invite(connection, FIRST_ADMIN, "Administrator", grants, now)
    return f"{address}/setup/{secret}"


def serve(
    data: Path,
    *,
    host: str,
    port: int,
    url: str | None = None,
    demo: bool = False,
    certificate: Path | None = None,
    key: Path | None = None,
    insecure: bool = False,
    names: tuple[str, ...] = (),
    tell: Callable[[str], None] = print,
) -> None:
    """Serve the centre of a folder until somebody ends it.

    Parameters
    ----------
    data : Path
        Where everything of the centre lies; made on the first start.
    host, port : str, int
        Where to listen.
    url : str, optional
        The address of a PostgreSQL database.
    demo : bool
        Fill a new folder with made-up people and let anybody on this machine choose a role.
    certificate, key : Path, optional
        For TLS.
    insecure : bool
        Listen for others without TLS.
    names : tuple of str
        Names by which a proxy calls the server.
    tell : callable
        Says where it answers.
    """
    tls, host = certificate is not None and key is not None, host.strip("[]")
    check_address(host, tls=tls, forced=insecure, demo=demo)
    check_port(host, port)
    centre = centre_to_serve(data, url=url, demo=demo)
    demo = demo or (is_demo(centre) and is_loopback(host))
    address = address_of(host, port, tls=tls)
    link = "" if demo else first_link(centre, address)
    app = make_app(centre, demo=demo, hosts=(hostname(f"[{host}]" if ":" in host else host), *names))
    app.live = live = LiveDoor(centre, demo=demo)
    settings = uvicorn.Config(
        app, host=host, port=port, log_level="warning", access_log=False, server_header=False,
        interface="asgi3", backlog=BACKLOG,
        ssl_certfile=certificate, ssl_keyfile=key, lifespan="off", timeout_graceful_shutdown=5,
        timeout_keep_alive=KEEP_S,
    )  # fmt: skip

    def begun() -> None:
        live.begin()
        announce(tell, address, link, demo=demo)

    run(centre, Announcing(settings, begun))


class Announcing(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, announced: Callable[[], None]) -> None:
        super().__init__(config)
        self.announced = announced

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self.announced()


def announce(tell: Callable[[str], None], address: str, link: str, *, demo: bool) -> None:
    """Say where the centre answers, and how to come in."""
    tell(f"The {'demo ' if demo else ''}centre answers at {address}")
    if link:
        tell(f"Set the administrator's password once, within 7 days: {link}")
    if demo:
        tell(f"Choose who you are at {address}/login; every person in it is made up. Ctrl-C ends it.")
    sys.stdout.flush()


def run(centre: Centre, server: uvicorn.Server) -> None:
    """Run the server with the watch beside it; write down the heads of the chains at the end."""
    ended = threading.Event()
    watcher = threading.Thread(target=watching, args=(centre, ended), daemon=True)
    centre.keep_heads()
    watcher.start()
    try:
        server.run()
    finally:
        ended.set()
        watcher.join(timeout=WATCH_S)
        centre.keep_heads()
        centre.close()


def watching(centre: Centre, ended: threading.Event) -> None:
    """Pass on late tasks, raise overdue vitals, and write down the heads once a day."""
    looks = 0
    while not ended.wait(WATCH_S):
        looks += 1
        try:
            sweep(centre)
            watch(centre)
            if looks % (DAY_S // WATCH_S) == 0:
                centre.keep_heads()
        except Exception:  # the watch outlives whatever one look meets, and says so
            log.exception("The watch met an error and goes on")


def default_demo_folder() -> Path:
    """Give the folder of the demo where none is named."""
    return Path(os.environ.get("LIMEN_DEMO", "limen-centre-demo"))
