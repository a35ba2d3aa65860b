"""Imports an uploaded file into a do-not-contact list, for supervisors; tells how far it is while it works.

The request is a form: `options` (JSON) and then `file`. The answer is lines of JSON: `{"phase", "done", "total"}` again
and again, then `{"report"}` or `{"error"}`. Behind a report with `rejects_follow` stands the CSV of all lines that were
not taken. The file is on this machine's disk while it is read, in a folder of its own, and never longer.
"""

import asyncio
import tempfile
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import structlog
from aiohttp import BodyPartReader, web
from pydantic import BaseModel, ConfigDict, Field

from agent_ui.api.lists import list_of, start_of
from agent_ui.context import IDENTITY, check
from agent_ui.deps import WebDeps
from agent_ui.policy import SUPERVISOR, Route
from agent_ui.problems import Problem, from_refused
from agent_ui.progress import Progress, answer_in_lines, failure, line
from campaigns.lists.model import Mode
from campaigns.problems import Refused
from dialer.import_parts import ImportParts
from dialer.list_import import ListReport, Options, import_list
from dialer.number_file import How
from dialer.number_shelf import NumberShelf

log = structlog.get_logger()
OPTIONS_BYTES = 16 * 1024
CHUNK = 1 << 18
# the importer speaks as a command; on a page the same things have a label
SAID_BY_COMMAND = (
    ("name it with --column", "name it in the field Column"),
    ("with --country", "in the field Country"),
    ("(lists create NAME --hashed) ", ""),
    (": lists create NAME --hashed", ""),
)


class OptionsBody(BaseModel):
    """See `promiseline lists import`. `refresh_by`: the day by which the next version is due."""

    model_config = ConfigDict(extra="forbid")
    mode: Mode = "add"
    column: str | None = Field(default=None, max_length=100)
    country: str = Field(default="", pattern=r"^([A-Za-z]{2})?$")
    dry_run: bool = False
    partial: bool = False
    evidence: str = Field(default="", max_length=400)
    refresh_by: date | None = None


