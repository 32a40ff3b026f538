"""What pyxform's types mean in a chat, older spellings included, and which of them stay empty there."""

from __future__ import annotations

from collections.abc import Mapping

from bot.forms.model import QuestionType

TYPES: Mapping[str, QuestionType] = {
    "text": "text", "string": "text", "q string": "text", "q text": "text", "add text prompt": "text",
    "phone number": "text",
    "integer": "integer", "int": "integer", "q int": "integer", "add integer prompt": "integer",
    "percentage": "integer", "number of days in last month": "integer", "number of days in last six months": "integer",
    "number of days in last year": "integer",
    "decimal": "decimal", "q decimal": "decimal", "add decimal prompt": "decimal",
    "range": "range",
    "date": "date", "q date": "date", "add date prompt": "date",
    "time": "time",
    "datetime": "datetime", "dateTime": "datetime", "date time": "datetime", "q dateTime": "datetime",
    "q date time": "datetime", "add dateTime prompt": "datetime", "add date time prompt": "datetime",
    "select one": "select_one", "select all that apply": "select_multiple", "rank": "rank",
    "geopoint": "geopoint", "gps": "geopoint", "location": "geopoint", "q geopoint": "geopoint",
    "q location": "geopoint", "add location prompt": "geopoint",
    "barcode": "barcode", "q barcode": "barcode", "add barcode prompt": "barcode",
    "photo": "image", "image": "image", "q picture": "image", "q image": "image", "add image prompt": "image",
    "audio": "audio", "q audio": "audio", "add audio prompt": "audio",
    "video": "video", "q video": "video", "add video prompt": "video",
    "file": "file", "add file prompt": "file",
    "acknowledge": "acknowledge", "trigger": "acknowledge", "q acknowledge": "acknowledge",
    "add acknowledge prompt": "acknowledge",
    "note": "note", "q note": "note", "add note prompt": "note",
    "calculate": "calculate", "q calculate": "calculate", "add calculate prompt": "calculate",
    "hidden": "hidden",
    "start": "hidden", "get start time": "hidden", "start time": "hidden",
    "end": "hidden", "get end time": "hidden", "end time": "hidden",
    "today": "hidden", "get today": "hidden",
}  # fmt: skip
"""pyxform's type -> ours."""

_OF_A_DEVICE = "is told by a device, which a chat has not"
_OF_A_MAP = "is drawn on a map, which a chat has not"

EMPTY: Mapping[str, str] = {
    "geotrace": _OF_A_MAP, "geoshape": _OF_A_MAP, "q geotrace": _OF_A_MAP, "q geoshape": _OF_A_MAP, "osm": _OF_A_MAP,
    **dict.fromkeys(
        (
            "deviceid", "phonenumber", "username", "email", "simserial", "subscriberid", "imei", "device id", "sim id",
            "subscriber id", "get phone number", "get sim id", "get subscriber id", "get device id",
            "uri:deviceid", "uri:subscriberid", "uri:phonenumber", "uri:simserial", "uri:username", "uri:email",
            "audit", "background-audio", "start-geopoint", "background-geopoint",
        ),
        _OF_A_DEVICE,
    ),
}  # fmt: skip
"""pyxform's types that nobody can answer in a chat -> why; they are left empty on purpose."""

DATA_ONLY = frozenset({"xml-external", "csv-external"})
"""Types that are no question but name a file for `instance()`."""
