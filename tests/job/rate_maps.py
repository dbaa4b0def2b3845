"""What the tests of rate maps share: jobs on the golden networks."""
import json

import h5py

import support

GOLDEN = support.PROJECT / "tests" / "golden" / "model.h5"
CHECKPOINTS = support.PROJECT / "tests" / "golden" / "tf_ckpt"

SMALL = {"Ng": 24, "Np": 32, "batch_size": 40, "file": CHECKPOINTS / "UGRNN_relu",
         "activation": "relu"}


def write_config(path, output, model=None, ratemaps=None, cues=None, run=None, extra=""):
    """A job on the small golden network; `cues` are lines."""
    sections = {"run": {"output": output, **(run or {})}, "model": {**SMALL, **(model or {})},
                "ratemaps": {"n_eval_seq": 4, "bin_cm": 20, **(ratemaps or {})}}
    lines = []
    for section, keys in sections.items():
        lines.append(f"[{section}]")
        for key, value in keys.items():
            several = value if isinstance(value, list) else [value]
            lines += [f"{key} = {one}" for one in several if one is not None]
    if cues:
        lines += ["[cues]"] + [f"cue = {cue}" for cue in cues]
    path.write_text("\n".join(lines) + "\n" + extra)
    return path


def golden_case(name):
    """Settings of a golden case, {model, ratemaps, cues}, and its maps."""
    with h5py.File(GOLDEN) as file:
        group = file[f"ratemaps/{name}"]
        options = json.loads(group.attrs["options"])
        maps = {layer: group[layer][()] for layer in ("g", "pre_g", "dc")}
        nbins = int(group.attrs["nbins"])
        ratemaps = {"n_eval_seq": int(group.attrs["n_eval_seq"]),
                    "trajectory_seed": int(group.attrs["trajectory_seed"]),
                    "layers": "g, pre_g, dc", "bin_cm": float(group.attrs["bin_cm"]),
                    "nbins": nbins or None}
        run = group.attrs["weights"].split("/")[1]
    model = {key: options[key] for key in
             ("Ng", "Np", "activation", "batch_size", "sequence_length", "box_width", "box_height",
              "min_x", "max_x", "min_y", "max_y", "place_cell_rf", "surround_scale")}
    model.update(rnn_type=options["RNN_type"], file=CHECKPOINTS / run)
    extents = options.get("cue_2d_input_kwargs", {}).get("cue_extents", [])
    cues = [f"{c['center_x']} {c['center_y']} {c['width']} {c['height']}" for c in extents]
    return {"model": model, "ratemaps": ratemaps, "cues": cues}, maps
