"""Which tocsin this is."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from tocsin import __version__
from tocsin.web.asking import Caller, needs
from tocsin.web.resource import Resource

router = APIRouter(prefix="/version")


class Version(BaseModel):
    """The version of the program."""

    version: str


@router.get("")
def version(_caller: Annotated[Caller, needs("self")]) -> Version:
    """The version of the program that answers."""
    return Version(version=__version__)


resource = Resource(id="version", router=router)
