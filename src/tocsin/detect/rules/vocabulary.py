"""
The names one rule may use: its dataset's fields, those of the transaction around a row, decoded arguments.

It also notes what was used, which is what the compiled rule reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NoReturn

from tocsin.chain.catalogue import datasets
from tocsin.detect.rules.arguments import COLUMNS, Argument, argument
from tocsin.detect.rules.beside import AMOUNT, DOLLARS, TOKEN
from tocsin.detect.rules.declaration import Declaration, declaration
from tocsin.detect.rules.document import Mark, nearest
from tocsin.detect.rules.fields import ARGUMENT, TRANSACTION, Field, Sort, fields_of
from tocsin.tables.dataset import Dataset

SIGNATURE = "signature"


@dataclass(slots=True)
class Vocabulary:
    """What names mean in one rule, and which were used."""

    dataset: Dataset
    declared: tuple[Declaration, ...] = ()
    """Every signature in the rule."""
    used: dict[str, Field] = field(default_factory=dict)
    """Fields by column."""
    arguments: dict[str, Argument] = field(default_factory=dict)
    """By column."""

    @property
    def fields(self) -> Mapping[str, Field]:
        """Of the dataset itself."""
        return fields_of(self.dataset)

    def declare(self, text: str, mark: Mark, where: str) -> Declaration:
        """Read a signature."""
        if self.dataset.id not in COLUMNS:
            mark.refuse(where, f"only {', '.join(COLUMNS)} have signatures, not {self.dataset.id}")
        return declaration(text, is_event=self.dataset.id == "logs", mark=mark, field=where)

    def find(self, name: str, mark: Mark, where: str, here: tuple[Declaration, ...] = ()) -> Field:
        """
        The field of this name. `here` are the signatures of the selection it stands in.

        Raises `RuleError` with the nearest name.
        """
        if name.startswith(ARGUMENT):
            found = self._argument(name.removeprefix(ARGUMENT), mark, where, here or self.declared)
        elif name.startswith(TRANSACTION) and "transaction_hash" in self.dataset.columns:
            found = self._around(name, mark, where)
        elif name in self.fields:
            found = self.fields[name]
        elif name == DOLLARS and {AMOUNT, TOKEN} <= set(self.fields):
            found = Field(DOLLARS, DOLLARS, Sort.DOLLARS, required=False)
        else:
            self._unknown(name, mark, where)
        self.used[found.column] = found
        return found

    def _around(self, name: str, mark: Mark, where: str) -> Field:
        known = fields_of(datasets()["transactions"])
        plain = name.removeprefix(TRANSACTION)
        if plain not in known:
            near = nearest(name, (TRANSACTION + each for each in known))
            mark.refuse(where, f"no field is called {name!r}; {near}")
        if self.dataset.id == "transactions":
            return known[plain]
        column = TRANSACTION + known[plain].column
        return replace(known[plain], name=name, column=column, required=False)

    def _argument(self, name: str, mark: Mark, where: str, declared: tuple[Declaration, ...]) -> Field:
        if len(set(declared)) != 1:
            asked = "one `signature`" if declared else "a `signature`"
            mark.refuse(where, f"an argument needs {asked} in the same selection, that says what it is an argument of")
        number = declared[0].parameter(name)
        if number is None:
            known = [ARGUMENT + each for each in declared[0].names]
            near = nearest(ARGUMENT + name, known) if known else "it takes none"
            mark.refuse(where, f"{declared[0].canonical} has no argument {name!r}; {near}")
        found = argument(declared[0], number, mark, where)
        self.arguments[found.field.column] = found
        return found.field

    def _unknown(self, name: str, mark: Mark, where: str) -> NoReturn:
        worth = [DOLLARS] if {AMOUNT, TOKEN} <= set(self.fields) else []
        known = [*self.fields, *worth, *([SIGNATURE] if self.dataset.id in COLUMNS else ())]
        mark.refuse(where, f"{self.dataset.id} has no field {name!r}; {nearest(name, known)}")
