"""The built front end: pages that are always asked for anew, and assets that never change under their name."""

from pathlib import Path

import structlog
from aiohttp import web

from agent_ui.policy import PUBLIC, Route
from agent_ui.problems import Problem

log = structlog.get_logger()

PAGES = {"/": "index.html", "/agent": "agent.html", "/supervisor": "supervisor.html"}
FOREVER = "public, max-age=31536000, immutable"  # the build puts a hash of the content into each name
NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Promiseline: not built</title></head>
<body><h1>The consoles are not built yet</h1>
<p>The server runs, but its pages are missing.
Run <code>make setup</code> in the checkout, then load this page again.</p>
</body></html>
"""


class Pages:
    def __init__(self, static_dir: Path) -> None:
        self._root = static_dir.resolve()

    def routes(self) -> list[Route]:
        pages = [Route("GET", path, self.page, PUBLIC) for path in PAGES]
        return [
            *pages,
            Route("GET", "/assets/{name:.+}", self.asset, PUBLIC),
            Route("GET", "/favicon.ico", self.icon, PUBLIC),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        path = self._root / PAGES[request.path]
        if not path.is_file():
            log.warning("pages.not_built")
            return web.Response(
                status=503, text=NOT_BUILT, content_type="text/html", headers={"Cache-Control": "no-store"}
            )
        return web.FileResponse(path, headers={"Cache-Control": "no-cache"})

    async def asset(self, request: web.Request) -> web.StreamResponse:
        assets = self._root / "assets"
        try:
            path = (assets / request.match_info["name"]).resolve()
            found = path.is_relative_to(assets) and path.is_file()
        except (ValueError, OSError):  # a NUL byte, or a name longer than the file system takes
            raise _missing() from None
        if not found:
            raise _missing()
        return web.FileResponse(path, headers={"Cache-Control": FOREVER})

    async def icon(self, _: web.Request) -> web.StreamResponse:
        """The pages name their own icon; this is for browsers that ask before they have read one."""
        return web.Response(status=204, headers={"Cache-Control": "public, max-age=86400"})


def _missing() -> Problem:
    return Problem(404, "not_found", "There is no such file. Load the page again; a new version may have come.")
