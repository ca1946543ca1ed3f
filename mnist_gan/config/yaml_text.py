"""YAML as untrusted input: text, numbers, lists and sections, and 1e-4 is a number."""

import re
from typing import Any

import yaml

from mnist_gan.support.text import printable

DEEPEST = 16  # lists or sections within each other; no config of ours has more than three
NUMBERS = {  # YAML 1.1 takes 1:30 for 90 and 1e-4 for text, people do neither
    "int": r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$",
    "float": r"[-+]?(\d[\d_]*\.[\d_]*|\.\d[\d_]*|\d+(?=[eE]))([eE][-+]?\d+)?$|"
    r"[-+]?\.(inf|Inf|INF)$|\.(nan|NaN|NAN)$",
}
DROPPED = {f"tag:yaml.org,2002:{kind}" for kind in (*NUMBERS, "timestamp")}


class _Loader(yaml.SafeLoader):
    """YAML without aliases, which unfold a few bytes to gigabytes, tags, or a key twice."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML declares it
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in DROPPED]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # by PyYAML
        if isinstance(event, yaml.AliasEvent):
            raise _refused("aliases are not taken", event)
        if event.tag:
            raise _refused("tags are not taken", event)
        if self.depth > DEEPEST:
            raise _refused(f"more than {DEEPEST} lists or sections are within each other", event)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        first: dict[str, yaml.Node] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and first.setdefault(key.value, key) is not key:
                raise _refused(f"{printable(key.value)} stands there twice", key)
        return super().construct_mapping(node, deep)


for kind, pattern in NUMBERS.items():
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{kind}", re.compile(pattern), list("-+0123456789.")
    )


def _refused(problem: str, place: yaml.Event | yaml.Node) -> yaml.YAMLError:
    """Return the error for YAML that is not taken."""
    mark = place.start_mark
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)  # type: ignore[arg-type]


def load_yaml(text: str) -> Any:
    """Return what YAML text holds. Raises yaml.YAMLError, whatever is wrong with it."""
    try:
        return _Loader(text).get_single_data()
    except (ValueError, OverflowError) as error:  # 5,000 digits, the character \UFFFFFFFF
        raise yaml.YAMLError(str(error)) from error
