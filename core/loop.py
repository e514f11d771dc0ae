"""The one training loop: epochs in one jit, history, early stop, snapshots, exact resume.

A topic hands over `epoch(state, key, data) -> (state, metrics)`: a pure function, either made by
`gradient_epoch` from an `nnx.Module` and an optax optimiser, or of its own (alternating least
squares, a Gibbs sweep). Everything random in epoch e follows from `fold_in(key(seed), e)`, which is
what makes a resumed run equal to an uninterrupted one.
"""

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax.sharding import Mesh
from tqdm import tqdm

from core.checkpoint import Checkpoints
from core.devices import put_on_every_device, split_over
from core.errors import InputError, TrainingError

Model = TypeVar("Model", bound=nnx.Module)


class CompiledEpoch(Protocol):
    """`(state, key, data) -> (state, metrics)`, ready to run."""

    def __call__(self, state: Any, key: Any, data: Any, /) -> tuple[Any, dict[str, jax.Array]]:
        """Trains for one epoch."""
        ...


class LoweredEpoch(Protocol):
    """An epoch for arguments of certain shapes, as `jax.stages.Lowered`."""

    def compile(self) -> CompiledEpoch:
        """Makes it ready to run."""
        ...


class Epoch(Protocol):
    """What `jax.jit` makes of `(state, key, data) -> (state, metrics)`, as far as `fit` asks."""

    def lower(self, state: Any, key: Any, data: Any, /) -> LoweredEpoch:
        """Takes the shapes of the arguments."""
        ...


