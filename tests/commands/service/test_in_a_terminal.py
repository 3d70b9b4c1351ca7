"""`ccr service install` in a real terminal: it asks before it writes a key anywhere."""

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.commands.conftest import FAKE_CCR
from tests.commands.service.test_service import PROVIDER

if TYPE_CHECKING:
    from tests.commands.service.conftest import Serviced

pexpect = pytest.importorskip("pexpect", reason="a terminal on POSIX")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="a terminal on POSIX")


@pytest.mark.parametrize("answer", ["y", "n"])
def test_it_asks_whether_to_keep_the_variables(serviced: "Serviced", answer: str) -> None:
    serviced.ccr.write_config(Providers=[PROVIDER])
    environment = serviced.ccr.environment(**serviced.managers.environment, MOCK_KEY="sk-secret", TERM="dumb")
    child = pexpect.spawn(
        sys.executable,
        [str(FAKE_CCR), "service", "install"],
        env={**environment, "FAKE_PLATFORM": "linux"},
        encoding="utf-8",
        timeout=30,
        dimensions=(40, 300),
    )
    child.expect(f"The service will not see MOCK_KEY. Write it into {serviced.dotenv}")
    child.sendline(answer)
    child.expect("The service is installed")
    child.expect(pexpect.EOF)
    child.close()
    serviced.ccr.remember()
    assert child.exitstatus == 0
    kept = serviced.dotenv.read_text() if serviced.dotenv.exists() else ""
    assert kept == ("MOCK_KEY=sk-secret\n" if answer == "y" else "")
    assert ("does not see" in str(child.before)) == (answer == "n")
