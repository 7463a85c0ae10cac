"""The reference of the API as one page: made here, from the OpenAPI document, with nothing from elsewhere."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any


def document(openapi: Mapping[str, Any]) -> str:
    """The page, in HTML without scripts."""
    described = {tag["name"]: tag["description"] for tag in openapi.get("tags", ())}
    parts = [_section(name, text, openapi) for name, text in sorted(described.items())]
    title = escape(f"{openapi['info']['title']} API {openapi['info']['version']}")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>'
        '<p>For programs: <a href="openapi.json">openapi.json</a>.</p>' + "".join(parts) + "</html>"
    )


def _section(name: str, text: str, openapi: Mapping[str, Any]) -> str:
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
    rows = "".join(_row(*route) for route in _routes(name, openapi))
    return f"<h2>{escape(name)}</h2>{paragraphs}<table>{rows}</table>"


def _routes(name: str, openapi: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            if name in operation.get("tags", ()):
                yield method, path, operation


def _row(method: str, path: str, operation: Mapping[str, Any]) -> str:
    scope = operation.get("x-needs", "")
    needs = f"needs {escape(scope)}" if scope else "open"
    says = escape(operation.get("description", ""))
    return f"<tr><td><code>{method.upper()} {escape(path)}</code></td><td>{needs}</td><td>{says}</td></tr>"
