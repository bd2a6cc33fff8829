"""A client inside this process: it calls the application itself, without a server.

Its loop runs in a thread beside each caller, since a browser of another test may keep a loop running in its own.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import local

import httpx

_beside = local()


def beside() -> tuple[ThreadPoolExecutor, asyncio.AbstractEventLoop]:
    """The thread beside this one and its loop, made once."""
    if not hasattr(_beside, "thread"):
        _beside.thread = ThreadPoolExecutor(max_workers=1)
        _beside.loop = asyncio.new_event_loop()
    return _beside.thread, _beside.loop


class Inside(httpx.BaseTransport):
    """What carries requests to an application; an error that comes out of it is answered as a server would."""

    def __init__(self, app) -> None:
        self.app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        thread, loop = beside()
        body = request.read()
        return thread.submit(lambda: loop.run_until_complete(self.answered(request, body))).result()

    async def answered(self, request: httpx.Request, body: bytes) -> httpx.Response:
        sent: list[dict] = []

        async def receive() -> dict:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict) -> None:
            sent.append(message)

        try:
            await self.app(scope_of(request), receive, send)
        except Exception:
            return httpx.Response(500)
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=content)


def scope_of(request: httpx.Request) -> dict:
    """What a server would say of a request."""
    path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": path,
        "root_path": "",
        "query_string": query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("testclient", 50000),
        "server": (request.url.host, request.url.port or 443),
        "state": {},
    }


def client_of(app) -> httpx.Client:
    """A browser in front of an application: it keeps cookies."""
    return httpx.Client(transport=Inside(app), base_url="https://testserver")
