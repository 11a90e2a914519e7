"""What a broker knows us by."""

from gateway.broker import make_client_id


def test_a_client_identifier_stays_the_same_and_cannot_be_guessed_without_the_key() -> None:
    assert make_client_id(b"key", "gateway-presses") == make_client_id(b"key", "gateway-presses")
    assert make_client_id(b"key", "gateway-presses") != make_client_id(b"key", "gateway-beats")
    assert make_client_id(b"key", "gateway-presses") != make_client_id(b"guess", "gateway-presses")
