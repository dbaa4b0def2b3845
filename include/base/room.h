/* How much memory a run may take on this node: the least of what the machine has, what the control
 * groups of this process allow (versions 1 and 2, as containers and batch systems set them) and
 * what SLURM has granted. Reads some small files and the environment; what cannot be read does not
 * limit. */
#ifndef MEC_BASE_ROOM_H
#define MEC_BASE_ROOM_H

typedef struct mec_room {
    double bytes;   /* infinite where nothing is known */
    const char *of; /* who sets it: "the machine", "the control group", "SLURM's job" */
} mec_room;

/* `root` stands before the paths of /proc and /sys; "" but in tests. */
mec_room mec_room_find(const char *root);

/* The same of this process, found once. */
mec_room mec_room_here(void);

#endif
