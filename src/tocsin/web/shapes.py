"""Values of the inside as the API shows them: one model for each msgspec structure, made of its fields and types."""

import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from pydantic import BaseModel, create_model


@cache
def shape(struct: type[msgspec.Struct]) -> type[BaseModel]:
    """The model of a structure, whole: every field is required, those of structures in it are models too."""
    hints = get_type_hints(struct)
    made: Any = {field.name: (_shaped(hints[field.name]), ...) for field in msgspec.structs.fields(struct)}
    return create_model(struct.__name__, __doc__=(struct.__doc__ or "").strip(), **made)


def _shaped(hint: Any) -> Any:
    """The same type, with models in place of structures."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return shape(hint)
    origin, inner = get_origin(hint), tuple(map(_shaped, get_args(hint)))
    if origin is None:
        return hint
    if origin in (Union, types.UnionType):
        return Union[inner]  # noqa: UP007 - made of values
    if origin is tuple:
        return list[inner[0]]  # type: ignore[valid-type] # made of values
    return dict[inner] if issubclass(origin, Mapping) else hint  # type: ignore[valid-type,misc] # made of values
