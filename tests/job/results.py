"""Run files with everything that a run can leave in them: made from a plain one."""
import h5py
import numpy as np

NOT_DONE, DONE, GAP_ABOVE_TOL, FAILED, NO_STATES = range(5)
WORDS = ["not_done", "done", "gap_above_tol", "failed", "no_states"]


def put(group, name, values, units="1", long_name=None):
    group[name] = values
    group[name].attrs["units"] = np.bytes_(units)
    group[name].attrs["long_name"] = np.bytes_(long_name or name)


def groups(file):
    """Every target's group: [(arena, animal, group)]."""
    return [(arena, animal, group) for arena, members in file["fits"].items()
            for animal, group in members.items()]


def add_noise(group, random):
    r = random.uniform(-0.2, 0.9, group["corr"].shape)
    reliability = 2 * r / (1 + r)
    corrected = np.full(r.shape, np.nan)
    good = reliability > 0
    corrected[good] = group["corr"][good] / np.sqrt(reliability[good])
    put(group, "split_half_r", r)
    put(group, "reliability", reliability)
    put(group, "corr_noise_corrected", corrected)


def add_scores(group, random):
    shape = group["corr_per_split"].shape
    emd = -random.uniform(0, 1, shape)
    rsa = random.uniform(0, 1, shape[1:])
    put(group, "neg_emd_per_split", emd, "m")
    put(group, "neg_emd", emd.reshape(shape[0], -1).mean(axis=1), "m",
        "minus the earth mover's distance, mean over splits")
    put(group, "rsa_per_split", rsa)
    put(group, "rsa", rsa.mean())


def add_outcomes(group, random, failures):
    """failures: {flat index of the fit: code}; their scores are NaN."""
    outcome = np.full(group["corr_per_split"].shape, DONE, np.int8)
    gap = random.uniform(0, 1e-5, outcome.shape)
    for index, code in failures.items():
        outcome.flat[index] = code
        gap.flat[index] = 0.25 if code == GAP_ABOVE_TOL else np.nan
    put(group, "status", outcome)
    put(group, "relative_gap", gap)


def enrich(path, failures=None):
    """Adds all that `path` lacks. failures: {(arena, animal): {flat index: code}}."""
    random = np.random.RandomState(5)
    with h5py.File(path, "r+") as file:
        for arena, animal, group in groups(file):
            add_noise(group, random)
            add_scores(group, random)
            add_outcomes(group, random, (failures or {}).get((arena, animal), {}))


def set_config(path, **settings):
    """Changes the settings that the file tells of itself: map_alpha=3 and so on. Keys that it
    lacks are put at the end of their section."""
    with h5py.File(path, "r+") as file:
        sections = {}
        for line in file["config"][()].tobytes().decode().splitlines():
            if line.startswith("["):
                keys = sections.setdefault(line[1:-1], {})
            else:
                key, value = line.split("=", 1)
                keys[key.strip()] = value.strip()
        for name, value in settings.items():
            section, key = name.split("_", 1)
            sections[section][key] = value
        text = "".join(f"[{section}]\n" + "".join(f"{key} = {value}".rstrip() + "\n"
                                                 for key, value in keys.items())
                       for section, keys in sections.items())
        del file["config"]
        file["config"] = np.frombuffer(text.encode(), np.uint8)
