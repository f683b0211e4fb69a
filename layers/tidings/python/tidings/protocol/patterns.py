"""What texts in fields look like, as patterns, and each in the words that an error says instead."""

from __future__ import annotations

from typing import Final

VISIBLE: Final = r"^[\x21-\x7e]+$"
CLIENT_ID: Final = r"^[A-Za-z0-9_.:-]+$"
USER_ID: Final = r'^[!-"$-~]+$'
POSITION: Final = r"^[0-9]{13}-[a-z2-7]{8}-[a-z2-7]{8}-[0-9]{2}$"
DEVICE_ID: Final = r"^[A-Za-z0-9_.-]+$"
HANDLE: Final = r"^[A-Za-z0-9_]*$"
LINE: Final = r"^[^\x00-\x1f\x7f]*$"
PICTURE: Final = r"^(https://[\x21-\x7e]+)?$"
EMOJI: Final = r"^[^\p{Cc}\p{Z}]+$"

WORDS: Final = {
    VISIBLE: "use printable ASCII characters without spaces",
    CLIENT_ID: "use letters, digits and the characters _ . : -",
    USER_ID: "a user id has printable ASCII characters without spaces and #",
    POSITION: "this is no position: take it as it stands in an ack or event",
    DEVICE_ID: "use letters, digits and the characters _ . -",
    HANDLE: "use letters, digits and underscores",
    LINE: "control characters and line breaks are not taken",
    PICTURE: "give an https:// address without spaces, or nothing to take it away",
    EMOJI: "give one emoji, without spaces",
}
