"""`GanStep` on JAX: one update of both networks, as `tensorflow.py` has it.

An update is a pure function from one `State` to the next, so that many of them compile to one call.
Longer than other modules, so that both updates and all they use are read in one place.
"""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jax import numpy as jnp
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from mnist_gan.noise import BOUND, codes
from mnist_gan.support.runtime import has_gpu
from mnist_gan.training.backends.jax_networks import Arrays, Called, Critic, Network, Values
from mnist_gan.training.step import (
    MEASURES,
    DiscriminatorUpdate,
    GeneratorUpdate,
    Step,
    Stream,
)


class State(NamedTuple):
    """All that training changes."""

    generator: Values
    discriminator: Values
    average: Arrays  # the `averages` of the step
    generator_optimizer: Arrays
    discriminator_optimizer: Arrays


class _Call(NamedTuple):
    """Steps that were begun, perhaps before anybody asked for them."""

    steps: int
    state: State  # after them
    total: jax.Array
    is_finite: jax.Array


class GanStep(Step):
    """One step of a GAN on JAX; its arguments are those of `Step`."""

    def __init__(self, *parts: Any, **settings: Any) -> None:
        super().__init__(*parts, **settings)
        self._generator = Network.of(self.generator, self.generator_optimizer)
        self._discriminator = Network.of(self.discriminator, self.discriminator_optimizer)
        self._ahead: deque[_Call] = deque()  # each goes on from the one before,
        self._left: State | None = None  # the first from this state
        self._finite = jnp.array(True)  # whether all numbers of the state are
        self.together: Any = None  # a `Together` that makes the steps, if there is one
        self._mesh = Mesh(jax.devices()[: self.settings.devices], ("batch",))
        # where a GPU knows the number of steps, it need not ask the processor whether to go on
        known = {"static_argnums": 3} if has_gpu() else {}
        everywhere = {"out_shardings": self._everywhere()} if self.settings.devices > 1 else {}
        self._compiled = jax.jit(self.steps, donate_argnums=0, **known, **everywhere)
        self._compiled_alone = jax.jit(self._updates_alone, donate_argnums=0, **everywhere)

    def run(self, images: jax.Array, steps: int, ahead: Sequence[int] = ()) -> np.ndarray:
        """Make steps: see `Step.run`."""
        if self.together:
            return np.asarray(self.together.run(self, images, steps))
        call = self._begun_ahead(steps) or self._begin(self.place(self.held()), images, steps)
        self.keep(call.state, call.is_finite)
        self._left = self.held()
        if has_gpu():  # which has work then while files are written
            for count in ahead[len(self._ahead) :]:
                last = self._ahead[-1] if self._ahead else call
                self._ahead.append(self._begin(_copied(last.state), images, count))
        return np.asarray(call.total)

    @property
    def key(self) -> jax.Array:
        """The random key of all that is drawn."""
        return jax.random.key(self.settings.seed)

    def place(self, arrays: Any) -> Any:
        """Return arrays where the step takes them from: on each of its devices."""
        if self.settings.devices == 1:
            return arrays
        if jax.process_count() == 1:
            return jax.device_put(arrays, self._everywhere())
        return jax.tree.map(self._from_here, arrays)

    def _from_here(self, array: jax.Array) -> jax.Array:
        """Return an array that every process has as one that all share."""
        values = np.asarray(array)
        return jax.make_array_from_callback(
            values.shape, self._everywhere(), lambda index: values[index]
        )

    def _everywhere(self) -> NamedSharding:
        """Return where the state and the real samples are: all of them on each device."""
        return NamedSharding(self._mesh, PartitionSpec())

    def _shared(self, batch: jax.Array) -> jax.Array:
        """Return a batch, each device with its part; all that is computed from it follows."""
        if self.settings.devices == 1:
            return batch
        parts = NamedSharding(self._mesh, PartitionSpec("batch"))
        return jax.lax.with_sharding_constraint(batch, parts)

    def _begun_ahead(self, steps: int) -> _Call | None:
        """Return the call of so many steps that was begun, if nothing has changed since."""
        expected = self._ahead and self._ahead[0].steps == steps
        if expected and self._left and _is_same(self._left, self.held()):
            return self._ahead.popleft()
        self._ahead.clear()
        return None

    def _begin(self, state: State, images: jax.Array, steps: int) -> _Call:
        """Begin so many steps from a state, whose arrays are used up."""
        return _Call(steps, *self._compiled(state, self.key, images, steps))

    def pretrain(self, images: jax.Array, steps: int) -> None:
        """Make updates of the discriminator alone: see `Step.pretrain`."""
        state, is_finite = self._compiled_alone(self.place(self.held()), self.key, images, steps)
        self.keep(state, is_finite)

    def is_finite(self) -> bool:
        """Return whether all numbers of the state are finite, as the last call found."""
        return bool(self._finite)

    def steps(
        self, state: State, key: jax.Array, images: jax.Array, steps: int
    ) -> tuple[State, jax.Array, jax.Array]:
        """Make so many steps.

        Args:
            state: The state before them.
            key: The random key of all that is drawn.
            images: The real samples.
            steps: How many.

        Returns:
            The state after them, the sum of each of MEASURES, and whether the state is finite.
        """

        def step(_: int, carried: tuple[State, jax.Array]) -> tuple[State, jax.Array]:
            state, total = carried
            state, measures = self._step(state, key, images)
            return state, total + measures

        state, total = jax.lax.fori_loop(0, steps, step, (state, jnp.zeros(len(MEASURES))))
        return state, total, _are_finite(state)

    def _updates_alone(
        self, state: State, key: jax.Array, images: jax.Array, steps: int
    ) -> tuple[State, jax.Array]:
        """Make so many updates of D alone; return the state, and whether it is finite."""
        update = partial(self.discriminator_update, key=key, images=images)
        state = jax.lax.fori_loop(0, steps, lambda _, state: update(state)[0], state)
        return state, _are_finite(state)

    def _step(self, state: State, key: jax.Array, images: jax.Array) -> tuple[State, jax.Array]:
        """Make one step; return the state after it and each of its MEASURES."""
        settings = self.settings
        d_update = partial(self.discriminator_update, key=key, images=images)
        g_update = partial(self.generator_update, key=key, images=images)
        state, d = _repeated(d_update, state, settings.discriminator_updates)
        state, g = _repeated(g_update, state, settings.generator_updates)
        return state, jnp.stack([d.loss, g.loss, d.real_score, d.fake_score])

    def discriminator_update(
        self, state: State, key: jax.Array, images: jax.Array
    ) -> tuple[State, DiscriminatorUpdate]:
        """Update the discriminator once, on real and fake samples."""
        optimizer, moments = self.discriminator_optimizer, state.discriminator_optimizer
        updates = moments[0]
        generator = Called(self._generator, state.generator, self.forward)
        real = self._sample_real(images, stream_key(key, updates, Stream.REAL))
        fake = self._generate(
            generator, real, stream_key(key, updates, Stream.FAKE_FOR_DISCRIMINATOR)
        )

        def total(weights: Arrays) -> tuple[jax.Array, tuple[DiscriminatorUpdate, Arrays]]:
            drawn = stream_key(key, updates, Stream.DISCRIMINATOR)
            critic = self._critic(state.discriminator._replace(weights=weights), drawn)
            logits, penalty = self._penalise(critic, real, fake, updates)
            real_logits, fake_logits = jnp.split(logits, 2)  # (batch, 1) each
            loss = self.objective.discriminator(real_logits, fake_logits)
            scores = _score(real_logits), _score(fake_logits)
            return loss + penalty, (DiscriminatorUpdate(loss, *scores), critic.network.values.rest)

        gradients, (update, rest) = jax.grad(total, has_aux=True)(state.discriminator.weights)
        weights, moments = optimizer.apply(state.discriminator.weights, moments, gradients)
        after = state._replace(
            generator=generator.values,
            discriminator=Values(weights, rest),
            discriminator_optimizer=moments,
        )
        return after, update

    def generator_update(
        self, state: State, key: jax.Array, images: jax.Array
    ) -> tuple[State, GeneratorUpdate]:
        """Update the generator once, through the discriminator, which does not change."""
        optimizer, moments = self.generator_optimizer, state.generator_optimizer
        updates = moments[0]
        real_key = stream_key(key, updates, Stream.REAL_FOR_GENERATOR)
        real = self._sample_real(images, real_key)

        def total(weights: Arrays) -> tuple[jax.Array, tuple[Arrays, Values]]:
            values = state.generator._replace(weights=weights)
            generator = Called(self._generator, values, self.forward)
            critic = Called(self._discriminator, state.discriminator, self.forward)
            real_logits = critic(real, real_key) if self.objective.paired else None
            fake = self._generate(
                generator, real, stream_key(key, updates, Stream.FAKE_FOR_GENERATOR)
            )
            fake_logits = critic(fake, stream_key(key, updates, Stream.DISCRIMINATOR_FOR_GENERATOR))
            loss = self.objective.generator(real_logits, fake_logits)
            return loss, (generator.values.rest, critic.values)

        (loss, (rest, discriminator)), gradients = jax.value_and_grad(total, has_aux=True)(
            state.generator.weights
        )
        weights, moments = optimizer.apply(state.generator.weights, moments, gradients)
        after = state._replace(
            generator=Values(weights, rest),
            discriminator=discriminator,
            average=self._average(state.average, Values(weights, rest), moments[0]),
            generator_optimizer=moments,
        )
        return after, GeneratorUpdate(loss)

    def held(self) -> State:
        """Return the values of all variables."""
        return jax.tree.map(lambda variable: variable.value, self._owners())

    def keep(self, state: State, is_finite: jax.Array) -> None:
        """Give all variables the values of a state, from the first device that is here."""
        self._finite = is_finite
        if self.settings.devices > 1:
            state = jax.tree.map(lambda value: value.addressable_data(0), state)
        jax.tree.map(lambda variable, value: variable.assign(value), self._owners(), state)

    def _owners(self) -> Any:
        """Return all variables, at the places of their values in a state."""
        return State(
            Values(self._generator.weights, self._generator.rest),
            Values(self._discriminator.weights, self._discriminator.rest),
            self.averages,
            self.generator_optimizer.state,
            self.discriminator_optimizer.state,
        )

    def _sample_real(self, images: jax.Array, key: jax.Array) -> jax.Array:
        """Return real samples drawn at random, (batch, features + classes)."""
        chosen = jax.random.randint(key, (self.settings.batch_size,), 0, len(images))
        return self._shared(images[chosen])

    def _generate(self, generator: Called, real: jax.Array, key: jax.Array) -> jax.Array:
        """Return generated samples (batch, features + classes), of the classes of real ones."""
        shape = (self.settings.batch_size, self.latent_size)
        latents = self._shared(NOISES[self.settings.noise](key, shape))  # (batch, latent)
        if not self.classes:
            return generator(latents, key)
        classes = real[:, -self.classes :]
        images = generator(jnp.concatenate([latents, classes], axis=1), key)
        return jnp.concatenate([images, classes], axis=1)

    def _critic(self, values: Values, key: jax.Array) -> Critic:
        """Return the discriminator with given values, for a penalty."""
        network = Called(self._discriminator, values, self.forward)
        return Critic(network, key, self.settings.batch_size, self.classes)

    def _penalise(
        self, critic: Critic, real: jax.Array, fake: jax.Array, count: jax.Array
    ) -> tuple[jax.Array, jax.Array | float]:
        """Return the logits (2 batch, 1) of real and fake samples, and the weighted penalty."""
        if self.objective.penalty is None:
            return critic.judge(real, fake, apart=self.judges_apart), 0.0
        function, weight = self.objective.penalty
        logits, penalty = function(critic, real, fake)
        return logits, weight(count) * penalty

    def _average(self, average: Arrays, generator: Values, updates: jax.Array) -> Arrays:
        """Return the average of the generator, moved a little towards it."""
        if self.ema is None:
            return average
        count = updates.astype("float32")
        kept = jnp.minimum(self.ema.decay, (1 + count) / (10 + count))
        followed = self._generator.pick(self.averaged, generator)
        return [mean + (1 - kept) * (w - mean) for mean, w in zip(average, followed, strict=True)]


