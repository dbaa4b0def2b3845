"""Run files with everything that a run can leave in them."""
import h5py
import numpy as np

import support

GAP_ABOVE_TOL, FAILED, NO_STATES = 2, 3, 4  # values of status

SCORES = "fit.scores=corr,r2,mse,neg_emd,rsa"
FROM_HALVES = ["split_half_r", "reliability", "corr_noise_corrected"]


def halves(folder, arenas, **options):
    """Settings that give two halves of the recordings; r differs from cell to cell."""
    settings = []
    for key in ("half1", "half2"):
        random = np.random.RandomState(len(settings))
        noisy = {arena: {animal: resp + random.standard_normal(resp.shape) *
                         np.linspace(0.5, 4, resp.shape[-1])
                         for animal, resp in members.items()}
                 for arena, members in arenas.items()}
        path = support.write_dataset(folder / f"{key}.h5", noisy, **options)
        settings.append(f"data.{key}={path}")
    return settings


def groups(file):
    """Every target's group: [(arena, animal, group)]."""
    return [(arena, animal, group) for arena, members in file["fits"].items()
            for animal, group in members.items()]


def set_outcomes(path, outcomes):
    """Changes what became of single fits: {(arena, animal): {flat index: status}}."""
    with h5py.File(path, "r+") as file:
        for (arena, animal), codes in outcomes.items():
            group = file[f"fits/{arena}/{animal}"]
            status = group["status"][()]
            gap = group["relative_gap"][()]
            for index, code in codes.items():
                status.flat[index] = code
                gap.flat[index] = 0.25 if code == GAP_ABOVE_TOL else np.nan
            group["status"][...] = status
            group["relative_gap"][...] = gap
