// Package shop is a small application: a shop sends orders and reminders of them, and its billing consumes both.
package shop

import (
	"context"

	"github.com/apache/rocketmq-client-go/v2"
	"github.com/apache/rocketmq-client-go/v2/consumer"
	"github.com/apache/rocketmq-client-go/v2/primitive"
	"github.com/apache/rocketmq-client-go/v2/producer"
)

// The first of RocketMQ's levels of delay.
const oneSecond = 1

// Shop sends to the topic Orders.
type Shop struct {
	producer rocketmq.Producer
}

// NewShop connects to a name server.
func NewShop(nameServer string) (*Shop, error) {
	servers := primitive.NewPassthroughResolver([]string{nameServer})
	producer, err := rocketmq.NewProducer(producer.WithGroupName("shop"), producer.WithNsResolver(servers))
	if err != nil {
		return nil, err
	}
	return &Shop{producer}, producer.Start()
}

// Order sends an order.
func (shop *Shop) Order(ctx context.Context, id string) error {
	_, err := shop.producer.SendSync(ctx, primitive.NewMessage("Orders", []byte("order "+id)))
	return err
}

// Remind sends a reminder, which arrives after a second.
func (shop *Shop) Remind(ctx context.Context, id string) error {
	reminder := primitive.NewMessage("Orders", []byte("reminder of "+id)).WithDelayTimeLevel(oneSecond)
	_, err := shop.producer.SendSync(ctx, reminder)
	return err
}

// Close disconnects.
func (shop *Shop) Close() error {
	return shop.producer.Shutdown()
}

// Billing consumes the topic Orders.
type Billing struct {
	consumer rocketmq.PushConsumer
}

// NewBilling calls bill with the text of each message.
func NewBilling(nameServer string, bill func(string)) (*Billing, error) {
	servers := primitive.NewPassthroughResolver([]string{nameServer})
	pushConsumer, err := rocketmq.NewPushConsumer(
		consumer.WithGroupName("billing"),
		consumer.WithNsResolver(servers),
		consumer.WithConsumeFromWhere(consumer.ConsumeFromFirstOffset),
	)
	if err != nil {
		return nil, err
	}
	consume := func(_ context.Context, messages ...*primitive.MessageExt) (consumer.ConsumeResult, error) {
		for _, message := range messages {
			bill(string(message.Body))
		}
		return consumer.ConsumeSuccess, nil
	}
	if err := pushConsumer.Subscribe("Orders", consumer.MessageSelector{}, consume); err != nil {
		return nil, err
	}
	return &Billing{pushConsumer}, pushConsumer.Start()
}

// Close disconnects.
func (billing *Billing) Close() error {
	return billing.consumer.Shutdown()
}
