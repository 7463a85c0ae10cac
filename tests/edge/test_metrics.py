"""The metrics, as Prometheus reads them."""

import urllib.request

import pytest
from prometheus_client import generate_latest

from tocsin.edge.metrics import Metrics, serving
from tocsin.model.errors import SettingError


def test_they_are_served_and_the_server_goes_away() -> None:
    metrics = Metrics(lambda: 100.0)
    metrics.watch("mainnet")
    metrics.at("mainnet", done=7, head=9, block_time=58.0)

    with serving(metrics, "127.0.0.1", 0) as port:
        read = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
        taken = pytest.raises(SettingError, match=r"\[metrics\] listen 127.0.0.1:\d+ cannot be used")
        with taken, serving(metrics, "127.0.0.1", port):
            pass

    for line in ("lag_blocks", "lag_seconds", "blocks_dropped_total"):
        assert f'tocsin_{line}{{chain="mainnet"}}' in read
    assert 'tocsin_lag_seconds{chain="mainnet"} 42.0' in read
    with serving(metrics, "127.0.0.1", port):
        pass


def test_an_alert_that_is_closed_is_shown_no_more() -> None:
    metrics = Metrics(lambda: 0.0)
    metrics.open_alerts({"rpc": 2})
    metrics.open_alerts({"decode": 1})

    shown = generate_latest(metrics.registry).decode()
    assert 'tocsin_health_alerts_open{kind="decode"} 1.0' in shown
    assert 'kind="rpc"' not in shown
