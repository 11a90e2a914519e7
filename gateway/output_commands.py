"""Tells devices what their sirens, strobes, locks and voices are to do, again until they confirm it."""

import structlog

from alerts.domain.outputs import name_command
from alerts.incidents.outputs import claim_output_commands
from alerts.storage.database import Database
from alerts.storage.outputs import DueCommand
from gateway import wire
from gateway.connection import Connection

_log = structlog.get_logger()


async def publish_due_commands(connection: Connection, database: Database) -> int:
    """Publish the commands that are due, and count them. They are due again when the broker has not confirmed them.

    Raises BrokerLostError and StorageUnavailable.
    """
    async with claim_output_commands(database) as commands:
        messages = [message for command in commands if (message := write_command(command)) is not None]
        await connection.publish_confirmed(messages)
    for command in commands:
        _log.info(
            "gateway.command.published",
            device=command.device,
            incident=command.incident,
            command=name_command(command.id),
            output=command.output,
            on=command.on,
            sends=command.sends + 1,
        )
    return len(commands)


def write_command(command: DueCommand) -> tuple[str, bytes] | None:
    """Topic and payload of a command; None, and a line in the log, when no broker would take its topic. It stays
    unconfirmed then, for people to see."""
    topic = wire.write_answer_topic(command.district, command.school, command.device, wire.COMMAND)
    if topic is None:
        _log.error("gateway.command.unsayable", device=command.device, command=name_command(command.id))
        return None
    said = wire.Command(id=name_command(command.id), output=command.output.value, on=command.on, until=command.until)
    return topic, wire.encode(said)
