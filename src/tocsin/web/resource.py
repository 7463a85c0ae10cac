'''
The resource contract: one module in `web/routes/` is one resource of the API, found by a walk; no list is edited.

A whole module, as an example (say `web/routes/bells.py`; all its routes stand below /api/v1):

    """
    The bells: what rings.

    This text becomes the description of the resource in the OpenAPI document.
    """

    from typing import Annotated

    from fastapi import APIRouter, Response
    from pydantic import BaseModel, Field

    from tocsin.app.bells import bell_of, bells_of, ring_bell
    from tocsin.app.desk import Desk
    from tocsin.web.asking import DESK, EXPECTED, PAGE, Caller, Listing, Page, needs, tag
    from tocsin.web.resource import Resource

    router = APIRouter(prefix="/bells")


    class Bell(BaseModel):
        id: str
        weight: Annotated[str, Field(description="In grams, a decimal string: never a float.")]


    class Ring(BaseModel):
        times: Annotated[int, Field(ge=1, le=12)]
        why: Annotated[str, Field(min_length=1, max_length=1_000)]


    @router.get("")
    def find(
        desk: Annotated[Desk, DESK], caller: Annotated[Caller, needs("incident:read")], page: Annotated[Page, PAGE]
    ) -> Listing[Bell]:
        """The bells, the newest first."""
        found = bells_of(desk, caller.actor, after=page.cursor, limit=page.fetch)
        return page.listing([Bell(id=each.id, weight=str(each.weight)) for each in found], lambda bell: bell.id)


    @router.post("/{bell}/rings", status_code=201)
    def ring(
        desk: Annotated[Desk, DESK],
        caller: Annotated[Caller, needs("incident:write")],
        bell: str,
        body: Ring,
        response: Response,
        expected: Annotated[int | None, EXPECTED],
    ) -> Bell:
        """Ring a bell. With `If-Match` it is refused (412) when somebody rang meanwhile."""
        rung = ring_bell(desk, caller.actor, bell, times=body.times, why=body.why, expected=expected)
        tag(response, rung.sequence)
        return Bell(id=rung.id, weight=str(rung.weight))


    resource = Resource(id="bells", router=router)

What every route gets without asking: who asks is known, else 401; `needs(scope)` is checked, else 403; the errors of
model/errors.py become problem details (RFC 9457) by class; a write is entered into the audit before it is done and
after; `Idempotency-Key` on POST gives the first answer again; bodies are bounded (1 MB; `max_body_size=` of a route
says otherwise), as are times; the answer has the request's id.

Rules a test holds: every route declares exactly one `needs(...)`, or `OPEN` for those that nobody must be known for;
route functions are plain `def`, which run in threads, and thin: parse, call one function of app/, shape the answer.
Bound every text (`max_length`), number and list of a body: whoever asks may be an attacker.
'''

from dataclasses import dataclass

from fastapi import APIRouter

from tocsin.model.extension import Extension


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Extension):
    """One resource of the API. The module's docstring describes it in the OpenAPI document."""

    router: APIRouter
