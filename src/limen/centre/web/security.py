"""What stands around every answer: headers, and the refusal of requests that other pages send."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CSP: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "x-frame-options": "DENY",
}
HSTS: Final = "max-age=31536000"
UNSAFE: Final = ("POST", "PUT", "PATCH", "DELETE")
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class Guard:
    """The outermost layer: whatever answers inside, the answer carries the headers.

    Parameters
    ----------
    app : callable
        The application.
    hosts : tuple of str
        Names by which this server may be called; none means loopback only.
    """

    def __init__(self, app: App, hosts: tuple[str, ...] = ()) -> None:
        self.app, self.hosts = app, (*LOOPBACK, *hosts)
        #: Answers sockets; without one they go to the application, which has none.
        self.live: App | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._other(scope, receive, send)
            return
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        because = self.refusal(scope["method"], headers)
        if because:
            await refuse(dressed(send, scope), because)
            return
        await self.app(scope, receive, dressed(send, scope))

    async def _other(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}
        if scope["type"] == "websocket" and (
            not self.same_origin(headers) or hostname(headers.get("host", "")) not in self.hosts
        ):
            await send({"type": "websocket.close", "code": 1008})
            return
        await (self.live if self.live and scope["type"] == "websocket" else self.app)(scope, receive, send)

    def refusal(self, method: str, headers: dict[str, str]) -> str:
        """Give why a request is refused before anything looks at it; empty where it is not."""
        if hostname(headers.get("host", "")) not in self.hosts:
            return "This server is not called by that name."
        if method not in UNSAFE:
            return ""
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return "This request came from another page: open the form here and send it again."
        if "origin" in headers and not self.same_origin(headers):
            return "This request came from another page: open the form here and send it again."
        return ""

    def same_origin(self, headers: dict[str, str]) -> bool:
        """Tell whether the page that sent a request is one of ours."""
        try:
            return bool(headers.get("origin")) and urlsplit(headers["origin"]).netloc == headers.get("host")
        except ValueError:
            return False


def hostname(host: str) -> str:
    """Give the name of a host without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def dressed(send: Send, scope: Scope) -> Send:
    """Give a way to send that adds the headers to the answer."""

    async def send_dressed(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            given = list(message.get("headers", []))
            names = {name.lower() for name, _ in given}
            added = [(name, value) for name, value in all_headers(scope).items() if name.encode() not in names]
            message["headers"] = [*given, *((name.encode(), value.encode()) for name, value in added)]
        await send(message)

    return send_dressed


def all_headers(scope: Scope) -> dict[str, str]:
    """Give the headers that an answer needs where it has none of its own."""
    asset = scope["path"].startswith("/assets/")
    found = {
        **HEADERS,
        "content-security-policy": CSP,
        "cache-control": "public, max-age=3600" if asset else "no-store",
    }
    return {**found, "strict-transport-security": HSTS} if scope.get("scheme") == "https" else found


async def refuse(send: Send, because: str) -> None:
    """Answer 403."""
    body = json.dumps({"error": because}).encode()
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})
