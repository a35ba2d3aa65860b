"""Counts the segments that a text is sent and billed in: GSM-7 160/153, UCS-2 70/67 UTF-16 units."""

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("^{}\\[~]|€\f")


def is_gsm(text: str) -> bool:
    return all(letter in _GSM_BASIC or letter in _GSM_EXTENDED for letter in text)


def segments(text: str) -> int:
    """Number of segments, at least 1; one letter outside GSM-7 turns the whole text into UCS-2."""
    if is_gsm(text):
        length = sum(2 if letter in _GSM_EXTENDED else 1 for letter in text)
        return 1 if length <= 160 else -(-length // 153)
    length = len(text.encode("utf-16-be")) // 2
    return 1 if length <= 70 else -(-length // 67)
