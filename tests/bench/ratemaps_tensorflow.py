"""The forward passes of rate maps with TensorFlow, done the way the authors' package does them.

    ratemaps_tensorflow.py N_BATCH N_THREAD Ng=... Np=... batch_size=... sequence_length=...

The package calls the network once for each of g, pre_g and dc and once more for the position that
is decoded, every time from the velocities and the place code on. The network is Keras' own layers
around the cell, in a tf.function that is traced and warmed up before it is timed. Walks, place
codes and the binning of activations are left out. Prints the seconds of every batch, the largest
relative difference from the same formulas in NumPy on the first step, and versions, as JSON.
"""
import json
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

layers = tf.keras.layers


class Cell(layers.Layer):
    """UGRNN (Collins, Sohl-Dickstein & Sussillo 2017): one product of [input, state] a step."""

    def __init__(self, units):
        super().__init__()
        self.units = self.state_size = self.output_size = units

    def build(self, shape):
        self.weight = self.add_weight(name="weight", shape=(shape[-1] + self.units, 2 * self.units),
                                      initializer="glorot_uniform")
        self.bias = self.add_weight(name="bias", shape=(2 * self.units,), initializer="zeros")

    def call(self, inputs, states):
        both = tf.matmul(tf.concat([inputs, states[0]], axis=1), self.weight) + self.bias
        gate, candidate = tf.split(both, 2, axis=1)
        gate = tf.sigmoid(gate + 1)
        state = gate * states[0] + (1 - gate) * tf.nn.relu(candidate)
        return state, [state]


class Network(tf.keras.Model):
    def __init__(self, n_unit, n_place):
        super().__init__()
        self.encoder = layers.Dense(n_unit)
        self.M = layers.Dense(n_unit)
        self.RNN = layers.RNN(Cell(n_unit), return_sequences=True)
        self.dense = layers.Dense(n_unit, activation="relu")
        self.decoder = layers.Dense(n_place)

    def pre_g(self, velocity, code):
        return self.RNN(self.M(velocity), initial_state=self.encoder(code))

    def g(self, velocity, code):
        return self.dense(self.pre_g(velocity, code))

    def dc(self, velocity, code):
        return self.decoder(self.g(velocity, code))


def draw(random, sizes):
    """Velocities (batch, T, 2) in m a step and place codes (batch, Np), of the sizes they have."""
    velocity = 0.02 * random.randn(sizes["batch_size"], sizes["sequence_length"], 2)
    code = random.rand(sizes["batch_size"], sizes["Np"])
    code /= code.sum(axis=1, keepdims=True)
    return tf.constant(velocity, tf.float32), tf.constant(code, tf.float32)


def first_step(network, velocity, code):
    """dc of the first step (batch, Np), in float64."""
    def affine(layer, x):
        return x @ layer.kernel.numpy().astype(float) + layer.bias.numpy()

    state = affine(network.encoder, code.numpy())
    inputs = affine(network.M, velocity.numpy()[:, 0])
    cell = network.RNN.cell
    both = np.hstack([inputs, state]) @ cell.weight.numpy().astype(float) + cell.bias.numpy()
    gate, candidate = np.split(both, 2, axis=1)
    gate = 1 / (1 + np.exp(-gate - 1))
    state = gate * state + (1 - gate) * np.maximum(candidate, 0)
    return affine(network.decoder, np.maximum(affine(network.dense, state), 0))


def main(n_batch, n_thread, *pairs):
    sizes = {key: int(value) for key, value in (pair.split("=") for pair in pairs)}
    tf.config.threading.set_intra_op_parallelism_threads(int(n_thread))
    tf.config.threading.set_inter_op_parallelism_threads(int(n_thread))
    tf.random.set_seed(0)
    random = np.random.RandomState(0)
    network = Network(sizes["Ng"], sizes["Np"])
    calls = [tf.function(call) for call in (network.g, network.pre_g, network.dc)]
    passes = [*calls, calls[-1]]  # the last for the decoded position
    batch = draw(random, sizes)
    for call in calls:
        found = call(*batch)
    wanted = first_step(network, *batch)
    difference = np.abs(found.numpy()[:, 0] - wanted).max() / np.abs(wanted).max()
    seconds = []
    for _ in range(int(n_batch)):
        batch = draw(random, sizes)
        started = time.perf_counter()
        for call in passes:
            call(*batch).numpy()
        seconds.append(time.perf_counter() - started)
    print(json.dumps({"seconds": seconds, "difference": float(difference),
                      "versions": {"TensorFlow": tf.__version__, "NumPy": np.__version__}}))


if __name__ == "__main__":
    main(*sys.argv[1:])
