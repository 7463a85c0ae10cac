"""A database server that goes away while a chain is watched."""

from pathlib import Path

import psycopg
import pytest
from ownable import Ownable
from watching import Installation, next_event, wait_for

from tocsin.edge.anvil import Anvil

pytestmark = [pytest.mark.anvil, pytest.mark.postgresql, pytest.mark.slow]


def admit(socket: Path, database: str, *, on: bool) -> None:
    """Let connections to a database in, or cut off all there are and let no new one in."""
    with psycopg.connect(f"host={socket} user=tocsin dbname=postgres", autocommit=True) as server:
        server.execute(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS {"true" if on else "false"}'.encode())
        if not on:
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database])


def test_nothing_is_lost_and_the_alert_is_written_afterwards(
    anvil: Anvil, tmp_path: Path, postgresql_url: str, postgresql_socket: Path
) -> None:
    installation = Installation.on(anvil, tmp_path, postgresql_url)
    database = postgresql_url.partition("@/")[2].partition("?")[0]
    contract = Ownable.deployed(anvil)
    with installation.watching() as process:
        contract.hand_over(1)
        assert wait_for(lambda: len(installation.standing()) == 1)
        admit(postgresql_socket, database, on=False)
        contract.hand_over(3)
        while next_event(process, "health alert opened")["kind"] != "store":
            pass
        admit(postgresql_socket, database, on=True)
        assert wait_for(lambda: len(installation.standing()) == 4)
        assert wait_for(lambda: ("store", True) in alerts(installation))
        process.terminate()
        process.communicate()

    assert process.returncode == 0
    assert installation.untold() == 0
    assert [number for number, _ in installation.done_blocks()] == list(range(6))


def alerts(installation: Installation) -> set[tuple[object, bool]]:
    """Kind of each health alert, and whether it is closed."""
    return {(row[2], row[-1] is not None) for row in installation.health_alerts()}
