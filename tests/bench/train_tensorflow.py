"""Training steps of the path integrator with TensorFlow, done the way the authors' package does them.

    train_tensorflow.py N_STEP N_THREAD Ng=... Np=... batch_size=... sequence_length=...

The network is that of ratemaps_tensorflow.py; a step is the loss on a batch, its gradients by a tape
and Adam's update, in one tf.function that is traced and warmed up before it is timed; the package's
loop calls the same operations one by one, which is not measured here. Walks, place codes and the position that
is decoded are left out. The loss on the one batch that is used has to fall. Prints the seconds of
every step, the losses and versions, as JSON.
"""
import json
import sys
import time

import ratemaps_tensorflow
from ratemaps_tensorflow import np, tf

WEIGHT_DECAY = 1e-4
LEARNING_RATE = 1e-4


def draw(random, sizes):
    """Velocities and initial codes of a batch, and target codes (batch, T, Np)."""
    target = random.rand(sizes["batch_size"], sizes["sequence_length"], sizes["Np"])
    target /= target.sum(axis=2, keepdims=True)
    return *ratemaps_tensorflow.draw(random, sizes), tf.constant(target, tf.float32)


def loss_of(network, velocity, code, target):
    logits = network.dc(velocity, code)
    loss = tf.nn.softmax_cross_entropy_with_logits(labels=target, logits=logits)
    return tf.reduce_mean(loss) + WEIGHT_DECAY * tf.reduce_sum(network.RNN.cell.bias ** 2)


def main(n_step, n_thread, *pairs):
    sizes = {key: int(value) for key, value in (pair.split("=") for pair in pairs)}
    tf.config.threading.set_intra_op_parallelism_threads(int(n_thread))
    tf.config.threading.set_inter_op_parallelism_threads(int(n_thread))
    tf.random.set_seed(0)
    random = np.random.RandomState(0)
    network = ratemaps_tensorflow.Network(sizes["Ng"], sizes["Np"])
    optimizer = tf.keras.optimizers.legacy.Adam(learning_rate=LEARNING_RATE)

    @tf.function
    def step(*batch):
        with tf.GradientTape() as tape:
            loss = loss_of(network, *batch)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply_gradients(zip(gradients, network.trainable_variables))
        return loss

    batch = draw(random, sizes)
    losses, seconds = [], []
    for _ in range(1 + int(n_step)):
        started = time.perf_counter()
        losses.append(float(step(*batch)))
        seconds.append(time.perf_counter() - started)
    if not losses[-1] < losses[0]:
        sys.exit(f"TensorFlow does not learn: losses {losses}")
    print(json.dumps({"seconds": seconds[1:], "losses": losses,
                      "versions": {"TensorFlow": tf.__version__, "NumPy": np.__version__}}))


if __name__ == "__main__":
    main(*sys.argv[1:])
