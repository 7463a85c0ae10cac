"""Which roles the groups at a login provider stand for here."""

from collections.abc import Iterable, Mapping

from tocsin.model.errors import SettingError, Unacceptable
from tocsin.respond.access.roles import known_roles

EVERYBODY = "*"


def read_groups(lines: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The roles of each group, from lines such as `soc-leads=commander`. Raises `SettingError`."""
    found: dict[str, tuple[str, ...]] = {}
    for line in lines:
        group, separator, role = line.rpartition("=")
        if not separator or not group.strip():
            raise SettingError(f"[serve] oidc_groups: {line[:80]!r}: write GROUP=ROLE, such as soc=responder")
        try:
            (known,) = known_roles([role.strip()])
        except Unacceptable as error:
            raise SettingError(f"[serve] oidc_groups: {error}") from None
        found[group.strip()] = (*found.get(group.strip(), ()), known)
    return found


def roles_of_groups(table: Mapping[str, tuple[str, ...]], groups: Iterable[str]) -> tuple[str, ...]:
    """The roles of somebody in these groups; those of everybody only where no group gives any."""
    found = {role for group in groups if group != EVERYBODY for role in table.get(group, ())}
    return tuple(sorted(found)) or tuple(sorted(set(table.get(EVERYBODY, ()))))
