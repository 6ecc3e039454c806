"""The functions of the template language.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions
"""

from collections.abc import Mapping

from infra.rehearsal.arm.evaluation import Special
from infra.rehearsal.arm.function import Function
from infra.rehearsal.arm.functions.addresses import ADDRESSES
from infra.rehearsal.arm.functions.arrays import ARRAYS
from infra.rehearsal.arm.functions.choices import CHOICES
from infra.rehearsal.arm.functions.dates import DATES
from infra.rehearsal.arm.functions.formats import FORMATS
from infra.rehearsal.arm.functions.hashes import HASHES
from infra.rehearsal.arm.functions.lambdas import LAMBDAS
from infra.rehearsal.arm.functions.names import NAMES
from infra.rehearsal.arm.functions.numbers import NUMBERS
from infra.rehearsal.arm.functions.objects import OBJECTS
from infra.rehearsal.arm.functions.resources import RESOURCES
from infra.rehearsal.arm.functions.texts import TEXTS

FUNCTIONS: Mapping[str, Function] = {
    **ADDRESSES,
    **ARRAYS,
    **DATES,
    **FORMATS,
    **HASHES,
    **NUMBERS,
    **OBJECTS,
    **TEXTS,
}
# These decide themselves which of their arguments are worked out.
SPECIALS: Mapping[str, Special] = {**CHOICES, **LAMBDAS, **NAMES, **RESOURCES}