def stream_key(root: jax.Array, updates: jax.Array, stream: Stream) -> jax.Array:
    """Return the random key of a stream after so many updates of a network."""
    return jax.random.fold_in(jax.random.fold_in(root, int(stream)), updates)


def gradient(function: Callable[[jax.Array], jax.Array], x: np.ndarray) -> np.ndarray:
    """Return the gradient of a scalar function at x, with the shape of x."""
    return np.asarray(jax.grad(function)(jnp.asarray(x)))


def _normal_and_categorical(key: jax.Array, shape: tuple[int, int]) -> jax.Array:
    """Return latents (batch, latent), the first fifth of which is a categorical code."""
    batch, size = shape
    known = jnp.asarray(codes(size))
    chosen = jax.random.randint(key, (batch,), 0, len(known))
    rest = jax.random.normal(jax.random.fold_in(key, 1), (batch, size - len(known)))
    return jnp.concatenate([known[chosen], rest], axis=1)


NOISES = {  # of mean 0 and standard deviation 1: latents (batch, latent) from a key and a shape
    "normal": jax.random.normal,
    "uniform": partial(jax.random.uniform, minval=-BOUND, maxval=BOUND),
    "normal+categorical": _normal_and_categorical,
}


@jax.jit
def _copied(state: State) -> State:
    return jax.tree.map(jnp.copy, state)


def _are_finite(state: State) -> jax.Array:
    """Return whether all numbers of a state are finite."""
    floats = [each for each in jax.tree.leaves(state) if jnp.issubdtype(each.dtype, jnp.floating)]
    return jnp.stack([jnp.isfinite(each).all() for each in floats]).all()


def _is_same(first: State, second: State) -> bool:
    """Return whether two states are made of the same arrays."""
    pairs = zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True)
    return all(a is b for a, b in pairs)


def _repeated(
    update: Callable[[State], tuple[State, Any]], state: State, times: int
) -> tuple[State, Any]:
    """Make an update so many times, traced twice at most; return state and last result."""
    state, result = update(state)
    if times == 1:
        return state, result
    return jax.lax.fori_loop(1, times, lambda _, carried: update(carried[0]), (state, result))


def _score(logits: jax.Array) -> jax.Array:
    """Return the mean probability of "real" for logits (batch, 1)."""
    return jax.nn.sigmoid(logits).mean()
