"""Who uses the API during a storm: programs that report and declare until they are answered, and people who answer."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from receivers import Inbox

ANSWER_SECONDS = 30.0
AGAIN_SECONDS = 0.2
DECLARED_EVERY, ANSWERED_EVERY = 4, 3
"""Every so manieth report is an incident that is declared; every so manieth page is answered."""
TYPES = ("exploit", "key-compromise", "phishing", "hot-wallet-theft")
SOURCE = "storm"


@dataclass
class Reporter:
    """Reports alerts and declares incidents; what it was told was done it holds tocsin to."""

    base: str
    key: str
    alerts: list[str] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)
    tries: int = 0
    looks: int = 0
    """How often it was told to look first whether it was done."""

    def go_on(self, stop: threading.Event, seconds: float) -> None:
        """One thing after another, each until it is done; the last one is brought to its end."""
        headers = {"Authorization": f"Bearer {self.key}"}
        with httpx.Client(base_url=self.base, headers=headers, timeout=ANSWER_SECONDS, trust_env=False) as client:
            number = 0
            while not stop.wait(seconds):
                number += 1
                if number % DECLARED_EVERY:
                    self._report(client, f"storm-{number:05d}", number)
                else:
                    self._declare(client, f"storm-{number:05d}", number)

    def _report(self, client: httpx.Client, name: str, number: int) -> None:
        told = {
            "source": SOURCE,
            "key": name,
            "severity": ("high", "critical")[number % 2],
            "title": f"Reported {name}",
            "type": TYPES[number % len(TYPES)],
            "entities": [{"role": "attacker", "address": f"0x{0xABCD0000 + number:040x}"}],
        }
        attempt = 0
        while self._post(client, "/alerts", f"{name}-{attempt}", told) is None:
            attempt += 1  # said again under its key it is the same alert: no need to look
        self.alerts.append(name)

    def _declare(self, client: httpx.Client, name: str, number: int) -> None:
        told = {"title": f"Declared {name}", "type": TYPES[number % len(TYPES)]}
        attempt = 0
        while self._post(client, "/incidents", f"{name}-{attempt}", told) is None:
            attempt += 1
            if self._is_there(client, name):
                break
        self.incidents.append(name)

    def _post(self, client: httpx.Client, path: str, key: str, told: Mapping[str, Any]) -> int | None:
        """The status once it is done; None where nobody knows whether it was."""
        while True:
            self.tries += 1
            answer = _asked(client, "POST", path, headers={"Idempotency-Key": key}, json=told)
            if answer is not None and answer.is_success:
                return answer.status_code
            if answer is not None and answer.status_code == httpx.codes.CONFLICT:
                self.looks += 1
                return None
            _check(answer)
            threading.Event().wait(AGAIN_SECONDS)

    def _is_there(self, client: httpx.Client, name: str) -> bool:
        while True:
            answer = _asked(client, "GET", "/incidents", params={"words": name})
            if answer is not None and answer.is_success:
                return bool(answer.json()["items"])
            threading.Event().wait(AGAIN_SECONDS)


@dataclass
class Answering:
    """People who press the button in some of the pages that come."""

    inbox: Inbox
    incidents: set[str] = field(default_factory=set)
    """The subjects of the pages that were answered, and tocsin said so."""
    looked_at: int = 0

    def go_on(self, stop: threading.Event, seconds: float) -> None:
        """Answer, one after another."""
        with httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as client:
            while not stop.wait(seconds):
                page = self._next()
                if page is not None and self._is_answered(client, stop, page["data"]["acknowledge_link"]):
                    self.incidents.add(page["subject"])

    def _next(self) -> dict[str, Any] | None:
        arrived = self.inbox.arrived
        while self.looked_at < len(arrived):
            page: dict[str, Any] = arrived[self.looked_at].body
            self.looked_at += 1
            if page["data"]["acknowledge_link"] and sum(page["subject"].encode()) % ANSWERED_EVERY == 0:
                return page
        return None

    @staticmethod
    def _is_answered(client: httpx.Client, stop: threading.Event, link: str) -> bool:
        while not stop.is_set():
            answer = _asked(client, "POST", link)
            if answer is not None and answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                return answer.is_success
            stop.wait(AGAIN_SECONDS)
        return False


def _asked(client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response | None:
    """The answer; None where nobody answered."""
    try:
        return client.request(method, path, **more)
    except httpx.HTTPError:
        return None


def _check(answer: httpx.Response | None) -> None:
    """What is refused for good is a fault of the measuring."""
    if answer is not None and answer.status_code in (400, 401, 403, 404, 413, 422):
        raise SystemExit(f"the API refuses: {answer.status_code} {answer.text}")
