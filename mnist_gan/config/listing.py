"""Settings and recipes as lists for people."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from mnist_gan.config.loading import read_text, shipped_configs
from mnist_gan.config.schema import Config

LIMITS = {
    "minimum": "from",
    "exclusiveMinimum": "above",
    "maximum": "to",
    "exclusiveMaximum": "below",
}
KINDS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "null": "null",
}

Schema = Mapping[str, Any]  # as pydantic gives it, in the words of JSON Schema


class Setting(NamedTuple):
    """A setting for people."""

    name: str  # dotted
    default: str  # as YAML
    allowed: str
    meaning: str


def settings() -> Iterator[Setting]:
    """Yield every setting, in the order of the schema."""
    whole = Config.model_json_schema()
    for name, field in whole["properties"].items():
        section = whole["$defs"].get(field.get("$ref", "").rpartition("/")[2])
        if section is None:
            yield _setting(name, field)
            continue
        for key, inner in section["properties"].items():
            yield _setting(f"{name}.{key}", inner)


def _setting(name: str, field: Schema) -> Setting:
    """Return what people should know of a field."""
    default = yaml.safe_dump(field["default"], default_flow_style=True, width=10_000)
    return Setting(
        name, default.removesuffix("...\n").strip(), _allowed(field), field.get("description", "")
    )


def _allowed(field: Schema) -> str:
    """Return what a field takes."""
    if "enum" in field:
        return ", ".join(map(str, field["enum"]))
    if "const" in field:
        return str(field["const"])
    if "anyOf" in field:
        return ", or ".join(_allowed(choice) for choice in field["anyOf"])
    if field["type"] == "array":
        return _list(field)
    limits = (f"{word} {_number(field[key])}" for key, word in LIMITS.items() if key in field)
    return " ".join((KINDS[field["type"]], *limits))


def _number(limit: float) -> str:
    """Return a limit without a point where it is whole, however pydantic writes it."""
    return f"{int(limit) if float(limit).is_integer() else limit:,}"


def _list(field: Schema) -> str:
    """Return what a field takes that is a list."""
    if "prefixItems" in field:
        return f"[{', '.join(_allowed(item) for item in field['prefixItems'])}]"
    low, high = field.get("minItems", 0), field.get("maxItems")
    many = f"{low} to {high}" if high else f"{low} or more"
    return f"a list of {many}, each {_allowed(field['items'])}"


class Recipe(NamedTuple):
    """What the comments at the top of a shipped config say."""

    name: str
    purpose: str
    time: str
    reaches: str


def recipes() -> list[Recipe]:
    """Return the shipped configs with their purpose, the time they take and what they reach."""
    found = []
    for name in shipped_configs():
        purpose, *rest = (
            line[1:].strip() for line in read_text(name).splitlines() if line[:1] == "#"
        )
        said = dict(line.split(": ", 1) for line in rest if ": " in line)
        found.append(Recipe(name, purpose, said["Time"], said["Reaches"]))
    return found
