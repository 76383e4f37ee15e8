from studio.core.network import Network, Op, Tensor
from studio.lower.lifetimes import Lifetime, alive, alive_bytes, lifetimes


def residual() -> Network:
    """0 -> a(1) -> b(2) -> add(1, 2) -> 3, and a constant and a variable that take no place."""
    tensors = (
        Tensor("in", (1, 10), "int8"),
        Tensor("a", (1, 20), "int8"),
        Tensor("b", (1, 20), "int8"),
        Tensor("out", (1, 5), "int8"),
        Tensor("w", (20, 10), "int8", constant=True),
        Tensor("state", (1, 7), "int8", variable=True),
        Tensor("unused", (1, 3), "int8"),
        Tensor("never", (1, 3), "int8"),
    )
    ops = (Op("fully_connected", (0, 4, -1), (1,)), Op("relu", (1,), (2,)), Op("split", (5, 1), (6,)), Op("add", (1, 2), (3,)))
    return Network("residual", tensors, ops, (0,), (3,))


def test_lifetimes_reach_from_writer_to_last_reader():
    assert lifetimes(residual()) == {0: Lifetime(-1, 0), 1: Lifetime(0, 3), 2: Lifetime(1, 3), 6: Lifetime(2, 2), 3: Lifetime(3, 3)}


def test_an_output_stays_to_the_end():
    net = residual()
    early = Network("early", net.tensors, net.ops, (0,), (1,))
    assert lifetimes(early)[1] == Lifetime(0, 3)


def test_an_unread_input_is_alive_before_the_first_operator_only():
    net = residual()
    two = Network("two", net.tensors, net.ops, (0, 7), (3,))
    lives = lifetimes(two)
    assert lives[7] == Lifetime(-1, -1)
    assert not lives[7].overlaps(lives[1])


def test_alive_tensors_and_their_bytes():
    net = residual()
    assert set(alive(lifetimes(net), 2)) == {1, 2, 6}
    assert alive_bytes(net) == (30, 40, 43, 45)
