"""The reference's network and loss as TensorFlow 2.15 with Keras 2 has them. The names of attributes
are those that its checkpoints are restored by."""
import tensorflow as tf

layers = tf.keras.layers


class Cell(layers.Layer):
    """UGRNN (Collins, Sohl-Dickstein & Sussillo 2017)."""

    def __init__(self, units, activation):
        super().__init__()
        self.units = self.state_size = units
        self.activation = tf.keras.activations.get(activation)

    def build(self, shape):
        self.weight = self.add_weight(name="weight", shape=(shape[-1] + self.units, 2 * self.units))
        self.bias = self.add_weight(name="bias", shape=(2 * self.units,))

    def call(self, inputs, states):
        both = tf.matmul(tf.concat([inputs, states[0]], axis=1), self.weight) + self.bias
        gate, candidate = tf.split(both, 2, axis=1)
        gate = tf.sigmoid(gate + 1)
        state = gate * states[0] + (1 - gate) * self.activation(candidate)
        return state, [state]


class Network(tf.keras.Model):
    def __init__(self, n_unit, n_place, activation):
        super().__init__()
        self.encoder = layers.Dense(n_unit)
        self.M = layers.Dense(n_unit)
        self.RNN = layers.RNN(Cell(n_unit, activation), return_sequences=True)
        self.dense = layers.Dense(n_unit, activation=activation)
        self.decoder = layers.Dense(n_place)

    def call(self, inputs):
        """Velocities, with cues behind them (batch, T, inputs), and the place code where the walks
        begin (batch, Np)."""
        steps, code = inputs
        state = self.RNN(self.M(steps), initial_state=self.encoder(code))
        return self.decoder(self.dense(state))

    def weights_by_name(self):
        """As mec names them."""
        cell = self.RNN.cell
        found = {"W": cell.weight, "b": cell.bias}
        for name, layer in (("enc", self.encoder), ("M", self.M), ("dense", self.dense),
                            ("dec", self.decoder)):
            found[f"W_{name}"], found[f"b_{name}"] = layer.kernel, layer.bias
        return found


def loss_of(network, batch, position, weight_decay=1e-4):
    """Cross-entropy of place codes, or the squared error of positions; and the reference's weight
    decay, which is of the cell's bias."""
    steps, code, target = batch
    found = network((steps, code))
    if position:
        loss = tf.reduce_mean((found - target) ** 2)
    else:
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, found))
    return loss + weight_decay * tf.reduce_sum(network.RNN.cell.bias ** 2)


def checkpoint_of(network, optimizer):
    return tf.train.Checkpoint(step=tf.Variable(1), optimizer=optimizer, net=network)