class TrainState(NamedTuple):
    """What a gradient-trained model carries from epoch to epoch; all leaves are arrays."""

    params: Any  # nnx.State of nnx.Param
    rest: Any  # nnx.State of everything else (batch statistics)
    opt_state: optax.OptState


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """How long to train and what to keep.

    Attributes:
        n_epochs: epochs at the most, at least 1.
        monitor: metric by which the best epoch is chosen, lower is better; None: the last is best.
        patience: epochs without a better `monitor` after which training stops; None: never.
        snapshots: epochs whose kept arrays are stored, 0 being the untrained model.
    """

    n_epochs: int
    monitor: str | None = None
    patience: int | None = None
    snapshots: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Checks the bounds."""
        if self.n_epochs < 1:
            raise InputError(f"epochs ({self.n_epochs}) should be at least 1")
        if self.patience is not None and (self.patience < 1 or self.monitor is None):
            raise InputError(
                f"patience ({self.patience}) should be at least 1 and needs a metric to monitor"
            )


@dataclasses.dataclass(frozen=True, slots=True)
class Fitted:
    """What training leaves.

    Attributes:
        state: the state after the last epoch.
        best: what `keep` took from the best epoch, as NumPy arrays by dotted name.
        best_epoch: that epoch, counted from 1; 0 where nothing beat the untrained model.
        history: one dict an epoch: "epoch", training metrics, evaluated metrics, "seconds".
        snapshots: epoch -> what `keep` took there.
        compile_s: seconds spent compiling.
        train_s: seconds of epochs and evaluations, without compiling.
    """

    state: Any
    best: dict[str, np.ndarray]
    best_epoch: int
    history: list[dict[str, float]]
    snapshots: dict[int, dict[str, np.ndarray]]
    compile_s: float
    train_s: float


def named_arrays(tree: Any) -> dict[str, np.ndarray]:
    """Flattens a pytree (an nnx.State, a dict, a NamedTuple) to NumPy arrays by dotted name."""
    if isinstance(tree, nnx.State):
        flat = nnx.to_flat_state(tree)
        return {".".join(map(str, path)): np.asarray(leaf[...]) for path, leaf in flat}
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {
        jax.tree_util.keystr(path, simple=True, separator="."): np.asarray(leaf)
        for path, leaf in leaves
    }


def restore_state(state: nnx.State, arrays: Mapping[str, np.ndarray]) -> nnx.State:
    """Fills a state with arrays by dotted name; the reverse of `named_arrays`.

    Args:
        state: of the model to fill, abstract (`nnx.eval_shape`) or concrete.
        arrays: by dotted name.

    Returns:
        A new state of the same structure.

    Raises:
        InputError: lists every array that is missing or has another shape.
    """
    problems, filled = [], []
    for path, variable in nnx.to_flat_state(state):
        name = ".".join(map(str, path))
        array = arrays.get(name)
        if array is None:
            problems.append(f"{name} is missing")
        elif array.shape != variable.shape:
            problems.append(f"{name} has shape {array.shape}, expected {variable.shape}")
        else:
            filled.append((path, variable.replace(jnp.asarray(array, variable.dtype))))
    if problems:
        raise InputError("the weights do not fit the model: " + "; ".join(problems))
    return nnx.from_flat_state(filled)


def in_mode(model: Model, *, training: bool) -> Model:
    """Returns a view of a model, sharing its weights, that trains or evaluates."""
    wanted = {"deterministic": not training, "use_running_average": not training}
    present = {
        name: value
        for name, value in wanted.items()
        if any(hasattr(module, name) for _, module in nnx.iter_modules(model))
    }
    return nnx.view(model, **present) if present else model  # nnx.view refuses unused names


def initial_state(model: nnx.Module, optimizer: optax.GradientTransformation) -> TrainState:
    """Takes a model apart into the arrays that training carries; the model itself stays usable."""
    params, rest = nnx.state(model, nnx.Param, ...)
    state = TrainState(params, rest, optimizer.init(params))
    return jax.tree.map(jnp.copy, state)  # epochs donate their input; the model keeps its own


def gradient_epoch(
    model: nnx.Module,
    optimizer: optax.GradientTransformation,
    loss_fn: Callable[..., jax.Array],
    *,
    batch_size: int,
    n_batches: int | None = None,
    mesh: Mesh | None = None,
) -> Epoch:
    """Makes a whole epoch of minibatch training one compiled call.

    Args:
        model: gives the structure; its arrays are not used.
        optimizer: optax transformation, its schedule counted in batches.
        loss_fn: `(model, batch, rngs) -> scalar`, `batch` being `data` at the rows of one batch.
        batch_size: rows a batch, over all devices together. The ragged last batch is dropped; every
            epoch has another order, so no row is always left out.
        n_batches: fewer than there are, for short epochs; None for all.
        mesh: split each batch over its devices; None for one device.

    Returns:
        `epoch(state, key, data) -> (state, {"loss": mean over batches})`, where `data` is a pytree
        of arrays with R rows each. The state passed in is donated.
    """
    graphdef = nnx.graphdef(in_mode(model, training=True))
    sharding = None
    if mesh is not None and mesh.size != 1:
        sharding = split_over(mesh)
        if batch_size % mesh.size:
            raise InputError(
                f"batch size ({batch_size}) should be a multiple of the number of devices "
                f"({mesh.size})"
            )

    def step(state: TrainState, inputs: tuple[jax.Array, jax.Array], data: Any) -> tuple:
        key, rows = inputs
        batch = jax.tree.map(lambda column: column[rows], data)
        if sharding is not None:
            batch = jax.lax.with_sharding_constraint(batch, sharding)

        def objective(params: nnx.State) -> tuple[jax.Array, nnx.State]:
            # copy: batch norm writes its statistics, which must not reach outside this trace
            merged = nnx.merge(graphdef, params, state.rest, copy=True)
            loss = loss_fn(merged, batch, nnx.Rngs(dropout=key))
            return loss, nnx.state(merged, nnx.Not(nnx.Param))

        (loss, rest), gradient = jax.value_and_grad(objective, has_aux=True)(state.params)
        updates, opt_state = optimizer.update(gradient, state.opt_state, state.params)
        return TrainState(optax.apply_updates(state.params, updates), rest, opt_state), loss

    def epoch(state: TrainState, key: jax.Array, data: Any) -> tuple[TrainState, dict]:
        n_rows = jax.tree.leaves(data)[0].shape[0]
        n_steps = min(n_rows // batch_size, n_batches or n_rows)
        if n_steps == 0:
            raise InputError(f"batch size ({batch_size}) should be at most {n_rows}, the rows here")
        order_key, dropout_key = jax.random.split(key)
        order = jax.random.permutation(order_key, n_rows)[: n_steps * batch_size]
        keys = jax.random.split(dropout_key, n_steps)
        state, losses = jax.lax.scan(
            lambda carry, inputs: step(carry, inputs, data),
            state,
            (keys, order.reshape(n_steps, batch_size)),
        )
        return state, {"loss": losses.mean()}

    return jax.jit(epoch, donate_argnums=0)


def fit(
    epoch: Epoch,
    state: Any,
    data: Any,
    plan: Plan,
    *,
    seed: int,
    keep: Callable[[Any], Any],
    evaluate: Callable[[Any], Mapping[str, float]] | None = None,
    mesh: Mesh | None = None,
    checkpoints: Checkpoints | None = None,
    progress: str | None = None,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
) -> Fitted:
    """Trains for the planned epochs, or goes on with a run that was cut off.

    Args:
        epoch: jitted `(state, key, data) -> (state, metrics)`.
        state: the initial state; donated.
        data: pytree of arrays for every epoch.
        plan: how long, and what to keep.
        seed: of everything random in the epochs.
        keep: takes from a state the arrays worth keeping (parameters, as a rule).
        evaluate: measures a state, e.g. {"val_mse": 0.78}; run before the first and after each
            epoch.
        mesh: put a copy of state and data on each of its devices first; None leaves them as they
            are.
        checkpoints: where to save and resume; None for neither.
        progress: label of the progress bar on stderr; None for no bar.
        on_epoch: is given each row of the history as it is made.

    Returns:
        The fitted state, the best and the snapshots, the history and the times.

    Raises:
        InputError: `plan.monitor` is not among the metrics.
        TrainingError: the loss is no longer finite.
    """
    base_key = jax.random.key(seed)
    if mesh is not None:
        state, data, base_key = put_on_every_device((state, data, base_key), mesh)
    started = time.perf_counter()
    compiled = epoch.lower(state, base_key, data).compile()
    evaluated = dict(evaluate(state)) if evaluate else {}
    compile_s = time.perf_counter() - started

    so_far = _SoFar(state, named_arrays(keep(state)), [{"epoch": 0, **evaluated, "seconds": 0.0}])
    first = 1 + so_far.resume(checkpoints)
    if 0 in plan.snapshots and first == 1:
        so_far.take_snapshot(0, keep, checkpoints)

    bar = tqdm(
        total=plan.n_epochs,
        initial=first - 1,
        desc=progress,
        unit="epoch",
        disable=progress is None,
    )
    with bar:
        for number in range(first, plan.n_epochs + 1):
            if plan.patience is not None and number - 1 - so_far.best_epoch >= plan.patience:
                break
            started = time.perf_counter()
            key = jax.random.fold_in(base_key, number)
            so_far.state, metrics = compiled(so_far.state, key, data)
            row = {"epoch": number} | {name: float(value) for name, value in metrics.items()}
            row |= evaluate(so_far.state) if evaluate else {}
            row["seconds"] = time.perf_counter() - started
            _check_finite(row)
            so_far.take(row, plan, keep)
            if number in plan.snapshots:
                so_far.take_snapshot(number, keep, checkpoints)
            so_far.save(checkpoints)
            bar.set_postfix(
                {k: f"{v:.4f}" for k, v in row.items() if k not in ("epoch", "seconds")}
            )
            bar.update()
            if on_epoch is not None:
                on_epoch(row)
    return so_far.fitted(plan, keep, compile_s)


@dataclasses.dataclass(slots=True)
class _SoFar:
    """Where a run stands between two epochs: the fields of `Fitted`, and the best value yet."""

    state: Any
    best: dict[str, np.ndarray]
    history: list[dict[str, float]]
    best_epoch: int = 0
    best_value: float = float("inf")
    snapshots: dict[int, dict[str, np.ndarray]] = dataclasses.field(default_factory=dict)

    def resume(self, checkpoints: Checkpoints | None) -> int:
        """Takes up the newest checkpoint, if there is one; returns the epochs that are done."""
        found = checkpoints.latest(self._tree()) if checkpoints is not None else None
        if found is None:
            return 0
        self.state = found.tree["state"]
        self.best = jax.tree.map(np.asarray, found.tree["best"])
        self.history, self.snapshots = found.record["history"], found.snapshots
        self.best_epoch = found.record["best_epoch"]
        self.best_value = found.record["best_value"]
        return found.epoch

    def take(self, row: dict[str, float], plan: Plan, keep: Callable[[Any], Any]) -> None:
        """Writes an epoch down; raises InputError if `plan.monitor` is not in the row."""
        self.history.append(row)
        if plan.monitor is None:
            self.best_epoch = int(row["epoch"])
        elif plan.monitor not in row:
            raise InputError(f"monitor ({plan.monitor}) should be one of {', '.join(row)}")
        elif row[plan.monitor] < self.best_value:
            self.best, self.best_epoch = named_arrays(keep(self.state)), int(row["epoch"])
            self.best_value = row[plan.monitor]

    def take_snapshot(
        self, epoch: int, keep: Callable[[Any], Any], checkpoints: Checkpoints | None
    ) -> None:
        self.snapshots[epoch] = named_arrays(keep(self.state))
        if checkpoints is not None:
            checkpoints.save_snapshot(epoch, self.snapshots[epoch])

    def save(self, checkpoints: Checkpoints | None) -> None:
        """Saves a checkpoint, if it is time for one."""
        if checkpoints is not None and checkpoints.due():
            record = {name: getattr(self, name) for name in ("history", "best_epoch", "best_value")}
            checkpoints.save(int(self.history[-1]["epoch"]), self._tree(), record)

    def fitted(self, plan: Plan, keep: Callable[[Any], Any], compile_s: float) -> Fitted:
        best = named_arrays(keep(self.state)) if plan.monitor is None else self.best
        train_s = sum(row["seconds"] for row in self.history)
        return Fitted(
            self.state, best, self.best_epoch, self.history, self.snapshots, compile_s, train_s
        )

    def _tree(self) -> dict[str, Any]:
        return {"state": self.state, "best": self.best}


def _check_finite(row: Mapping[str, float]) -> None:
    for name, value in row.items():
        if not np.isfinite(value):
            raise TrainingError(
                f"{name} is {value} after epoch {row['epoch']}: training diverged; "
                "lower the learning rate, or raise the L2 penalty"
            )
