"""YAML as untrusted input: no aliases, no key twice, 1e-4 is a number."""

import re
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """YAML without aliases, which unfold a few bytes to gigabytes, and without a key twice."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # by PyYAML
            raise yaml.MarkedYAMLError(problem="aliases are not taken", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        first: dict[str, yaml.Node] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and first.setdefault(key.value, key) is not key:
                problem = f"{key.value} stands there twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver(  # YAML 1.1 takes 1e-4 for text, people for a number
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
)


def load_yaml(text: str) -> Any:
    """Return what YAML text holds. Raises yaml.YAMLError, whatever is wrong with it."""
    try:
        return _Loader(text).get_single_data()
    except (ValueError, RecursionError) as error:  # a 13th month, 5,000 digits, 1,000 brackets
        raise yaml.YAMLError(str(error)) from error
