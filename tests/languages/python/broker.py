"""Starts rocketmq-tower-broker for a test."""

import subprocess
import threading


class TestBroker:
    """A broker in memory, on free ports of 127.0.0.1: `with TestBroker("Orders,Payments") as broker:`."""

    __test__ = False  # It is no test, which pytest would take it for.

    def __init__(self, topics):
        self.process = subprocess.Popen(
            ["rocketmq-tower-broker", "--in-memory", "--listen", "127.0.0.1:0", "--namesrv", "127.0.0.1:0",
             "--no-vip-port", "--log", "warn", "--topic", topics],
            stdout=subprocess.PIPE, text=True)
        deadline = threading.Timer(10, self.process.kill)  # The line is empty then.
        deadline.start()
        ready = self.process.stdout.readline()
        deadline.cancel()
        if not ready.startswith("ready "):
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"rocketmq-tower-broker did not start, see its stderr: {ready}")
        self.name_server, self.address = (part.split("=")[1] for part in ready.split()[1:])

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.terminate()
        deadline = threading.Timer(10, self.process.kill)
        deadline.start()
        code = self.process.wait()
        deadline.cancel()
        self.process.stdout.close()
        assert code == 0, f"the broker ended with {code}"
