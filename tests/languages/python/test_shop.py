import queue
import socket
import time
import unittest
from contextlib import closing

from broker import TestBroker
from shop import Billing, Shop


class ShopTest(unittest.TestCase):
    # This client begins at the end of a queue that is empty, and else at its first message: so an order is sent before it subscribes.

    def test_an_order_is_billed(self):
        with TestBroker("Orders:1") as broker, closing(Shop(broker.name_server)) as shop:
            shop.order("7")
            billed = queue.Queue()
            with closing(Billing(broker.name_server, billed.put)):
                self.assertEqual(billed.get(timeout=20), "order 7")

    def test_a_reminder_comes_after_a_second(self):
        with TestBroker("Orders:1") as broker, closing(Shop(broker.name_server)) as shop:
            shop.order("8")
            start = time.monotonic()
            shop.remind("8")
            billed = queue.Queue()
            with closing(Billing(broker.name_server, billed.put)):
                texts = {billed.get(timeout=20), billed.get(timeout=20)}
            self.assertEqual(texts, {"order 8", "reminder of 8"})
            self.assertGreaterEqual(time.monotonic() - start, 1)


class TestBrokerTest(unittest.TestCase):
    def test_it_leaves_nothing_also_when_a_test_fails(self):
        with self.assertRaises(ZeroDivisionError), TestBroker("Orders") as broker:
            1 / 0
        self.assertEqual(broker.process.returncode, 0)
        for address in (broker.name_server, broker.address):
            host, port = address.split(":")
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection((host, int(port)), timeout=5)


if __name__ == "__main__":
    unittest.main()
