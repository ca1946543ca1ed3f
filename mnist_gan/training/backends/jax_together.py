"""Several GANs that differ in the seed only, trained by one program on JAX."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import jax
import numpy as np
from jax import numpy as jnp

from mnist_gan.support.runtime import has_gpu
from mnist_gan.training.backends.jax import GanStep, State


class Together:
    """Makes the steps of several `GanStep`s at once.

    Each is trained in a thread of its own. Threads that ask for steps wait until all have asked;
    then one program makes the steps of all (`jax.vmap`).

    Args:
        members: The steps, built alike but for their seeds, with equally many steps made.
        before: Called before each program, while all threads wait.
    """

    def __init__(self, members: Sequence[GanStep], before: Callable[[], None]) -> None:
        self._members, self._before = list(members), before
        self._active = set(members)
        self._asked: set[GanStep] = set()
        self._totals: dict[GanStep, jax.Array] = {}
        self._keys = jnp.stack([member.key for member in members])
        many = jax.vmap(members[0].steps, in_axes=(0, 0, None, None))

        def program(
            states: list[State], keys: jax.Array, images: jax.Array, steps: int
        ) -> tuple[list[State], list[jax.Array], list[jax.Array]]:
            stacked = jax.tree.map(lambda *values: jnp.stack(values), *states)
            state, total, is_finite = many(stacked, keys, images, steps)
            places = range(len(states))
            parts = [jax.tree.map(lambda value, at=at: value[at], state) for at in places]
            return parts, [total[at] for at in places], [is_finite[at] for at in places]

        known = {"static_argnums": 3} if has_gpu() else {}  # as in `GanStep`
        self._compiled = jax.jit(program, donate_argnums=0, **known)
        self._condition = threading.Condition()
        self._failure: Exception | None = None
        for member in members:
            member.together = self

    def run(self, member: GanStep, images: jax.Array, steps: int) -> np.ndarray:
        """Make steps of a member, with those of all others; see `Step.run`."""
        with self._condition:
            self._asked.add(member)
            self._images, self._count = images, steps
            self._make_if_all_asked()
            self._condition.wait_for(lambda: member in self._totals or self._failure)
            if self._failure:
                raise self._failure
            return np.asarray(self._totals.pop(member))

    def leave(self, member: GanStep) -> None:
        """Train on without a member, whose training has ended."""
        with self._condition:
            self._active.discard(member)
            self._make_if_all_asked()

    def _make_if_all_asked(self) -> None:
        """Make the steps once every thread waits for them."""
        if not self._active or self._asked != self._active:
            return
        self._asked.clear()
        try:
            self._before()
            states = [member.held() for member in self._members]
            found = self._compiled(states, self._keys, self._images, self._count)
            for member, state, total, is_finite in zip(self._members, *found, strict=True):
                member.keep(state, is_finite)
                if member in self._active:
                    self._totals[member] = total
        except Exception as error:
            self._failure = error
        self._condition.notify_all()