class ListImportApi:
    def __init__(self, deps: WebDeps) -> None:
        self._deps = deps
        self._importing = asyncio.Lock()

    def routes(self) -> list[Route]:
        return [Route("POST", "/api/lists/{id:[0-9]{1,18}}/import", self.take, SUPERVISOR)]

    async def take(self, request: web.Request) -> web.StreamResponse:
        if self._importing.locked():
            raise Problem(409, "busy", "Another file is being imported. Try again when it is done.", retry_after_s=20)
        async with self._importing:
            shelf = self._deps.gate.lists
            if shelf is None:
                message = "This server keeps no lists. Use `promiseline lists import` on its machine."
                raise Problem(503, "no_lists", message)
            async with self._deps.engine.connect() as connection:
                of = await list_of(connection, request, lock=False)
            with tempfile.TemporaryDirectory(prefix="promiseline-list-") as folder:
                body, path = await self._receive(request, Path(folder))
                identity = request[IDENTITY]
                options = Options(
                    tenant_id=identity.tenant_id, list_name=of.name, folder=shelf.folder, actor=identity.actor,
                    mode=body.mode, how=How(body.column or None, body.country.upper()), partial=body.partial,
                    dry_run=body.dry_run, rejects=Path(folder) / "rejects.csv", evidence=body.evidence.strip(),
                    refresh_by=start_of(body.refresh_by),
                )  # fmt: skip
                return await self._work(request, path, options, shelf)

    async def _receive(self, request: web.Request, folder: Path) -> tuple[OptionsBody, Path]:
        """The options, and the file on disk under its own name."""
        limit = self._deps.settings.upload_limit_bytes
        if (request.content_length or 0) > limit + OPTIONS_BYTES:
            raise _too_large(limit)
        if request.content_type != "multipart/form-data":
            raise Problem(415, "not_a_form", "Send a form (multipart/form-data) with options and then file.")
        try:
            reader = await request.multipart()
            given = await self._part(await reader.next(), "options", OPTIONS_BYTES)
            body = check(OptionsBody, orjson.loads(given or b"{}"))
            part = await reader.next()
            if not isinstance(part, BodyPartReader) or part.name != "file":
                raise Problem(422, "invalid", "file: is missing; choose a file.", field="file")
            path = folder / _file_name(part.filename)
            await self._save(part, path, limit)
        except orjson.JSONDecodeError:
            raise Problem(400, "malformed_json", "options: this is not JSON.", field="options") from None
        except ValueError:
            raise Problem(400, "malformed_form", "The form is broken off or not as a browser sends it.") from None
        except TimeoutError:
            raise Problem(408, "upload_silent", "The upload stopped on its way. Send the file again.") from None
        return body, path

    async def _part(self, part: Any, name: str, limit: int) -> bytes:
        if not isinstance(part, BodyPartReader) or part.name != name:
            raise Problem(422, "invalid", f"{name}: is missing; send it before the file.", field=name)
        found = b""
        while data := await self._chunk(part):
            found += data
            if len(found) > limit:
                raise Problem(413, "too_large", f"{name}: this is too long.", field=name)
        return found

    async def _save(self, part: BodyPartReader, path: Path, limit: int) -> None:
        size = 0
        with path.open("xb") as file:
            while data := await self._chunk(part):
                size += len(data)
                if size > limit:
                    raise _too_large(limit)
                await asyncio.to_thread(file.write, data)

    async def _chunk(self, part: BodyPartReader) -> bytes:
        async with asyncio.timeout(self._deps.settings.upload_silence_s):
            return bytes(await part.read_chunk(CHUNK))

    async def _work(self, request: web.Request, path: Path, options: Options, shelf: NumberShelf) -> web.StreamResponse:
        return await answer_in_lines(request, lambda progress: self._import(path, options, shelf, progress), _end)

    async def _import(
        self, path: Path, options: Options, shelf: NumberShelf, progress: Progress
    ) -> tuple[dict[str, Any], Path | None]:
        """What the last line says, and the file of the lines that were not taken."""
        now = self._deps.clock.now()
        try:
            report = await import_list(
                self._deps.engine, path, options, ImportParts(), shelf, now=now, progress=progress.tell
            )
        except Refused as refused:
            problem = from_refused(refused, lambda field: field.removeprefix("--") if field != path.name else "file")
            problem.message = _for_a_page(problem.message)
            return problem.wire(), None
        except Exception as fault:
            return failure(fault, "lists.import", "nothing was taken"), None
        log.info("lists.imported", state=report.state, lines=report.lines, rejected=report.rejected)
        rejects = None if report.rejects_file is None else Path(report.rejects_file)
        return {"report": _report(report), "rejects_follow": rejects is not None}, rejects


def _too_large(limit: int) -> Problem:
    size = f"{limit // 2**20} MB"
    message = f"file: it is larger than {size}; part it, or use `promiseline lists import` on the server's machine."
    return Problem(413, "file_too_large", message, field="file")


def _file_name(given: str | None) -> str:
    """For the ledger; nothing of it leads out of the folder."""
    name = "".join(letter for letter in Path((given or "").replace("\\", "/")).name if letter.isprintable())[-100:]
    return name if name not in ("", ".", "..", "rejects.csv") else "upload.csv"


async def _end(response: web.StreamResponse, ended: tuple[dict[str, Any], Path | None]) -> None:
    told, rejects = ended
    await response.write(line(told))
    if rejects is not None:
        with rejects.open("rb") as file:
            while data := await asyncio.to_thread(file.read, CHUNK):
                await response.write(data)


def _report(report: ListReport) -> dict[str, Any]:
    told = asdict(report)
    told.pop("rejects_file")
    told["first_rejects"] = [
        {"line": one.line, "reason": _for_a_page(one.reason), "written": one.row[0] if one.row else ""}
        for one in report.first_rejects
    ]
    return told


def _for_a_page(words: str) -> str:
    for command, page in SAID_BY_COMMAND:
        words = words.replace(command, page)
    return words
