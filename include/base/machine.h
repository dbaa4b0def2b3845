/* What this machine allows a process, as the operating system tells it. */
#ifndef MEC_BASE_MACHINE_H
#define MEC_BASE_MACHINE_H

/* Bytes of memory that this process and those beside it may use: the machine's, or what the control
 * groups (version 1 or 2) that it is in allow, if that is less. */
double mec_machine_memory(void);

#endif
