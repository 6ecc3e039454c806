"""The functions that make a name out of their arguments, the same each time.

uniqueString() is a MurmurHash of 64 bits in base 32; which one, Azure/terraform-provider-azapi
(internal/services/functions/unique_string_function.go) and `bicep snapshot` show.
"""

import uuid
from collections.abc import Mapping

from infra.rehearsal.arm.function import Function
from infra.rehearsal.arm.functions.texts import text_of

# https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string#guid
_GUIDS = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_WORD = 0xFFFFFFFF
_ONE, _OTHER = 0x239B961B, 0xAB0E9789


def guid(*parts: str) -> str:
    """ARM's guid()."""
    return str(uuid.uuid5(_GUIDS, "-".join(map(text_of, parts))))


def _unique_string(*parts: str) -> str:
    """ARM's uniqueString()."""
    number = _murmur("-".join(map(text_of, parts)).encode())
    return "".join(_LETTERS[(number << 5 * place >> 59) & 31] for place in range(13))


def _turned(value: int, bits: int) -> int:
    value &= _WORD
    return value << bits | value >> 32 - bits


def _stirred(part: int, before: int, bits: int, after: int) -> int:
    return (_turned(part * before, bits) & _WORD) * after & _WORD


def _finished(value: int) -> int:
    value = (value ^ value >> 16) * 0x85EBCA6B & _WORD
    value = (value ^ value >> 13) * 0xC2B2AE35 & _WORD
    return value ^ value >> 16


def _murmur(data: bytes) -> int:
    low = high = 0
    whole = len(data) // 8 * 8
    for start in range(0, whole, 8):
        first, second = (int.from_bytes(data[start + n : start + n + 4], "little") for n in (0, 4))
        low = _turned(low ^ _stirred(first, _ONE, 15, _OTHER), 19) + high
        low = low * 5 + 0x561CCD1B & _WORD
        high = _turned(high ^ _stirred(second, _OTHER, 17, _ONE), 13) + low
        high = high * 5 + 0x0BCAA747 & _WORD
    rest = data[whole:]
    low ^= _stirred(int.from_bytes(rest[:4], "little"), _ONE, 15, _OTHER) ^ len(data)
    high ^= _stirred(int.from_bytes(rest[4:], "little"), _OTHER, 17, _ONE) ^ len(data)
    low = low + high & _WORD
    high = high + low & _WORD
    low, high = _finished(low), _finished(high)
    low = low + high & _WORD
    return (high + low & _WORD) << 32 | low


HASHES: Mapping[str, Function] = {
    "guid": Function(guid),
    "uniquestring": Function(_unique_string),
}
