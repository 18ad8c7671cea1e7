"""The API's description (OpenAPI 3.1), made of the table that its routes are made of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from webring.web.operations import Access, Operation, Query
from webring.web.shapes import Error

VERSION: Final = "3.1.0"
_REFERENCE: Final = "#/components/schemas/{name}"
_PATH: Final[Mapping[str, tuple[str, str]]] = {
    "id": ("`slug:instance` of a community", r"^[a-z0-9-]{1,64}:.+$"),
    "name": ("a server name", r"^[^/]+$"),
    "ring": ("a ring's id, `slug:instance`", r"^[a-z0-9-]{1,64}:.+$"),
    "member": ("a member's id", r"^[0-9a-f]{20}$"),
    "community": ("a community of this instance", r"^[a-z0-9-]{1,64}$"),
    "request": ("a request's id", r"^[0-9a-f]{32}$"),
    "sha256": ("a proposed version's hash", r"^[0-9a-f]{64}$"),
}
"""What stands in paths, and how it is written."""
_SCOPES: Final[Mapping[Access, str]] = {
    Access.COMMUNITY: "Wants a token that acts for the community.",
    Access.OPERATOR: "Wants the operator's token.",
}


def describe(operations: Sequence[Operation], base_url: str, version: str) -> dict[str, Any]:
    """The description of these operations, served at `base_url` by this version of the program."""
    types: list[Any] = [Error, *(each.answer for each in operations)]
    types += [each.body for each in operations if each.body]
    schemas, parts = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    named = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, named)
    return {
        "openapi": VERSION,
        "info": {
            "title": "webring",
            "version": version,
            "description": "What the pages of an instance show and its communities do about rings, "
            "for programs. Text is as strangers wrote it: escape it where you show it. Fields may "
            "be added.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base_url}],
        "paths": paths,
        "components": {
            "schemas": {name: _tidy(part) for name, part in parts.items()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {"Error": _answer(named[repr(Error)], "What went wrong.")},
        },
    }


def _tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema whose description, a docstring of ours, is on one line."""
    if "description" not in schema:
        return schema
    return {**schema, "description": " ".join(schema["description"].split())}


def _operation(each: Operation, named: Mapping[str, Any]) -> dict[str, Any]:
    scope = _SCOPES.get(each.access, "")
    made: dict[str, Any] = {
        "operationId": each.name,
        "description": f"{each.text} {scope}".strip(),
        "parameters": [*map(_placed, _names(each.path)), *map(_asked, each.query)],
        "responses": {
            str(each.status): _answer(named[repr(each.answer)], "As asked."),
            **_errors(each),
        },
        "security": [] if each.access is Access.ANYBODY else [{"token": []}],
    }
    if each.body is not None:
        made["requestBody"] = {
            "required": any(field.required for field in msgspec.structs.fields(each.body)),
            "content": {"application/json": {"schema": named[repr(each.body)]}},
        }
    return made


def _errors(each: Operation) -> dict[str, Any]:
    """What else may be answered: every error has one shape."""
    error = {"$ref": "#/components/responses/Error"}
    if each.access is Access.ANYBODY:
        unchanged = {"description": "Nothing changed since the answer of that ETag."}
        return {"304": unchanged, "default": error}
    return {"401": error, "403": error, "default": error}


def _answer(schema: Any, text: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _names(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


def _placed(name: str) -> dict[str, Any]:
    text, pattern = _PATH[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": f"{text[0].upper()}{text[1:]}.",
        "schema": {"type": "string", "pattern": pattern},
    }


def _asked(query: Query) -> dict[str, Any]:
    return {
        "name": query.name,
        "in": "query",
        "description": query.text,
        "schema": dict(query.schema),
    }
