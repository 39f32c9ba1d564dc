"""What `--help` prints: the flags that matter, in groups and with their defaults; `--helpfull` has all."""

import textwrap
from typing import Any

from absl import flags

from graphical_gan.settings import recipes

GROUPS = {
    "What is trained": ("dataset", "manual_dir", "data_dir", "model", "recipe", "K", "T", "labels"),
    "How long, how large": ("steps", "batch_size", "learning_rate", "width", "latent", "seed"),
    "Where, and what is kept": ("run_dir", "log_every", "evaluate_every", "save_every", "keep_best"),
    "Devices": ("precision", "update", "strategy", "jit"),
    "Before it begins": ("dry_run",),
}
OTHER_NAMES = {  # of other programs, for flags of ours
    "learning_rate": ("lr", "rate"),
    "steps": ("epochs", "iterations", "iters", "kimg", "num_steps", "max_steps"),
    "batch_size": ("batch", "bs", "batchsize"),
    "K": ("clusters", "n_clusters", "num_clusters", "components", "n_components"),
    "T": ("frames", "length"),
    "latent": ("latent_dim", "z_dim", "nz", "dim_latent"),
    "run_dir": ("outdir", "output", "output_dir", "out_dir", "logdir", "log_dir", "save_dir", "name"),
    "manual_dir": ("data", "data_path", "dataroot", "data_root", "path", "images", "folder"),
    "start_from": ("pretrained", "checkpoint", "ckpt", "weights", "load", "init_from"),
    "precision": ("fp16", "amp", "mixed_precision"),
    "strategy": ("gpus", "gpu", "device", "devices", "cuda"),
}
NO_FLAG = ("resume", "continue", "restart", "resume_from")  # of other programs, for what is always done here
WIDTH, NAMES = 118, 32  # of a line, and of the names before the help


def screen(doc: str, defaults: dict[str, Any] | None, full: bool) -> str:
    """The help of a command.

    Args:
        defaults: of the flags of a training command, by name; None for another command, all of whose flags are shown.
    """
    ours = {n: flags.FLAGS[n] for n in _names()}
    lines = [doc.strip(), ""]
    if defaults is None:
        return "\n".join(lines + _group("Flags", ours, {n: flag.default for n, flag in ours.items()}))
    for title, names in GROUPS.items():
        lines += _group(title, {n: ours[n] for n in names if n in ours}, defaults)
    further = {n: flag for n, flag in ours.items() if not any(n in names for names in GROUPS.values())}
    if full:
        lines += _group("Further", further, defaults)
    else:
        lines.append(
            f"--helpfull shows {len(further)} flags more; --flagfile=FILE reads flags from a file, one a line."
        )
    lines.append(
        f"Defaults are those of --dataset={defaults['dataset']}; give --dataset with --help for those of another."
    )
    return "\n".join(lines)


def hint(name: str) -> str:
    """What to say of a flag that there is not, if one of ours is known by that name elsewhere, or written otherwise."""
    for own in _names():
        if name == own.lower() or name.lower() == own or name in OTHER_NAMES.get(own, ()):
            return f" It is --{own} here: {flags.FLAGS[own].help}."
    for script, instance in {"train_gmgan.py": recipes.GMGAN, "train_ssgan.py": recipes.SSGAN}.items():
        if name in {knob.name for knob in instance.knobs}:
            return f" It is one of {script}."
    if name in NO_FLAG:
        return " The same command goes on where a run stopped; none is needed."
    return ""


def _names():
    """The flags of ours, as they were defined."""
    return [
        f.name for module, found in flags.FLAGS.flags_by_module_dict().items() if "absl" not in module for f in found
    ]


def _sentence(flag):
    """The help of a flag, with its choices at the end and not, as absl has them, in front."""
    if not (choices := getattr(flag.parser, "enum_values", None)):
        return flag.help
    help_text = flag.help.removeprefix(f"<{'|'.join(choices)}>: ").split(";\n")[0]
    return f"{help_text} ({', '.join(choices)})"


def _group(title, shown, defaults):
    """A title and its flags, each with its default and its help."""
    lines = [f"{title}:"]
    for name, flag in shown.items():
        value = defaults.get(name)
        plain = value is None or isinstance(value, list) or (flag.boolean and not value)  # the help says what it means
        said = f"  --{name}" if plain else f"  --{name}={value}"
        wrapped = textwrap.wrap(_sentence(flag), WIDTH - NAMES) or [""]
        lines += [f"{said:{NAMES}}{wrapped[0]}"] if len(said) < NAMES else [said, " " * NAMES + wrapped[0]]
        lines += [" " * NAMES + line for line in wrapped[1:]]
    return [*lines, ""]
