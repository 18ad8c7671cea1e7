"""Whether an answer is what the API's own description says of it, to the last field."""

from __future__ import annotations

from typing import Any

import httpx
from jsonschema import Draft202012Validator

from webring.web.interface import OPERATIONS
from webring.web.openapi import describe
from webring.web.operations import Operation

DESCRIBED = describe(OPERATIONS, "https://ring.garden.example", "1")


def check(answer: httpx.Response, operation: Operation) -> None:
    """Hold an answer against the schema of this operation, which leaves out no field."""
    said = DESCRIBED["paths"][operation.path][operation.method.lower()]["responses"]
    if answer.is_error:
        schema = DESCRIBED["components"]["responses"]["Error"]
    else:
        assert str(answer.status_code) in said, answer.text
        schema = said[str(answer.status_code)]
    content = schema["content"]["application/json"]["schema"]
    whole = {**_strict(content), "components": _strict(DESCRIBED["components"])}
    Draft202012Validator(whole).validate(answer.json())


def operation(method: str, path: str) -> Operation:
    """One of the operations."""
    return next(each for each in OPERATIONS if (each.method, each.path) == (method, path))


def _strict(schema: Any) -> Any:
    """The schema, refusing fields that it does not name: so none is forgotten there."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _strict(value) for key, value in schema.items()}
    if made.get("type") == "object" and isinstance(made.get("properties"), dict):
        made.setdefault("additionalProperties", False)
    return made
