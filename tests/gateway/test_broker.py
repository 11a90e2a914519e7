"""Where the broker is, and what it knows us by."""

from gateway.broker import BrokerAddress


def test_a_client_identifier_stays_the_same_and_cannot_be_guessed_without_the_services_password() -> None:
    ours = BrokerAddress.parse("mqtt://gateway:secret@127.0.0.1:1883")
    elsewhere = BrokerAddress.parse("mqtt://gateway:secret@10.0.0.5:1883")
    guessed = BrokerAddress.parse("mqtt://gateway:guess@127.0.0.1:1883")
    assert ours.make_client_id("gateway-presses") == elsewhere.make_client_id("gateway-presses")
    assert ours.make_client_id("gateway-presses") != ours.make_client_id("gateway-beats")
    assert ours.make_client_id("gateway-presses") != guessed.make_client_id("gateway-presses")
    assert "secret" not in ours.make_client_id("gateway-presses")
