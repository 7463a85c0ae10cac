"""Typesetting: a template and its data to a PDF, with the typesetter's own fonts, and nothing from the network."""

from typing import Final

import typst

from tocsin.model.errors import MalformedInput

STANDARD: Final = "a-2b"
"""PDF/A-2b (ISO 19005-2): for archives; everything that is needed to show it is within."""


def pdf(template: str, report: str, *, made_at: float) -> bytes:
    """
    The pages. The template reads the report from `sys.inputs.report`; the same of all three gives the same bytes.

    Raises `MalformedInput` where the typesetter refuses it.
    """
    try:
        made: bytes = typst.compile(
            template.encode(),
            format="pdf",
            sys_inputs={"report": report},
            ignore_system_fonts=True,
            pdf_standards=STANDARD,
            timestamp=int(made_at),
        )
    except typst.TypstError as error:
        raise MalformedInput(f"the report cannot be typeset: {error}") from error
    return made
