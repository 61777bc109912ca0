"""A small application: a shop sends orders and reminders of them, and its billing consumes both."""

from rocketmq.client import ConsumeStatus, Message, Producer, PushConsumer

ONE_SECOND = 1  # The first of RocketMQ's levels of delay.


class Shop:
    def __init__(self, name_server):
        self.producer = Producer("shop")
        self.producer.set_namesrv_addr(name_server)
        self.producer.start()

    def order(self, order_id):
        self._send(f"order {order_id}")

    def remind(self, order_id):
        self._send(f"reminder of {order_id}", ONE_SECOND)

    def _send(self, body, delay=0):
        message = Message("Orders")
        message.set_body(body)
        if delay:
            message.set_delay_time_level(delay)
        try:
            self.producer.send_sync(message)
        finally:
            message.destroy()

    def close(self):
        self.producer.shutdown()


class Billing:
    """Calls `bill` with the text of each message."""

    def __init__(self, name_server, bill):
        def consume(message):
            bill(message.body.decode())
            return ConsumeStatus.CONSUME_SUCCESS

        self.consumer = PushConsumer("billing")
        self.consumer.set_namesrv_addr(name_server)
        self.consumer.subscribe("Orders", consume)
        self.consumer.start()

    def close(self):
        self.consumer.shutdown()
