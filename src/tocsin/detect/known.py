"""What tocsin knows by itself: the reference tables beside every batch where nobody gives better ones."""

from tocsin.detect.worth import REFERENCE
from tocsin.intel.reference import CHANGES, CODE, LABELS, PRICES, empty
from tocsin.tables.dataset import Tables

KNOWN: Tables = {PRICES: REFERENCE, LABELS: empty(LABELS), CHANGES: empty(CHANGES), CODE: empty(CODE)}
