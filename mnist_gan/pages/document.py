"""One HTML file from a template, styles and scripts, under a strict policy."""

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from mnist_gan import __version__
from mnist_gan.support.units import counted

POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
STYLE = "style.css"


def render(template: str, scripts: list[str], **values: Any) -> str:
    """Return a page: a template of `static`, with its values escaped and its scripts inlined.

    Args:
        template: Name of the template.
        scripts: Names of the scripts, in the order in which they run.
        **values: Values for the template; all that it names must be given.

    Returns:
        The HTML.
    """
    style = Markup(_static(STYLE))  # noqa: S704 - a file of the package
    script = Markup('"use strict";\n' + "\n".join(map(_static, scripts)))  # noqa: S704 - the same
    policy = POLICY.format(script=_hash(script), style=_hash(style))
    page = _templates().get_template(template)
    inlined = {"style": style, "script": script, "policy": policy, "version": __version__}
    return page.render(**inlined, **values)


@cache
def _templates() -> jinja2.Environment:
    """Return the template environment: values are escaped, and a missing one is an error."""
    templates = jinja2.Environment(
        loader=jinja2.FunctionLoader(_static),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["counted"] = counted
    return templates


@cache
def _static(name: str) -> str:
    """Return the text of a file in `static`."""
    return resources.files("mnist_gan.pages").joinpath("static", name).read_text("utf-8")


def _hash(text: str) -> str:
    """Return the source expression that allows an inline block in a policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
